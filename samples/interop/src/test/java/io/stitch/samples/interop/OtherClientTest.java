package io.stitch.samples.interop;

import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import static io.stitch.samples.interop.Board.LIMIT;
import static io.stitch.samples.interop.Board.SCOPE;
import static io.stitch.samples.interop.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** The store and the other client in one scope of the real server. */
@ExtendWith(RealPrograms.class)
class OtherClientTest {
    @TempDir
    Path folder;

    private RealServer server;
    private StitchStore store;
    private Scope scope;
    private OtherClient other;

    @BeforeEach
    void start() {
        server = RealServer.start(folder, Board.INDEX);
        store = Board.connected(server.url());
        Board.makeProject(store, SCOPE);
        scope = store.openScope(SCOPE);
        other = OtherClient.connected(server.url(), "other-1", folder);
        other.open(SCOPE);
    }

    @AfterEach
    void end() {
        Board.close(store);
        other.close();
        server.close();
    }

    @Test
    void eachSeesWhatTheOtherWrites() {
        scope.create(TASK, Board.task("t1")).block(LIMIT);
        other.awaitTitle("t1", "Task t1");
        other.update("task", "t1", Map.of("title", "Theirs"));
        Board.awaitTitle(scope, "t1", "Theirs");
        scope.update(TASK, "t1", Patch.of("title", "Ours")).block(LIMIT);
        other.awaitTitle("t1", "Ours");

        other.create("task", SCOPE, Map.of("id", "t2", "projectId", SCOPE, "title", "Two"));
        Board.awaitTitle(scope, "t2", "Two");
        scope.delete(TASK, "t2").block(LIMIT);
        other.awaitGone("t2");
        other.delete("task", "t1");
        Board.await(scope, tasks -> tasks.isEmpty());
    }

    @Test
    void whatTheStoreWritesWhileItIsAwayComesToTheOtherClientAndTheOtherWayRound() {
        scope.create(TASK, Board.task("t1")).block(LIMIT);
        other.awaitTitle("t1", "Task t1");

        store.disconnect().block(LIMIT);
        scope.update(TASK, "t1", Patch.of("title", "From afar")).block(LIMIT);
        scope.create(TASK, Board.task("t2")).block(LIMIT);
        other.create("task", SCOPE, Map.of("id", "t3", "projectId", SCOPE, "title", "Meanwhile"));
        store.connect().block(LIMIT);
        Board.awaitTitle(scope, "t3", "Meanwhile");
        other.awaitTitle("t1", "From afar");
        other.awaitTitle("t2", "Task t2");

        other.tell("offline", Map.of());
        other.update("task", "t2", Map.of("title", "Theirs from afar"));
        scope.create(TASK, Board.task("t4")).block(LIMIT);
        scope.delete(TASK, "t3").block(LIMIT);
        other.tell("online", Map.of());
        Board.awaitTitle(scope, "t2", "Theirs from afar");
        other.awaitTitle("t4", "Task t4");
        other.awaitGone("t3");
        assertThat(ids()).containsExactlyInAnyOrder("t1", "t2", "t4");
    }

    private Set<String> ids() {
        return scope.snapshot(TASK).stream().map(Board.Task::id).collect(Collectors.toSet());
    }
}
