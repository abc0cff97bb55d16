package io.stitch.samples.desktop;

import io.stitch.reactive.ConnectionStatus;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.List;

/** What is waited for before a store is closed, and how long. */
final class Leaving {
    /** How long what is written may take to be sent. It is on disk, and sent after the next start if it takes longer. */
    static final Duration PATIENCE = Duration.ofSeconds(3);

    /** How long a store may take to close. Whoever closes the window does not wait for ever. */
    static final Duration LONGEST_CLOSE = Duration.ofSeconds(10);

    private Leaving() {}

    /**
     * Waits until everything is safe and, as long as there is a connection, sent.
     *
     * @param underWay the writes that are not safe yet
     * @param pending how many are not settled
     * @param connection the state of the connection
     * @return completes then, or when the patience is over; cold
     */
    static Mono<Void> settled(List<Mono<Void>> underWay, Flux<Integer> pending, Flux<ConnectionStatus> connection) {
        Mono<Void> sent = pending.filter(count -> count == 0).next().then();
        Mono<Void> parted =
                connection.filter(status -> !status.isConnected()).next().then();
        return Mono.whenDelayError(underWay)
                .onErrorComplete() // Whoever wrote is told.
                .then(Mono.firstWithSignal(sent, parted))
                .timeout(PATIENCE, Mono.empty())
                .onErrorComplete();
    }
}
