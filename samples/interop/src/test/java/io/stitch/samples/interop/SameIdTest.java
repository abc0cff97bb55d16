package io.stitch.samples.interop;

import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;

import static io.stitch.samples.interop.Board.LIMIT;
import static io.stitch.samples.interop.Board.SCOPE;
import static io.stitch.samples.interop.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** Two stores create a record of one id. The server takes both creates, and the second overwrites the first. */
@ExtendWith(RealPrograms.class)
class SameIdTest {
    private static final Board.Task ONE = new Board.Task("t1", SCOPE, "One");
    private static final Board.Task OTHER = new Board.Task("t1", SCOPE, "Other");

    @TempDir
    Path folder;

    private RealServer server;
    private StitchStore first;
    private StitchStore second;
    private Scope firstScope;
    private Scope secondScope;

    @BeforeEach
    void start() {
        server = RealServer.start(folder, Board.INDEX);
        first = Board.connected(server.url());
        second = Board.connected(server.url());
        Board.makeProject(first, SCOPE);
        firstScope = Board.open(first, SCOPE);
        secondScope = Board.open(second, SCOPE);
    }

    @AfterEach
    void end() {
        Board.close(first, second);
        server.close();
    }

    @Test
    void aCreateThatWaitedOfflineAsksFirstAndIsRefused() {
        second.disconnect().block(LIMIT);
        secondScope.create(TASK, OTHER).block(LIMIT);
        firstScope.create(TASK, ONE).block(LIMIT);
        var rejection = second.connect().then(second.rejections().next()).block(LIMIT);
        assertThat(rejection.id()).isEqualTo("t1");
        Board.await(secondScope, tasks -> tasks.equals(List.of(ONE)));
        assertThat(firstScope.snapshot(TASK)).containsExactly(ONE);
    }

    /** Both writers are told that it worked, so that this server cannot be asked to keep ids apart. The stores agree all the same. */
    @Test
    void ofTwoCreatesAtOnceBothStoresShowWhatTheServerKept() {
        firstScope.create(TASK, ONE).and(secondScope.create(TASK, OTHER)).block(LIMIT);
        Board.settle(first);
        Board.settle(second);
        Board.Task kept = second.read(TASK, "t1").block(LIMIT);
        assertThat(kept).isIn(ONE, OTHER);
        Board.await(firstScope, tasks -> tasks.equals(List.of(kept)));
        Board.await(secondScope, tasks -> tasks.equals(List.of(kept)));
    }

    @Test
    void aRecordThatIsCreatedAgainAfterItsDeleteIsThere() {
        firstScope.create(TASK, ONE).block(LIMIT);
        Board.await(secondScope, tasks -> tasks.equals(List.of(ONE)));
        firstScope.delete(TASK, "t1").block(LIMIT);
        Board.await(secondScope, List::isEmpty);
        secondScope.create(TASK, OTHER).block(LIMIT);
        Board.await(firstScope, tasks -> tasks.equals(List.of(OTHER)));
    }
}
