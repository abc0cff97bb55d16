package io.stitch.server;

import com.hivemq.configuration.service.InternalConfigurations;
import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.embedded.EmbeddedHiveMQ;
import com.hivemq.extension.sdk.api.client.parameter.ListenerType;
import com.hivemq.extension.sdk.api.packets.general.Qos;
import com.hivemq.extension.sdk.api.services.builder.Builders;
import com.hivemq.extension.sdk.api.services.builder.PublishBuilder;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/** The embedded MQTT broker: starts it, hands on what clients publish, and publishes. Thread-safe. */
final class HiveMqBroker implements Broker {
    static final String WEB_SOCKET_PATH = "/mqtt";
    private static final byte[] LOCALHOST = {127, 0, 0, 1};
    private static final int LONGEST_STOP_MILLIS = 10_000;

    private final BrokerExtension extension;
    private final Path home;
    private final EmbeddedHiveMQ hive;
    private final AtomicBoolean stopping = new AtomicBoolean();

    private HiveMqBroker(StitchServerOptions options, int port, Listener listener) throws IOException {
        this.extension = new BrokerExtension(listener);
        this.home = Files.createTempDirectory("stitch-server");
        this.hive = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(configuration(port, options))
                .withDataFolder(Files.createDirectory(home.resolve("data")))
                .withExtensionsFolder(Files.createDirectory(home.resolve("extensions")))
                .withEmbeddedExtension(EmbeddedExtension.builder()
                        .withId("stitch")
                        .withName("stitch")
                        .withVersion("1")
                        .withExtensionMain(extension)
                        .build())
                .withoutLoggingBootstrap()
                .build();
    }

