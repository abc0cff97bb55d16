package io.stitch.samples.quickstart;

import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.Scope;
import io.stitch.samples.quickstart.Board.Note;
import io.stitch.samples.quickstart.Board.Status;
import io.stitch.samples.quickstart.Board.Task;
import reactor.core.publisher.Mono;

import java.time.LocalDate;
import java.util.List;

/** Ada goes on editing, and Ben sees each edit as it comes. */
final class EditsStreamIn implements Act {
    private static final String FIRST = "t-121";
    private static final String DROPPED = "t-247";

    @Override
    public String title() {
        return "Ada edits, and Ben sees what changed";
    }

    @Override
    public Mono<Void> play(Stage stage) {
        Narrator narrator = stage.narrator();
        Scope ada = stage.ada().scope();
        List<Edit> edits = edits(ada);
        // Ben's first event shows that he is listening, and from then on he misses nothing: so Ada begins then.
        return stage.ben()
                .scope()
                .events()
                .publish(events -> Mono.when(
                        Watching.changes(events).take(edits.size()).doOnNext(line -> narrator.event("ben  " + line)),
                        events.next()
                                .then(inSlowMotion(edits.get(0), ada, narrator))
                                .thenMany(Edit.perform("ada", edits.subList(1, edits.size()), narrator))
                                .then(editTooLate(ada, narrator))))
                .then()
                .timeout(
                        stage.patience(),
                        Mono.error(() -> new IllegalStateException("Not all of ada's %d edits reached ben within %d ms."
                                .formatted(edits.size(), stage.patience().toMillis()))));
    }

    /** Ada sees her own edit at once, as an event of origin LOCAL; the write completes when the server has answered. */
    private static Mono<Void> inSlowMotion(Edit edit, Scope scope, Narrator narrator) {
        return scope.events()
                .publish(events -> Mono.when(
                        events.filter(event -> event.id().equals(FIRST) && event.origin() == RecordEvent.Origin.LOCAL)
                                .next()
                                .doOnNext(event -> narrator.event("ada  sees it herself (%s), before the server answers"
                                        .formatted(event.origin()))),
                        events.next()
                                .thenMany(Edit.perform("ada", List.of(edit), narrator))
                                .doOnNext(status -> narrator.event("ada  has the server's answer: " + status))))
                .then();
    }

    /** What Ada does. A write is cold: it is sent when it is subscribed to, and not here. */
    private static List<Edit> edits(Scope scope) {
        Task spare = new Task(
                "t-301",
                ApolloRefit.ID,
                "Find a second source for the glycol pump",
                Status.OPEN,
                "Claire",
                LocalDate.of(2027, 3, 12));
        Note reason = new Note("n-41", ApolloRefit.ID, "Ada", "The museum lends us its pump until ours is here.");
        return List.of(
                new Edit(
                        "update   task/" + FIRST + ": it is done",
                        scope.update(Board.TASK, FIRST, Patch.of("status", Status.DONE))),
                new Edit(
                        "update   task/t-152: Ravi takes over, a week later",
                        scope.update(
                                Board.TASK,
                                "t-152",
                                Patch.of("assignee", "Ravi").and("due", LocalDate.of(2027, 4, 1)))),
                new Edit("create   task/t-301", scope.create(Board.TASK, spare)),
                new Edit("create   note/n-41", scope.create(Board.NOTE, reason)),
                new Edit(
                        "update   task/t-199: free for anybody to take",
                        scope.update(Board.TASK, "t-199", Patch.of("assignee", null))),
                new Edit("delete   task/" + DROPPED, scope.delete(Board.TASK, DROPPED)),
                new Edit(
                        "update   project/apollo: more time",
                        scope.update(Board.PROJECT, ApolloRefit.ID, Patch.of("due", LocalDate.of(2027, 7, 30)))));
    }

    /** Somebody always edits what is gone already. The refusal is an ordinary error of the write's own Mono. */
    private static Mono<Void> editTooLate(Scope scope, Narrator narrator) {
        return scope.update(Board.TASK, DROPPED, Patch.of("status", Status.DOING))
                .then(Mono.<Void>error(
                        () -> new IllegalStateException("The server took an update of a task that is gone.")))
                .onErrorResume(RequestRefusedException.class, refused -> {
                    narrator.event("ada  update   task/%s: too late, refused with %s (%d)"
                            .formatted(DROPPED, refused.reason(), refused.code()));
                    return Mono.empty();
                });
    }
}
