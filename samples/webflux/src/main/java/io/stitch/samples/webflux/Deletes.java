package io.stitch.samples.webflux;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.function.Consumer;

/** Deletes a record that is meant to be in one state. */
final class Deletes {
    private Deletes() {}

    /**
     * Deletes a record if it is as it should be. Cold. It is looked at in the turn of the delete itself: an update that leaves the record as it
     * is comes before it in one batch, of which nothing is done if the look fails, and no other write comes in between.
     *
     * @param check throws if the record is another
     * @return how far the delete got; what the check threw if the record is another
     */
    static <T> Mono<? extends MutationResult<?>> checked(
            StitchStore store, Scope scope, EntityType<T> type, String id, Consumer<T> check) {
        return store.batch(Flux.just(
                        scope.update(type, id, (T record) -> {
                            check.accept(record);
                            return record;
                        }),
                        scope.delete(type, id)))
                .last();
    }
}
