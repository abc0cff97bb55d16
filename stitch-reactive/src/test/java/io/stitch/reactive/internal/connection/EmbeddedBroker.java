package io.stitch.reactive.internal.connection;

import com.hivemq.configuration.service.InternalConfigurations;
import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.embedded.EmbeddedHiveMQ;
import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.EnhancedAuthenticator;
import com.hivemq.extension.sdk.api.auth.parameter.EnhancedAuthConnectInput;
import com.hivemq.extension.sdk.api.auth.parameter.EnhancedAuthInput;
import com.hivemq.extension.sdk.api.auth.parameter.EnhancedAuthOutput;
import com.hivemq.extension.sdk.api.packets.general.DisconnectedReasonCode;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartOutput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopOutput;
import com.hivemq.extension.sdk.api.services.Services;
import io.stitch.reactive.TestCertificates;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;

/**
 * A HiveMQ CE in this process with every kind of listener, that knows clients without a login and JWTs. It asks a client
 * whose ticket begins with {@code ask} for it a second time.
 */
public final class EmbeddedBroker implements AutoCloseable {
    /** The listeners. */
    public enum Listener {
        MQTT("tcp-listener", null, false),
        MQTTS("tls-tcp-listener", "broker", false),
        MQTTS_OTHER_NAME("tls-tcp-listener", "elsewhere", false),
        MQTTS_CLIENT_CERTIFICATE("tls-tcp-listener", "broker", true),
        WS("websocket-listener", null, false),
        WSS("tls-websocket-listener", "broker", false),
        WSS_OTHER_NAME("tls-websocket-listener", "elsewhere", false);

        private final String element;
        private final String certificate;
        private final boolean asksForCertificate;

        Listener(String element, String certificate, boolean asksForCertificate) {
            this.element = element;
            this.certificate = certificate;
            this.asksForCertificate = asksForCertificate;
        }
    }

    /** The tickets that clients have shown, in order. */
    public final List<String> tickets = new CopyOnWriteArrayList<>();

    private final Map<Listener, Integer> ports = new EnumMap<>(Listener.class);
    private final Function<String, Optional<DisconnectedReasonCode>> verdict;
    private final EmbeddedHiveMQ hive;

    private EmbeddedBroker(
            Path folder, TestCertificates certificates, Function<String, Optional<DisconnectedReasonCode>> verdict)
            throws IOException {
        this.verdict = verdict;
        Path home = Files.createTempDirectory(folder, "broker");
        Path conf = Files.createDirectory(home.resolve("conf"));
        StringBuilder listeners = new StringBuilder();
        for (Listener listener : Listener.values()) {
            if (listener.certificate == null || certificates != null) {
                listeners.append(listenerXml(listener, certificates));
            }
        }
        Files.writeString(conf.resolve("config.xml"), """
                <?xml version="1.0"?>
                <hivemq>
                  <listeners>%s</listeners>
                  <persistence><mode>in-memory</mode></persistence>
                  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
                </hivemq>
                """.formatted(listeners));
        this.hive = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(conf)
                .withDataFolder(Files.createDirectory(home.resolve("data")))
                .withExtensionsFolder(Files.createDirectory(home.resolve("extensions")))
                .withEmbeddedExtension(EmbeddedExtension.builder()
                        .withId("test")
                        .withName("test")
                        .withVersion("1")
                        .withExtensionMain(new Extension())
                        .build())
                .withoutLoggingBootstrap()
                .build();
    }

    /** Starts a broker without TLS that refuses tickets as told. */
    public static EmbeddedBroker start(Path folder, Function<String, Optional<DisconnectedReasonCode>> verdict) {
        return start(folder, null, verdict);
    }

    /** Starts a broker with certificates {@code broker} and {@code elsewhere}. */
    public static EmbeddedBroker start(Path folder, TestCertificates certificates) {
        return start(folder, certificates, ticket -> Optional.empty());
    }

