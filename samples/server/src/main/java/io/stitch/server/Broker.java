package io.stitch.server;

import com.hivemq.configuration.service.InternalConfigurations;
import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.embedded.EmbeddedHiveMQ;
import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.SimpleAuthenticator;
import com.hivemq.extension.sdk.api.auth.parameter.SimpleAuthInput;
import com.hivemq.extension.sdk.api.auth.parameter.SimpleAuthOutput;
import com.hivemq.extension.sdk.api.interceptor.publish.PublishInboundInterceptor;
import com.hivemq.extension.sdk.api.interceptor.publish.parameter.PublishInboundInput;
import com.hivemq.extension.sdk.api.interceptor.publish.parameter.PublishInboundOutput;
import com.hivemq.extension.sdk.api.packets.connect.ConnackReasonCode;
import com.hivemq.extension.sdk.api.packets.general.Qos;
import com.hivemq.extension.sdk.api.packets.publish.AckReasonCode;
import com.hivemq.extension.sdk.api.packets.publish.PublishPacket;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartOutput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopOutput;
import com.hivemq.extension.sdk.api.services.Services;
import com.hivemq.extension.sdk.api.services.builder.Builders;
import com.hivemq.extension.sdk.api.services.builder.PublishBuilder;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/** The embedded MQTT broker: starts it, hands on what clients publish, and publishes. Thread-safe. */
final class Broker implements AutoCloseable {
    /** What to do with a message that a client published. */
    enum Verdict {
        /** The server deals with it; nobody else receives it. */
        TAKEN,
        /** The broker delivers it. */
        DELIVERED,
        /** It is refused with 0x87. */
        REFUSED
    }

    /** Receives what clients publish, on the broker's threads: it must not block. */
    interface Listener {
        Verdict published(Caller caller, Message message);
    }

    private static final String USER = "stitch.user";
    private final StitchServerOptions options;
    private final Listener listener;
    private final Path home;
    private final int port;
    private final EmbeddedHiveMQ hive;

    private Broker(StitchServerOptions options, Listener listener) throws IOException {
        this.options = options;
        this.listener = listener;
        this.port = options.port() == 0 ? freePort() : options.port();
        this.home = Files.createTempDirectory("stitch-server");
        this.hive = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(configuration())
                .withDataFolder(Files.createDirectory(home.resolve("data")))
                .withExtensionsFolder(Files.createDirectory(home.resolve("extensions")))
                .withEmbeddedExtension(EmbeddedExtension.builder()
                        .withId("stitch")
                        .withName("stitch")
                        .withVersion("1")
                        .withExtensionMain(new Extension())
                        .build())
                .withoutLoggingBootstrap()
                .build();
    }

    static Broker start(StitchServerOptions options, Listener listener) {
        InternalConfigurations.MQTT_ALLOW_DOLLAR_TOPICS.set(true);
        InternalConfigurations.PERSISTENCE_SHUTDOWN_GRACE_PERIOD_MSEC.set(0);
        quiet("com.hivemq");
        quiet("io.netty");
        Broker broker;
        try {
            broker = new Broker(options, listener);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the broker's temporary folder", e);
        }
        try {
            broker.hive.start().get();
            return broker;
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "the broker did not start: is port " + broker.port + " taken?", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the broker was starting", e);
        }
    }

