package io.stitch.reactive.internal.connection;

import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Holds what comes of one attempt to connect. An attempt that is given up is not cancelled at once, because that stops nothing: its CONNECT
 * may be on its way, and a broker that reads it after the next one's ends the next one's connection. So it is waited for a while, and a
 * connection that comes about is closed, even after that. Any thread.
 */
final class ConnectionAttempt {
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private final Sinks.Empty<Void> cut = Sinks.empty();
    private boolean begun;
    private boolean answered;
    private boolean abandoned;
    private @Nullable MqttConnection connection;

    /**
     * Connects, whoever cancels, until {@link #cut}.
     *
     * @param connecting the attempt
     * @return what comes of it; never anything if it was given up before it began
     */
    Mono<MqttConnection> open(Mono<MqttConnection> connecting) {
        return Mono.defer(() -> {
            synchronized (this) {
                if (abandoned) {
                    return Mono.never();
                }
                begun = true;
            }
            // Directly behind the connector, where no cancellation comes between the connection and its owner.
            return connecting
                    .doOnNext(this::opened)
                    .doOnError(this::failed)
                    .takeUntilOther(cut.asMono())
                    .doOnTerminate(ended::tryEmitEmpty)
                    .cache();
        });
    }

    private void opened(MqttConnection opened) {
        synchronized (this) {
            connection = opened;
            answered = true;
            if (!abandoned) {
                return;
            }
        }
        close(opened).subscribe();
    }

    private synchronized void failed(Throwable error) {
        answered = error instanceof TransportException transport
                && transport.kind() == TransportException.Kind.CONNECT_REFUSED;
    }

    /**
     * {@return whether the broker may have a CONNECT that it has not answered} It is known once the attempt has ended.
     */
    synchronized boolean isUnanswered() {
        return begun && !answered;
    }

    /**
     * {@return completes when nothing more comes of an attempt that has begun} At once if that is so, or if none has.
     */
    synchronized Mono<Void> ended() {
        return begun ? ended.asMono() : Mono.empty();
    }

    /** Waits no longer. */
    void cut() {
        cut.tryEmitEmpty();
    }

    /**
     * Gives the attempt up.
     *
     * @return waits for its end, and closes its connection if it has one
     */
    Mono<Void> abandon() {
        synchronized (this) {
            abandoned = true;
        }
        return ended().then(Mono.defer(this::closeConnection));
    }

    private Mono<Void> closeConnection() {
        MqttConnection opened;
        synchronized (this) {
            opened = connection;
        }
        return opened == null ? Mono.empty() : close(opened);
    }

    /** How a connection that nobody wants any more ends is of no interest. */
    private static Mono<Void> close(MqttConnection connection) {
        return connection.disconnect().onErrorComplete();
    }
}
