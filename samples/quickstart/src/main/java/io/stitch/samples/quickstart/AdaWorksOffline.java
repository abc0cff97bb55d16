package io.stitch.samples.quickstart;

import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.samples.quickstart.Board.Status;
import io.stitch.samples.quickstart.Board.Task;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

import java.time.LocalDate;
import java.util.List;
import java.util.Objects;

/**
 * Ada disconnects and goes on working; Ben edits the same board meanwhile. Then she connects again, and what both did comes
 * together: different fields of one task both stay, and a task that Ben deleted stays deleted, of which Ada is told.
 */
final class AdaWorksOffline implements Act {
    @Override
    public String title() {
        return "Ada works offline, Ben goes on, and their work comes together";
    }

    @Override
    public Mono<Void> play(Stage stage) {
        return stage.ada()
                .store()
                .disconnect()
                .doOnSuccess(done -> stage.narrator().event("ada  has no connection any more"))
                .then(Mono.defer(() -> workOffline(stage)))
                .then(Mono.defer(() -> goOn(stage)))
                .then(Mono.defer(() -> comeTogether(stage)))
                .timeout(
                        stage.patience(),
                        Mono.error(() -> new IllegalStateException(
                                "What ada and ben did apart did not come together within %d ms."
                                        .formatted(stage.patience().toMillis()))));
    }

    /** Each write is applied at once, kept in the queue, and done as far as Ada is concerned. */
    private static Mono<Void> workOffline(Stage stage) {
        Scope scope = stage.ada().scope();
        StitchStore store = stage.ada().store();
        Narrator narrator = stage.narrator();
        List<Edit> edits = editsOfAda(scope);
        return scope.events()
                .publish(events -> Mono.when(
                        sees("ada", local(events), edits.size(), "  (LOCAL)", narrator),
                        events.next()
                                .thenMany(Edit.perform("ada", edits, narrator))
                                .filter(status -> status == MutationResult.Status.QUEUED)
                                .count()
                                .zipWith(store.pendingCount()
                                        .filter(count -> count == edits.size())
                                        .next())
                                .doOnNext(counts -> narrator.event(
                                        "ada  %d of her edits are QUEUED, %d are pending, and she sees them all"
                                                .formatted(counts.getT1(), counts.getT2())))))
                .then();
    }

    private static Flux<RecordEvent> local(Flux<RecordEvent> events) {
        return events.filter(
                event -> event.origin() == RecordEvent.Origin.STORED || event.origin() == RecordEvent.Origin.LOCAL);
    }

    /** Ben is connected, so the server has each of his edits when its write completes. */
    private static Mono<Void> goOn(Stage stage) {
        return Edit.perform("ben", editsOfBen(stage.ben().scope()), stage.narrator())
                .then();
    }

    /** Ada's edits are sent in order, two of one task as one; and the server sends what she missed. */
    private static Mono<Void> comeTogether(Stage stage) {
        StitchStore store = stage.ada().store();
        Narrator narrator = stage.narrator();
        Mono<Void> connect = Mono.defer(() -> {
            narrator.event("ada  connects again; her edits are sent, the two of one task as one");
            return store.connect();
        });
        Mono<Rejection> told = store.rejections().next().doOnNext(rejection -> narrator.event(inWords(rejection)));
        // Both listen before she connects, so that neither misses anything.
        return stage.ada()
                .scope()
                .events()
                .publish(hers -> stage.ben()
                        .scope()
                        .events()
                        .publish(his -> Mono.when(
                                sees("ada", hers, 3, "", narrator),
                                sees("ben", his, 4, "", narrator),
                                told,
                                Mono.when(hers.next(), his.next()).then(connect))))
                .thenMany(store.pendingCount())
                .filter(count -> count == 0)
                .next()
                .doOnNext(none -> narrator.event("ada  has nothing pending any more"))
                .then();
    }

    private static Mono<Void> sees(String who, Flux<RecordEvent> events, int lines, String remark, Narrator narrator) {
        return Watching.changes(events)
                .take(lines)
                .doOnNext(line -> narrator.event(who + "  sees  " + line + remark))
                .then();
    }

    private static String inWords(Rejection rejection) {
        JsonNode copy = Objects.requireNonNull(rejection.localCopy());
        return "ada  is told: the %s of %s/%s is undone, %s; her copy, assigned to %s, is with the rejection"
                .formatted(
                        rejection.kind().name().toLowerCase(java.util.Locale.ROOT),
                        rejection.entity(),
                        rejection.id(),
                        rejection.reason(),
                        copy.path("assignee").asString());
    }

    private static List<Edit> editsOfAda(Scope scope) {
        Task rehearsal = new Task(
                "t-302",
                ApolloRefit.ID,
                "Rehearse with the museum's pump",
                Status.OPEN,
                "Ada",
                LocalDate.of(2027, 5, 3));
        return List.of(
                new Edit(
                        "update   task/t-130: begun",
                        scope.update(Board.TASK, "t-130", Patch.of("status", Status.DOING))),
                new Edit(
                        "update   task/t-130: done",
                        scope.update(Board.TASK, "t-130", Patch.of("status", Status.DONE))),
                new Edit(
                        "update   task/t-160: not before May",
                        scope.update(Board.TASK, "t-160", Patch.of("due", LocalDate.of(2027, 5, 1)))),
                new Edit("create   task/t-302", scope.create(Board.TASK, rehearsal)),
                new Edit("delete   note/n-07", scope.delete(Board.NOTE, "n-07")),
                new Edit(
                        "update   task/t-222: Mara takes over",
                        scope.update(Board.TASK, "t-222", Patch.of("assignee", "Mara"))));
    }

    /** Another field of a task that Ada changed, a task that she did not, and the end of one that she did. */
    private static List<Edit> editsOfBen(Scope scope) {
        return List.of(
                new Edit(
                        "update   task/t-160: Claire takes over",
                        scope.update(Board.TASK, "t-160", Patch.of("assignee", "Claire"))),
                new Edit(
                        "update   task/t-100: done",
                        scope.update(Board.TASK, "t-100", Patch.of("status", Status.DONE))),
                new Edit("delete   task/t-222", scope.delete(Board.TASK, "t-222")));
    }
}
