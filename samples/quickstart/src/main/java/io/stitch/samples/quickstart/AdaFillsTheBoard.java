package io.stitch.samples.quickstart;

import io.stitch.reactive.Scope;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;

/** Ada opens an empty scope and creates everything in it. */
final class AdaFillsTheBoard implements Act {
    @Override
    public String title() {
        return "Ada opens an empty scope and fills it";
    }

    @Override
    public Mono<Void> play(Stage stage) {
        Client ada = stage.ada();
        Narrator narrator = stage.narrator();
        return Mono.defer(() -> {
                    Scope scope = narrator.timed(
                            "replaceScope(\"%s\")".formatted(ApolloRefit.ID),
                            () -> ada.store().replaceScope(ApolloRefit.ID));
                    return Mono.zip(
                            create(scope, stage.patience()), ada.arrivals().count());
                })
                .doOnNext(counts ->
                        narrator.event("ada wrote %d records; the server answered each, and %d came in as events"
                                .formatted(counts.getT1(), counts.getT2())))
                .then();
    }

    /** The project first, since tasks and notes belong to it. Those go out together, and the library bounds how many. */
    private static Mono<Long> create(Scope scope, Duration patience) {
        Flux<?> tasks = Flux.fromIterable(ApolloRefit.tasks()).flatMap(task -> scope.create(Board.TASK, task));
        Flux<?> notes = Flux.fromIterable(ApolloRefit.notes()).flatMap(note -> scope.create(Board.NOTE, note));
        return Flux.concat(scope.create(Board.PROJECT, ApolloRefit.project()), tasks, notes)
                .count()
                .timeout(
                        patience,
                        Mono.error(() ->
                                new IllegalStateException("The server did not answer all of ada's writes within %d ms."
                                        .formatted(patience.toMillis()))));
    }
}
