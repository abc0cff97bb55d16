package io.stitch.samples.quickstart;

import io.stitch.reactive.Mutation;
import io.stitch.reactive.MutationResult.Status;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.List;

/**
 * Something that somebody does to the board.
 *
 * @param intention what, in words
 * @param write the write, which is cold: nothing happens before it is subscribed to
 */
record Edit(String intention, Mutation<?> write) {
    private static final Duration PACE = Duration.ofMillis(100);

    /** Performs edits one after another, not too fast for a reader, and emits how far each got. */
    static Flux<Status> perform(String who, List<Edit> edits, Narrator narrator) {
        return Flux.fromIterable(edits)
                .concatMap(edit -> Mono.delay(PACE)
                        .doOnNext(now -> narrator.event(who + "  " + edit.intention()))
                        .then(edit.write().result())
                        .map(result -> result.status()));
    }
}
