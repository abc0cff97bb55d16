package io.stitch.samples.interop;

import io.stitch.reactive.Patch;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

import java.nio.file.Path;

import static io.stitch.samples.interop.Board.LIMIT;
import static io.stitch.samples.interop.Board.PROJECT;
import static io.stitch.samples.interop.Board.SCOPE;
import static io.stitch.samples.interop.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What the server's own rules refuse is undone here, and its writer is told why. The store's schema has none of these rules. */
@ExtendWith(RealPrograms.class)
class RulesTest {
    @TempDir
    Path folder;

    private RealServer server;
    private StitchStore store;
    private Scope scope;

    @BeforeEach
    void start() {
        server = RealServer.start(
                folder,
                Board.INDEX,
                "--references=task:projectId>project:restrict",
                "--unique=task:title",
                "--not-null=task:title",
                "--schema=project:id=string,name=string!,version=number,updatedAt=number");
        store = Board.connected(server.url());
        Board.makeProject(store, SCOPE);
        scope = Board.open(store, SCOPE);
        scope.create(TASK, Board.task("t1")).block(LIMIT);
    }

    @AfterEach
    void end() {
        Board.close(store);
        server.close();
    }

    @Test
    void aValueThatAnotherRecordHas() {
        refused(scope.create(TASK, new Board.Task("t2", SCOPE, "Task t1")), 409);
        scope.create(TASK, Board.task("t2")).block(LIMIT);
        refused(scope.update(TASK, "t2", Patch.of("title", "Task t1")), 409);
        assertThat(scope.snapshot(TASK)).containsExactly(Board.task("t1"), Board.task("t2"));
    }

    @Test
    void aValueThatIsMissing() {
        refused(scope.create(TASK, new Board.Task("t2", SCOPE, null)), 409);
        refused(scope.update(TASK, "t1", Patch.of("title", null)), 409);
        assertThat(scope.snapshot(TASK)).containsExactly(Board.task("t1"));
    }

    @Test
    void aValueOfAnotherType() {
        refused(scope.update(PROJECT, SCOPE, Patch.of("name", 5)), 400);
        refused(scope.update(PROJECT, SCOPE, Patch.of("name", null)), 400);
        assertThat(scope.get(PROJECT, SCOPE)).contains(new Board.Project(SCOPE, "Project " + SCOPE));
    }

    @Test
    void aScopeWithoutARoot() {
        Scope nowhere = Board.open(store, "nowhere");
        refused(nowhere.create(TASK, new Board.Task("t2", "nowhere", "Lost")), 409);
        assertThat(nowhere.snapshot(TASK)).isEmpty();
    }

    @Test
    void aRootThatIsStillReferredTo() {
        refused(scope.delete(PROJECT, SCOPE), 409);
        assertThat(scope.get(PROJECT, SCOPE)).isPresent();
    }

    @Test
    void whatIsRefusedAfterItWasQueuedIsReported() {
        store.disconnect().block(LIMIT);
        Scope queued = store.openScope(SCOPE);
        queued.create(TASK, new Board.Task("t2", SCOPE, "Task t1")).block(LIMIT);
        assertThat(scope.snapshot(TASK)).hasSize(2);
        var rejection = store.connect().then(store.rejections().next()).block(LIMIT);
        assertThat(rejection.id()).isEqualTo("t2");
        Board.await(scope, tasks -> tasks.size() == 1);
    }

    private static void refused(Mono<?> write, int code) {
        AbstractThrowableAssert<?, ?> refusal = assertThatThrownBy(() -> write.block(LIMIT));
        refusal.isInstanceOf(RequestRefusedException.class)
                .extracting(thrown -> ((RequestRefusedException) thrown).code())
                .isEqualTo(code);
    }
}
