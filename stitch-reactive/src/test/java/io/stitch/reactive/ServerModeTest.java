package io.stitch.reactive;

import io.stitch.reactive.Board.Note;
import io.stitch.reactive.Board.Project;
import io.stitch.reactive.Board.Task;
import io.stitch.reactive.ListQuery.Operator;
import io.stitch.server.EntitySchema;
import io.stitch.server.ForeignKey.OnDelete;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import java.util.ArrayList;
import java.util.List;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.Board.NOTE;
import static io.stitch.reactive.Board.PROJECT;
import static io.stitch.reactive.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** Two stores on a real broker and a real server, new and old: what an application sees is the same. */
@ParameterizedClass
@ValueSource(booleans = {false, true})
class ServerModeTest {
    private final StitchServer server;
    private StitchStore ada;
    private StitchStore ben;
    private final List<Mono<?>> writes = new ArrayList<>();

    ServerModeTest(boolean oldServer) {
        server = StitchServer.start(StitchServerOptions.builder()
                .legacy(oldServer)
                .schema(EntitySchema.of("task")
                        .withNotNull("title")
                        .withForeignKey("projectId", "project", OnDelete.CASCADE))
                .schema(EntitySchema.of("note").withUnique("text"))
                .build());
    }

    @BeforeEach
    void connect() {
        ada = Board.connect(server, "ada");
        ben = Board.connect(server, "ben");
    }

    /** Begins a write beside what the test watches; the test ends when it has been answered. */
    private void perform(Mono<?> write) {
        Mono<?> running = write.cache();
        running.subscribe();
        writes.add(running);
    }

    @AfterEach
    void close() {
        Mono.when(writes).block(LIMIT);
        Board.close(ada, ben);
        server.close();
    }

    @Test
    void aScopeStreamsInAndThenFollowsTheOthersWrites() {
        Board.seedProject(server, "p1", 50);
        Scope hers = ada.replaceScope("p1");
        Scope his = ben.replaceScope("p1");

        StepVerifier.create(Flux.zip(Board.tasks(hers, 50), Board.tasks(his, 50)))
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);

        // The first stored event shows that he watches; a write before it would be among what is stored.
        StepVerifier.create(his.events(TASK)
                        .filter(event -> event.id().equals("t1") || event.origin() == RecordEvent.Origin.STORED)
                        .distinct(event -> event.origin() == RecordEvent.Origin.STORED ? "stored" : event.toString()))
                .expectNextCount(1)
                .then(() -> perform(hers.create(TASK, new Task("t1", "p1", "one"))))
                .assertNext(event -> {
                    assertThat(event.operation()).isEqualTo(RecordEvent.Operation.CREATED);
                    assertThat(event.origin()).isEqualTo(RecordEvent.Origin.REMOTE);
                    assertThat(event.version()).isEqualTo(1);
                    assertThat(event.record(TASK)).isEqualTo(new Task("t1", "p1", "one"));
                })
                .then(() -> perform(hers.update(TASK, "t1", Patch.of("title", "two"))))
                .assertNext(event -> assertThat(event).hasToString("UPDATED task/t1 v2 (REMOTE)"))
                .then(() -> perform(hers.delete(TASK, "t1")))
                .assertNext(event -> assertThat(event.operation()).isEqualTo(RecordEvent.Operation.DELETED))
                .thenCancel()
                .verify(LIMIT);
        StepVerifier.create(Board.tasks(hers, 50))
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void refusedWritesFailWithTheServersReason() {
        Board.seedProject(server, "p1", 1);
        Scope scope = ada.replaceScope("p1");
        StepVerifier.create(Board.tasks(scope, 1))
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);