    private static EmbeddedBroker start(
            Path folder, TestCertificates certificates, Function<String, Optional<DisconnectedReasonCode>> verdict) {
        InternalConfigurations.MQTT_ALLOW_DOLLAR_TOPICS.set(true);
        InternalConfigurations.PERSISTENCE_SHUTDOWN_GRACE_PERIOD_MSEC.set(0);
        if (LoggerFactory.getLogger("com.hivemq") instanceof ch.qos.logback.classic.Logger logger) {
            logger.setLevel(ch.qos.logback.classic.Level.ERROR);
        }
        try {
            EmbeddedBroker broker = new EmbeddedBroker(folder, certificates, verdict);
            broker.hive.start().get();
            return broker;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("The broker did not start.", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private String listenerXml(Listener listener, TestCertificates certificates) throws IOException {
        int port = freePort();
        ports.put(listener, port);
        String tls = listener.certificate == null
                ? ""
                : """
                <tls>
                  <keystore><path>%s</path><password>%s</password><private-key-password>%2$s</private-key-password></keystore>
                  %s
                </tls>""".formatted(
                                certificates.file(listener.certificate + ".p12"),
                                TestCertificates.PASSWORD,
                                listener.asksForCertificate ? clientAuthentication(certificates) : "");
        return "<%1$s><port>%2$d</port><bind-address>127.0.0.1</bind-address><name>%3$s</name>%4$s</%1$s>"
                .formatted(listener.element, port, listener, tls);
    }

    private static String clientAuthentication(TestCertificates certificates) {
        return """
                <truststore><path>%s</path><password>%s</password></truststore>
                <client-authentication-mode>REQUIRED</client-authentication-mode>""".formatted(certificates.file("trust.p12"), TestCertificates.PASSWORD);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Where a listener is. */
    public String url(Listener listener) {
        String scheme = switch (listener) {
            case MQTT -> "mqtt";
            case MQTTS, MQTTS_OTHER_NAME, MQTTS_CLIENT_CERTIFICATE -> "mqtts";
            case WS -> "ws";
            case WSS, WSS_OTHER_NAME -> "wss";
        };
        return scheme + "://127.0.0.1:" + ports.get(listener) + (scheme.startsWith("ws") ? "/mqtt" : "");
    }

    @Override
    public void close() {
        try {
            hive.stop().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("The broker did not stop.", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Extension implements ExtensionMain, EnhancedAuthenticator {
        @Override
        public void extensionStart(ExtensionStartInput input, ExtensionStartOutput output) {
            Services.securityRegistry().setEnhancedAuthenticatorProvider(provider -> this);
        }

        @Override
        public void extensionStop(ExtensionStopInput input, ExtensionStopOutput output) {}

        @Override
        public void onConnect(EnhancedAuthConnectInput input, EnhancedAuthOutput output) {
            Optional<String> method = input.getConnectPacket().getAuthenticationMethod();
            if (method.isEmpty()) {
                output.authenticateSuccessfully();
                return;
            }
            if (!method.get().equals("JWT")) {
                output.failAuthentication(DisconnectedReasonCode.BAD_AUTHENTICATION_METHOD);
                return;
            }
            String ticket =
                    text(input.getConnectPacket().getAuthenticationData().orElseThrow());
            tickets.add(ticket);
            if (ticket.startsWith("ask")) {
                output.continueAuthentication();
            } else {
                decide(ticket, output);
            }
        }

        @Override
        public void onAuth(EnhancedAuthInput input, EnhancedAuthOutput output) {
            String ticket = text(input.getAuthPacket().getAuthenticationData().orElseThrow());
            tickets.add(ticket);
            decide(ticket, output);
        }

        @Override
        public void onReAuth(EnhancedAuthInput input, EnhancedAuthOutput output) {
            onAuth(input, output);
        }

        private void decide(String ticket, EnhancedAuthOutput output) {
            verdict.apply(ticket).ifPresentOrElse(output::failAuthentication, output::authenticateSuccessfully);
        }

        private static String text(ByteBuffer buffer) {
            return StandardCharsets.UTF_8.decode(buffer.duplicate()).toString();
        }
    }
}
