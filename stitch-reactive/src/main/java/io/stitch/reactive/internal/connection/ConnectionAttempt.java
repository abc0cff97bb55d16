package io.stitch.reactive.internal.connection;

import io.stitch.reactive.spi.MqttConnection;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Holds what comes of one attempt to connect, so that a connection that comes about after the attempt was given up is
 * closed and not forgotten. Any thread.
 */
final class ConnectionAttempt {
    private boolean abandoned;
    private @Nullable MqttConnection connection;

    void opened(MqttConnection opened) {
        synchronized (this) {
            connection = opened;
            if (!abandoned) {
                return;
            }
        }
        close(opened).subscribe();
    }

    /**
     * Gives the attempt up.
     *
     * @return closes its connection, if it has one already
     */
    Mono<Void> abandon() {
        MqttConnection opened;
        synchronized (this) {
            abandoned = true;
            opened = connection;
        }
        return opened == null ? Mono.empty() : close(opened);
    }

    /** How a connection that nobody wants any more ends is of no interest. */
    private static Mono<Void> close(MqttConnection connection) {
        return connection.disconnect().onErrorComplete();
    }
}
