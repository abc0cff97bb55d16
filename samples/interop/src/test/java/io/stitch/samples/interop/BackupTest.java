package io.stitch.samples.interop;

import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

import java.nio.file.Path;
import java.util.List;

import static io.stitch.samples.interop.Board.LIMIT;
import static io.stitch.samples.interop.Board.SCOPE;
import static io.stitch.samples.interop.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** The server goes back to yesterday. */
@ExtendWith(RealPrograms.class)
class BackupTest {
    @TempDir
    Path folder;

    /** A backup that is made below the database itself, where the server puts it by itself, fails with 500: it copies itself. */
    @Test
    void aStoreGoesBackWithItsServer() {
        Path backups = folder.resolve("backups");
        try (RealServer server = RealServer.start(folder, Board.INDEX, "--backups=" + backups)) {
            StitchStore store = Board.connected(server.url());
            Board.makeProject(store, SCOPE);
            Scope scope = Board.open(store, SCOPE);
            scope.create(TASK, Board.task("kept")).block(LIMIT);
            scope.create(TASK, Board.task("changed")).block(LIMIT);
            scope.create(TASK, Board.task("deleted")).block(LIMIT);
            store.request(
                            "_admin/backup",
                            JsonMapper.shared().createObjectNode().put("name", "yesterday"))
                    .block(LIMIT);

            for (int time = 0; time < 5; time++) {
                scope.update(TASK, "changed", Patch.of("title", "Today " + time))
                        .block(LIMIT);
            }
            scope.delete(TASK, "deleted").block(LIMIT);
            scope.create(TASK, Board.task("new")).block(LIMIT);
            Board.settle(store);

            server.kill();
            server.useData(backups.resolve("yesterday"));
            server.startAgain();
            Board.await(
                    scope,
                    tasks -> tasks.equals(List.of(Board.task("changed"), Board.task("deleted"), Board.task("kept"))));
            scope.update(TASK, "changed", Patch.of("title", "Tomorrow")).block(LIMIT);
            Board.settle(store);
            assertThat(Board.awaitTitle(scope, "changed", "Tomorrow")).isNotNull();
            Board.close(store);
        }
    }
}
