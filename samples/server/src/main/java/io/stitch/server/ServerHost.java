package io.stitch.server;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What a server without a network runs on: its broker and its time, so that a test can be in charge of both. Safe on any thread.
 */
public interface ServerHost {
    /**
     * Starts a broker.
     *
     * @param options the server's options
     * @param port where it listens, if it has a network; 0 takes a free port
     * @param listener takes what clients publish
     * @return the broker, which accepts connections
     * @throws IllegalStateException if it does not start
     */
    Broker startBroker(StitchServerOptions options, int port, Broker.Listener listener);

    /**
     * {@return the time of day, in milliseconds since the epoch}
     */
    long millis();

    /**
     * {@return a time that never goes back, in nanoseconds since some moment}
     */
    default long nanos() {
        return TimeUnit.MILLISECONDS.toNanos(millis());
    }

    /**
     * Does something later.
     *
     * @param millis how much later, in milliseconds
     * @param action what to do
     */
    void later(long millis, Runnable action);

    /**
     * The real thing: a broker with a network, and the machine's clock.
     *
     * @return the host
     */
    static ServerHost machine() {
        return new ServerHost() {
            @Override
            public Broker startBroker(StitchServerOptions options, int port, Broker.Listener listener) {
                return HiveMqBroker.start(options, port, listener);
            }

            @Override
            public long millis() {
                return System.currentTimeMillis();
            }

            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void later(long millis, Runnable action) {
                CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(action);
            }
        };
    }
}
