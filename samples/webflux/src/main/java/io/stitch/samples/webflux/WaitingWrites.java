package io.stitch.samples.webflux;

import io.stitch.reactive.DropResult;
import io.stitch.reactive.QueuedWrite;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The writes that this service has kept and its server has not settled, by board; each can be taken back, or tried again. Safe on any thread. */
@Component
class WaitingWrites {
    private final StitchStore store;
    private final Flux<Map<String, List<QueuedWrite>>> byBoard;

    WaitingWrites(StitchStore store) {
        this.store = store;
        this.byBoard = Pace.atMostOnceIn(Viewers.PACE, store.queuedWrites(), Schedulers.parallel())
                .map(WaitingWrites::grouped)
                // Grouped once for all who look.
                .replay(1)
                .refCount(1);
    }

    private static Map<String, List<QueuedWrite>> grouped(List<QueuedWrite> writes) {
        return writes.stream()
                .filter(write -> write.scopeId() != null)
                .collect(Collectors.groupingBy(write -> String.valueOf(write.scopeId())));
    }

    /** {@return what waits of a board, now and after each change, but at most twice a second} Cold; a slow subscriber gets the newest. */
    Flux<BoardEvent.Waiting> of(Scope scope) {
        return byBoard.map(writes -> writes.getOrDefault(scope.id(), List.of()))
                .distinctUntilChanged()
                .map(writes -> BoardEvent.Waiting.of(writes, scope))
                .onBackpressureLatest();
    }

    /**
     * Takes a write back that waits. Cold.
     *
     * @return completes when it is undone for good; a {@link ProblemException} if it cannot be
     */
    Mono<Void> drop(String projectId, long sequence) {
        return known(projectId, sequence).then(store.dropWrite(sequence)).flatMap(result -> switch (result) {
            case DROPPED -> Mono.<Void>empty();
            case NOT_PENDING -> Mono.error(settled(projectId, sequence));
            case IN_DOUBT ->
                Mono.error(
                        new ProblemException(
                                HttpStatus.CONFLICT,
                                DropResult.IN_DOUBT.name(),
                                "The write %d may have been done by the server already, so it cannot be taken back. Wait for its answer."
                                        .formatted(sequence),
                                "It may be saved already, so it cannot be taken back. Wait a moment, and change it again if needed."));
        });
    }

    /**
     * Sends a write now that waits after a failure. Cold.
     *
     * @return completes when it is on its way; a {@link ProblemException} if it waits for something else
     */
    Mono<Void> retry(String projectId, long sequence) {
        return known(projectId, sequence)
                .then(store.retryWrite(sequence))
                .filter(Boolean::booleanValue)
                .switchIfEmpty(Mono.error(() -> new ProblemException(
                        HttpStatus.CONFLICT,
                        "NOT_RETRYABLE",
                        "The write %d has not failed: it is sent by itself when its turn comes. GET /api/projects/%s/writes says why it waits."
                                .formatted(sequence, projectId),
                        "It is sent by itself as soon as it can be.")))
                .then();
    }

    /** {@return what waits of a board now} Cold. */
    Mono<List<QueuedWrite>> now(String projectId) {
        return store.queuedWrites()
                .next()
                .map(writes -> writes.stream()
                        .filter(write -> projectId.equals(write.scopeId()))
                        .toList());
    }

    /** Whoever may look at one board says nothing about the writes of another. */
    private Mono<QueuedWrite> known(String projectId, long sequence) {
        return now(projectId)
                .flatMapIterable(writes -> writes)
                .filter(write -> write.sequence() == sequence)
                .next()
                .switchIfEmpty(Mono.error(() -> settled(projectId, sequence)));
    }

    private static ProblemException settled(String projectId, long sequence) {
        return new ProblemException(
                HttpStatus.NOT_FOUND,
                "NOT_PENDING",
                "No write %d waits in the project '%s'; it may be settled. GET /api/projects/%s/writes lists those there are."
                        .formatted(sequence, projectId, projectId),
                "It does not wait any more. The board shows what became of it.");
    }
}