        StepVerifier.create(scope.create(TASK, new Task("t1", "p1", null)))
                .expectErrorSatisfies(error ->
                        assertRefused(error, RequestRefusedException.Reason.CONFLICT, "not null violation: task.title"))
                .verify(LIMIT);
        StepVerifier.create(scope.update(TASK, "nope", Patch.of("title", "x")))
                .expectErrorSatisfies(
                        error -> assertRefused(error, RequestRefusedException.Reason.NOT_FOUND, "not found: task"))
                .verify(LIMIT);
        StepVerifier.create(ada.collection(NOTE)
                        .create(new Note("n1", "same"))
                        .then(ben.collection(NOTE).create(new Note("n2", "same"))))
                .expectErrorSatisfies(error -> assertRefused(
                        error, RequestRefusedException.Reason.CONFLICT, "unique constraint violation: note.text"))
                .verify(LIMIT);
        assertThat(scope.childCount(TASK)).isEqualTo(1);
    }

    private static void assertRefused(Throwable error, RequestRefusedException.Reason reason, String message) {
        assertThat(error)
                .hasMessageContaining(message)
                .isInstanceOfSatisfying(
                        RequestRefusedException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(reason));
    }

    @Test
    void topLevelRecordsAreKeptInSyncWithoutAScope() {
        StepVerifier.create(ben.collection(NOTE).records().skipUntil(notes -> !notes.isEmpty()))
                .then(() -> perform(ada.collection(NOTE).create(new Note("n1", "hi"))))
                .expectNext(List.of(new Note("n1", "hi")))
                .then(() -> perform(ada.collection(NOTE).update("n1", Patch.of("text", "ho"))))
                .expectNext(List.of(new Note("n1", "ho")))
                .then(() -> perform(ada.collection(NOTE).delete("n1")))
                .expectNext(List.of())
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void theLiveListOfRootsFollowsCreatesAndDeletes() {
        Board.seedProject(server, "p1", 0);
        StepVerifier.create(ben.roots(PROJECT).skipUntil(roots -> !roots.isEmpty()))
                .expectNext(List.of(new Project("p1", "Project p1")))
                .then(() -> perform(ada.openScope("p2").create(PROJECT, new Project("p2", "Second"))))
                .expectNext(List.of(new Project("p1", "Project p1"), new Project("p2", "Second")))
                .then(() -> perform(ada.openScope("p1").delete(PROJECT, "p1")))
                .expectNext(List.of(new Project("p2", "Second")))
                .thenCancel()
                .verify(LIMIT);
        StepVerifier.create(ada.listRoots(PROJECT))
                .expectNext(new Project("p2", "Second"))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void readsAndListsAskTheServer() {
        Board.seedProject(server, "p1", 5);

        StepVerifier.create(ada.read(TASK, "p1-t000003"))
                .expectNext(new Task("p1-t000003", "p1", "Task 3"))
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(ada.read(TASK, "nope")).expectComplete().verify(LIMIT);
        StepVerifier.create(ada.list(
                        TASK,
                        ListQuery.all()
                                .where("projectId", Operator.EQ, "p1")
                                .where("title", Operator.IN, List.of("Task 1", "Task 2", "Task 4"))
                                .sortBy("title", false)
                                .page(1, 2)))
                .expectNext(List.of(new Task("p1-t000002", "p1", "Task 2"), new Task("p1-t000001", "p1", "Task 1")))
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(ada.request("task/p1-t000000", Board.json()))
                .assertNext(data -> assertThat(data.path("title").asString()).isEqualTo("Task 0"))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void aCutConnectionIsRepairedAndWhatWasMissedArrives() {
        Board.seedProject(server, "p1", 10);
        Scope scope = ben.replaceScope("p1");
        StepVerifier.create(Board.tasks(scope, 10))
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);

        StepVerifier.create(
                        ben.connection().filter(state -> !state.isConnected()).next())
                .then(server::disconnectAll)
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
        server.put("task", "{\"id\":\"late\",\"projectId\":\"p1\",\"title\":\"while away\"}");
        server.delete("task", "p1-t000000");

        StepVerifier.create(scope.records(TASK)
                        .filter(tasks -> tasks.size() == 10
                                && tasks.stream().anyMatch(task -> task.id().equals("late")))
                        .next())
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
        assertThat(scope.get(TASK, "p1-t000000")).isEmpty();
    }

    @Test
    void aChildThatMovesLeavesOneScopeAndEntersTheOther() {
        Board.seedProject(server, "p1", 1);
        Board.seedProject(server, "p2", 0);
        Scope from = ben.openScope("p1");
        Scope to = ben.openScope("p2");
        StepVerifier.create(Board.tasks(from, 1))
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);

        StepVerifier.create(Flux.zip(Board.tasks(from, 0), Board.tasks(to, 1)))
                .then(() -> perform(ada.openScope("p1").update(TASK, "p1-t000000", Patch.of("projectId", "p2"))))
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
    }
}
