package io.stitch.samples.desktop;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.ConnectionStatus.Status;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

import java.time.Duration;
import java.util.List;

/** What is waited for before a store is closed. */
class LeavingTest {
    private static final Duration A_MOMENT = Duration.ofMillis(100);

    private final Sinks.Many<Integer> pending = Sinks.many().replay().latestOrDefault(2);
    private final Sinks.Many<ConnectionStatus> connection =
            Sinks.many().replay().latestOrDefault(status(Status.CONNECTED));
    private final Sinks.Empty<Void> underWay = Sinks.empty();

    private static ConnectionStatus status(Status status) {
        return new ConnectionStatus(status, null, null);
    }

    private Mono<Void> settled(List<Mono<Void>> writes) {
        return Leaving.settled(writes, pending.asFlux(), connection.asFlux());
    }

    @Test
    void whileConnectedWhatIsPendingIsSentFirst() {
        StepVerifier.withVirtualTime(() -> settled(List.of()))
                .expectSubscription()
                .expectNoEvent(A_MOMENT)
                .then(() -> pending.tryEmitNext(1))
                .expectNoEvent(A_MOMENT)
                .then(() -> pending.tryEmitNext(0))
                .verifyComplete();
    }

    @Test
    void withoutAConnectionNothingIsWaitedFor() {
        connection.tryEmitNext(status(Status.DISCONNECTED));
        StepVerifier.withVirtualTime(() -> settled(List.of())).verifyComplete();
    }

    @Test
    void aConnectionThatIsLostMeanwhileEndsTheWait() {
        StepVerifier.withVirtualTime(() -> settled(List.of()))
                .expectSubscription()
                .expectNoEvent(A_MOMENT)
                .then(() -> connection.tryEmitNext(status(Status.DISCONNECTED)))
                .verifyComplete();
    }

    @Test
    void aWriteThatIsNotOnDiskYetIsWaitedForOfflineToo() {
        connection.tryEmitNext(status(Status.OFFLINE));
        StepVerifier.withVirtualTime(() -> settled(List.of(underWay.asMono())))
                .expectSubscription()
                .expectNoEvent(A_MOMENT)
                .then(underWay::tryEmitEmpty)
                .verifyComplete();
    }

    @Test
    void aServerThatDoesNotAnswerIsNotWaitedForForEver() {
        StepVerifier.withVirtualTime(() -> settled(List.of(underWay.asMono())))
                .expectSubscription()
                .expectNoEvent(Leaving.PATIENCE.minus(A_MOMENT))
                .thenAwait(A_MOMENT)
                .verifyComplete();
    }

    @Test
    void aStreamThatFailsIsNoReasonToStay() {
        StepVerifier.withVirtualTime(() -> Leaving.settled(
                        List.of(Mono.error(new IllegalStateException("a write"))),
                        Flux.error(new IllegalStateException("the store")),
                        connection.asFlux()))
                .verifyComplete();
    }
}
