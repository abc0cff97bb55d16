package io.stitch.samples.quickstart;

import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.Scope;
import io.stitch.samples.quickstart.Board.Note;
import io.stitch.samples.quickstart.Board.Status;
import io.stitch.samples.quickstart.Board.Task;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Ada goes on editing, and Ben sees each edit as it comes. */
final class EditsStreamIn implements Act {
    private static final Duration PACE = Duration.ofMillis(150);
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
                        watch(events).take(edits.size()).doOnNext(line -> narrator.event("ben  " + line)),
                        events.next().then(perform(edits, narrator)).then(editTooLate(ada, narrator))))
                .then()
                .timeout(
                        stage.patience(),
                        Mono.error(() -> new IllegalStateException("Not all of ada's %d edits reached ben within %d ms."
                                .formatted(edits.size(), stage.patience().toMillis()))));
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
                        "update   task/t-121: it is done",
                        scope.update(Board.TASK, "t-121", Patch.of("status", Status.DONE))),
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

    private static Mono<Void> perform(List<Edit> edits, Narrator narrator) {
        return Flux.fromIterable(edits)
                .concatMap(edit -> Mono.delay(PACE)
                        .doOnNext(now -> narrator.event("ada  " + edit.intention()))
                        .then(edit.write()))
                .then();
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

    private static Flux<String> watch(Flux<RecordEvent> events) {
        return Flux.defer(() -> {
            Map<String, ObjectNode> known = new HashMap<>();
            return events.mapNotNull(event -> tell(event, known));
        });
    }

    /**
     * The line for an event, if it has anything to tell: not what was there when Ben came (origin STORED), which is only
     * remembered to compare later events with, and not what changes nothing but the project's version.
     */
    private static @Nullable String tell(RecordEvent event, Map<String, ObjectNode> known) {
        ObjectNode now = event.json();
        ObjectNode before = known.put(event.entity() + "/" + event.id(), now);
        if (event.origin() == RecordEvent.Origin.STORED) {
            return null;
        }
        if (before == null || event.operation() != RecordEvent.Operation.UPDATED) {
            return EventText.headline(event);
        }
        List<String> differences = EventText.differences(before, now);
        return differences.isEmpty() ? null : EventText.headline(event) + "  " + String.join(", ", differences);
    }

    private record Edit(String intention, Mono<?> write) {}
}
