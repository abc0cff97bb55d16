package io.stitch.samples.interop;

import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;

import static io.stitch.samples.interop.Board.LIMIT;
import static io.stitch.samples.interop.Board.SCOPE;
import static io.stitch.samples.interop.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** More records than the server lists at once. */
@ExtendWith(RealPrograms.class)
class LargeScopeTest {
    private static final int RECORDS = 25_000;

    @TempDir
    Path folder;

    @Test
    void aScopeThatIsLargerThanWhatTheServerListsAtOnceIsWhole() {
        try (RealServer server = RealServer.start(folder, Board.INDEX, "--careless")) {
            StitchStore writer = Board.connected(server.url());
            Board.makeProject(writer, SCOPE);
            Writes.create(writer, RECORDS, 64);

            StitchStore reader = Board.connected(server.url());
            long begun = System.nanoTime();
            Scope scope = reader.openScope(SCOPE);
            List<Board.Task> tasks = Board.await(scope, list -> list.size() == RECORDS);
            System.out.printf("A scope of %d opened in %d ms.%n", RECORDS, (System.nanoTime() - begun) / 1_000_000);

            assertThat(tasks).isEqualTo(Writes.tasks(RECORDS));
            writer.openScope(SCOPE)
                    .update(TASK, Writes.id(RECORDS - 1), Patch.of("title", "The last one"))
                    .block(LIMIT);
            Board.awaitTitle(scope, Writes.id(RECORDS - 1), "The last one");
            Board.close(writer, reader);
        }
    }
}
