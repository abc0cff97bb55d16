package io.stitch.server;

import java.util.function.Consumer;

/**
 * An MQTT 5 broker on the loopback address and nothing else, for what needs no server: it delivers what clients publish, unchanged.
 * Thread-safe; the methods block until done. Close it to stop it.
 */
public final class PlainBroker implements AutoCloseable {
    private final Broker broker;

    private PlainBroker(Broker broker) {
        this.broker = broker;
    }

    /**
     * Starts a broker on a free port; it accepts connections on return.
     *
     * @return the running broker
     */
    public static PlainBroker start() {
        return start(message -> {});
    }

    /**
     * Starts a broker on a free port that shows what is published; it accepts connections on return.
     *
     * @param watcher sees each message that a client publishes, before it is delivered, on the broker's threads: it must not block
     * @return the running broker
     */
    public static PlainBroker start(Consumer<Message> watcher) {
        Gate gate = Gate.ofPlainBroker();
        return new PlainBroker(HiveMqBroker.start(StitchServerOptions.defaults(), 0, new Broker.Listener() {
            @Override
            public Gate gate() {
                return gate;
            }

            @Override
            public Broker.Verdict published(Caller caller, Message message) {
                watcher.accept(message);
                return Broker.Verdict.DELIVERED;
            }

            @Override
            public boolean namesPublishers() {
                return false;
            }
        }));
    }

    /**
     * Where it is.
     *
     * @return its address, such as {@code mqtt://127.0.0.1:40123}
     */
    public String url() {
        return "mqtt://127.0.0.1:" + broker.port();
    }

    /** Returns when the port is free and every client is cut. */
    @Override
    public void close() {
        broker.close();
    }
}