    private static void quiet(String name) {
        if (LoggerFactory.getLogger(name) instanceof ch.qos.logback.classic.Logger logger) {
            logger.setLevel(ch.qos.logback.classic.Level.ERROR);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Path configuration() throws IOException {
        Path folder = Files.createDirectory(home.resolve("conf"));
        String xml = """
                <?xml version="1.0"?>
                <hivemq>
                  <listeners><tcp-listener><port>%d</port><bind-address>127.0.0.1</bind-address></tcp-listener></listeners>
                  <mqtt>
                    <queued-messages><max-queue-size>%d</max-queue-size><strategy>discard</strategy></queued-messages>
                    <packets><max-packet-size>10485760</max-packet-size></packets>
                    <receive-maximum><server-receive-maximum>65535</server-receive-maximum></receive-maximum>
                  </mqtt>
                  <persistence><mode>in-memory</mode></persistence>
                  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
                </hivemq>
                """.formatted(port, options.queueSize());
        Files.writeString(folder.resolve("config.xml"), xml);
        return folder;
    }

    int port() {
        return port;
    }

    /** Publishes at QoS 1. The future completes when the broker has queued the message for its subscribers. */
    CompletableFuture<Void> publish(Message message) {
        PublishBuilder publish = Builders.publish()
                .topic(message.topic())
                .qos(Qos.AT_LEAST_ONCE)
                .payload(ByteBuffer.wrap(message.payload()));
        message.properties().forEach(publish::userProperty);
        if (message.correlation() != null) {
            publish.correlationData(ByteBuffer.wrap(message.correlation()));
        }
        return Services.publishService().publish(publish.build());
    }

    /** Cuts every connection. */
    CompletableFuture<Void> disconnectAll() {
        Queue<CompletableFuture<Boolean>> cut = new ConcurrentLinkedQueue<>();
        return Services.clientService()
                .iterateAllClients((context, client) ->
                        cut.add(Services.clientService().disconnectClient(client.getClientIdentifier())))
                .thenCompose(done -> CompletableFuture.allOf(cut.toArray(new CompletableFuture<?>[0])));
    }

    @Override
    public void close() {
        try {
            hive.stop().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the broker did not stop cleanly", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            deleteHome();
        }
    }

    private void deleteHome() {
        try (Stream<Path> files = Files.walk(home)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LoggerFactory.getLogger(Broker.class).debug("left {} behind", home, e);
        }
    }

    private final class Extension implements ExtensionMain, SimpleAuthenticator, PublishInboundInterceptor {
        @Override
        public void extensionStart(ExtensionStartInput input, ExtensionStartOutput output) {
            Services.securityRegistry().setAuthenticatorProvider(provider -> this);
            Services.initializerRegistry()
                    .setClientInitializer((client, context) -> context.addPublishInboundInterceptor(this));
            if (!options.legacy()) {
                Services.interceptorRegistry().setConnackOutboundInterceptorProvider(provider -> (connack, changed) -> {
                    var properties = changed.getConnackPacket().getUserProperties();
                    properties.addUserProperty("stitch-protocol-version", "2");
                    properties.addUserProperty("stitch-features", "direct-replay,request-ids");
                });
            }
        }

        @Override
        public void extensionStop(ExtensionStopInput input, ExtensionStopOutput output) {}

        @Override
        public void onConnect(SimpleAuthInput input, SimpleAuthOutput output) {
            String user = input.getConnectPacket().getUserName().orElse(null);
            String expected = user == null ? null : options.users().get(user);
            byte[] password =
                    input.getConnectPacket().getPassword().map(Broker::bytes).orElse(new byte[0]);
            if (!options.users().isEmpty()
                    && (expected == null
                            || !MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), password))) {
                output.failAuthentication(ConnackReasonCode.BAD_USER_NAME_OR_PASSWORD, "Authentication failed");
                return;
            }
            if (user != null) {
                input.getConnectionInformation().getConnectionAttributeStore().putAsString(USER, user);
            }
            output.authenticateSuccessfully();
        }

        @Override
        public void onInboundPublish(PublishInboundInput input, PublishInboundOutput output) {
            String clientId = input.getClientInformation().getClientId();
            String user = input.getConnectionInformation()
                    .getConnectionAttributeStore()
                    .getAsString(USER)
                    .orElse(null);
            Message message = message(input.getPublishPacket());
            switch (listener.published(new Caller(clientId, user), message)) {
                case TAKEN -> output.preventPublishDelivery(AckReasonCode.SUCCESS);
                case REFUSED -> output.preventPublishDelivery(AckReasonCode.NOT_AUTHORIZED, "reserved for the server");
                case DELIVERED -> {
                    var properties = output.getPublishPacket().getUserProperties();
                    properties.removeName("x-mqtt-sender");
                    properties.removeName("x-mqtt-client-id");
                    properties.addUserProperty("x-mqtt-sender", user == null ? "anonymous" : user);
                    properties.addUserProperty("x-mqtt-client-id", clientId);
                }
            }
        }
    }

    private static Message message(PublishPacket packet) {
        Map<String, String> properties = new LinkedHashMap<>();
        packet.getUserProperties().asList().forEach(each -> properties.put(each.getName(), each.getValue()));
        return new Message(
                packet.getTopic(),
                packet.getPayload().map(Broker::bytes).orElse(new byte[0]),
                properties,
                packet.getResponseTopic().orElse(null),
                packet.getCorrelationData().map(Broker::bytes).orElse(null));
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
