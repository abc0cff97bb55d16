package io.stitch.samples.quickstart;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Scope;
import io.stitch.samples.quickstart.Board.Status;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.List;

/** Ada and Ben lay their copies side by side. */
final class BothAgree implements Act {
    @Override
    public String title() {
        return "Both hold the same";
    }

    @Override
    public Mono<Void> play(Stage stage) {
        Scope ada = stage.ada().scope();
        Scope ben = stage.ben().scope();
        return Flux.just(Board.PROJECT, Board.TASK, Board.NOTE)
                .concatMap(type -> untilEqual(type, stage)
                        .doOnNext(records -> stage.narrator()
                                .remark("%-8s ada %3d   ben %3d   the same"
                                        .formatted(type.name(), ada.childCount(type), ben.childCount(type)))))
                .then(Mono.fromRunnable(() -> summarize(ben, stage)));
    }

    /** Compares the newest lists of both, until they are equal: two live lists compose like any other Flux. */
    private static Mono<Boolean> untilEqual(EntityType<?> type, Stage stage) {
        Scope ada = stage.ada().scope();
        Scope ben = stage.ben().scope();
        Duration patience = stage.patience();
        return Flux.combineLatest(ada.records(type), ben.records(type), List::equals)
                .filter(same -> same)
                .next()
                .timeout(
                        patience,
                        Mono.error(() -> new IllegalStateException(
                                "ada has %d records of '%s', ben has %d, and after %d ms they still differ."
                                        .formatted(
                                                ada.childCount(type),
                                                type.name(),
                                                ben.childCount(type),
                                                patience.toMillis()))));
    }

    /** From memory, without waiting for anything. */
    private static void summarize(Scope ben, Stage stage) {
        long done = ben.snapshot(Board.TASK).stream()
                .filter(task -> task.status() == Status.DONE)
                .count();
        stage.narrator().remark("%d of the tasks are done".formatted(done));
        stage.narrator()
                .remark("dropped on the way: by ada's store %s, by ben's %s (a duplicate is the echo of an own write)"
                        .formatted(
                                stage.ada().store().diagnosticCounts(),
                                stage.ben().store().diagnosticCounts()));
    }
}