    /** Starts a broker; port 0 takes a free one. One at a time: while one starts, its services are in static fields. */
    static synchronized HiveMqBroker start(StitchServerOptions options, int port, Listener listener) {
        InternalConfigurations.MQTT_ALLOW_DOLLAR_TOPICS.set(options.dollarTopics());
        InternalConfigurations.PERSISTENCE_SHUTDOWN_GRACE_PERIOD_MSEC.set(0);
        quiet("com.hivemq");
        quiet("io.netty");
        requireFree(port);
        options.webSocketPort().ifPresent(HiveMqBroker::requireFree);
        HiveMqBroker broker;
        try {
            broker = new HiveMqBroker(options, port, listener);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the broker's temporary folder", e);
        }
        try {
            broker.hive.start().get();
            return broker;
        } catch (ExecutionException e) {
            broker.stopLater();
            throw new IllegalStateException("the broker did not start: is port " + port + " taken?", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            broker.stopLater();
            throw new IllegalStateException("interrupted while the broker was starting", e);
        }
    }

    /** The broker itself starts if it gets but one of its ports, and says nothing. */
    private static void requireFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getByAddress(LOCALHOST))) {
            LoggerFactory.getLogger(HiveMqBroker.class).trace("free: {}", socket);
        } catch (IOException e) {
            throw new IllegalStateException("the broker did not start: is port " + port + " taken?", e);
        }
    }

    private static void quiet(String name) {
        if (LoggerFactory.getLogger(name) instanceof ch.qos.logback.classic.Logger logger) {
            logger.setLevel(ch.qos.logback.classic.Level.ERROR);
        }
    }

    private Path configuration(int port, StitchServerOptions options) throws IOException {
        Path folder = Files.createDirectory(home.resolve("conf"));
        String webSocket = options.webSocketPort().isEmpty()
                ? ""
                : """
                <websocket-listener><port>%d</port><bind-address>127.0.0.1</bind-address><path>%s</path></websocket-listener>""".formatted(options.webSocketPort().getAsInt(), WEB_SOCKET_PATH);
        String xml = """
                <?xml version="1.0"?>
                <hivemq>
                  <listeners>
                    <tcp-listener><port>%d</port><bind-address>127.0.0.1</bind-address></tcp-listener>
                    %s
                  </listeners>
                  <mqtt>
                    <queued-messages><max-queue-size>%d</max-queue-size><strategy>discard</strategy></queued-messages>
                    <packets><max-packet-size>%d</max-packet-size></packets>
                    <receive-maximum><server-receive-maximum>65535</server-receive-maximum></receive-maximum>
                  </mqtt>
                  <security><utf8-validation><enabled>false</enabled></utf8-validation></security>
                  <persistence><mode>in-memory</mode></persistence>
                  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
                </hivemq>
                """.formatted(port, webSocket, options.queueSize(), MAX_PACKET);
        Files.writeString(folder.resolve("config.xml"), xml);
        return folder;
    }

    @Override
    public int port() {
        return extension.port(ListenerType.TCP_LISTENER);
    }

    @Override
    public int webSocketPort() {
        return extension.port(ListenerType.WEBSOCKET_LISTENER);
    }

    @Override
    public CompletableFuture<Void> publish(Message message) {
        PublishBuilder publish = Builders.publish()
                .topic(message.topic())
                .qos(Qos.AT_LEAST_ONCE)
                .payload(ByteBuffer.wrap(message.payload()));
        message.properties().forEach(publish::userProperty);
        if (message.correlation() != null) {
            publish.correlationData(ByteBuffer.wrap(message.correlation()));
        }
        return extension.publishes().publish(publish.build());
    }

    @Override
    public CompletableFuture<Void> disconnectAll() {
        Queue<CompletableFuture<Boolean>> cut = new ConcurrentLinkedQueue<>();
        return extension
                .clients()
                .iterateAllClients((context, client) ->
                        cut.add(extension.clients().disconnectClient(client.getClientIdentifier())))
                .thenCompose(done -> CompletableFuture.allOf(cut.toArray(new CompletableFuture<?>[0])));
    }

    /** Returns when each port is free and every client is cut; the broker's threads take two seconds more to end. */
    @Override
    public void close() {
        long latest = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONGEST_STOP_MILLIS);
        try {
            boolean open = true;
            while (open && System.nanoTime() - latest < 0) {
                open = connectsAndIsCut(port()) || (webSocketPort() != 0 && connectsAndIsCut(webSocketPort()));
            }
        } finally {
            // Now, because the process may end before the broker's threads do.
            deleteHome();
        }
    }

    /**
     * Connects, says nothing and waits for the broker to cut that. It cuts what it has accepted after its listener and its clients, and
     * before it waits for its threads; what it accepts while it stops, it may cut before its listener.
     *
     * @return whether there was somebody to connect to
     */
    private boolean connectsAndIsCut(int port) {
        try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), port)) {
            stopLater();
            silent.setSoTimeout(LONGEST_STOP_MILLIS);
            awaitEnd(silent);
            return true;
        } catch (IOException refused) {
            stopLater();
            return false;
        }
    }

    private static void awaitEnd(Socket silent) {
        try {
            int end = silent.getInputStream().read();
            LoggerFactory.getLogger(HiveMqBroker.class).trace("the broker closed a connection: {}", end);
        } catch (IOException e) {
            LoggerFactory.getLogger(HiveMqBroker.class).trace("the broker broke off a connection", e);
        }
    }

    private void stopLater() {
        if (stopping.compareAndSet(false, true)) {
            new Thread(this::stop, "stitch-server-stop").start();
        }
    }

    private void stop() {
        try {
            hive.close();
        } catch (ExecutionException e) {
            LoggerFactory.getLogger(HiveMqBroker.class).warn("the broker did not stop cleanly", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            deleteHome();
        }
    }

    private void deleteHome() {
        if (!Files.exists(home)) {
            return;
        }
        try (Stream<Path> files = Files.walk(home)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            LoggerFactory.getLogger(HiveMqBroker.class).debug("left {} behind", home, e);
        }
    }
}
