package io.stitch.reactive.h2;

import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.h2.KillTest.Task;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;

import static io.stitch.reactive.h2.KillTest.TASK;
import static io.stitch.reactive.h2.KillTest.store;
import static org.assertj.core.api.Assertions.assertThat;

/** What is in memory is what is open, however much is on disk. */
class LargeStoreTest {
    private static final int RECORDS = 1_000_000;
    private static final int OF_A_SCOPE = 1_000;
    private static final int BATCH = 10_000;
    private static final String TITLE = "x".repeat(200);

    @TempDir
    Path folder;

    @Test
    void aMillionRecordsWithAScopeOfAThousandFitIntoASmallHeap() throws Exception {
        try (ChildJvm child = ChildJvm.run(
                Main.class,
                List.of("-Xmx256m", "-XX:+UseSerialGC"),
                folder.resolve("tasks").toString())) {
            assertThat(child.line()).isEqualTo("copied on close: false");
            assertThat(child.line()).isEqualTo("kept " + RECORDS);
            assertThat(child.line()).isEqualTo("shown " + OF_A_SCOPE);
            assertThat(child.line()).isEqualTo("written QUEUED");
            assertThat(child.exitCode()).isZero();
        }
    }

    /** Fills a database and opens one scope of it. */
    static final class Main {
        public static void main(String[] arguments) throws IOException {
            Path file = Path.of(arguments[0]);
            fill(file);
            System.out.println("kept " + RECORDS);
            StitchStore store = store(file);
            store.start().block();
            Scope scope = store.replaceScope("p500");
            scope.events().take(OF_A_SCOPE).blockLast();
            System.out.println("shown " + scope.snapshot(TASK).size());
            System.out.println("written "
                    + scope.create(TASK, new Task("new", "p500", "new", 0))
                            .result()
                            .block()
                            .status());
            store.close().block();
        }

        private static void fill(Path file) throws IOException {
            H2Persistence persistence = H2Persistence.file(file);
            persistence.open(OpenRequest.of("server")).block();
            for (int from = 0; from < RECORDS; from += BATCH) {
                Batch batch = new Batch();
                for (int i = from; i < from + BATCH; i++) {
                    batch.put(record(i));
                }
                persistence.apply(batch).block();
            }
            Object before = identity(file);
            persistence.close().block();
            // A whole copy of so large a file would hold up the end of an application.
            System.out.println("copied on close: " + !Objects.equals(identity(file), before));
        }

        /** Of the file itself, whatever its name is. */
        private static @Nullable Object identity(Path file) throws IOException {
            Path data = file.resolveSibling(file.getFileName() + ".mv.db");
            return Files.readAttributes(data, BasicFileAttributes.class).fileKey();
        }

        private static StoredRecord record(int i) {
            String scope = "p" + i / OF_A_SCOPE;
            String id = "t" + (10_000_000 + i);
            String json = "{\"id\":\"" + id + "\",\"projectId\":\"" + scope + "\",\"title\":\"" + TITLE + i
                    + "\",\"round\":" + i + ",\"_version\":1}";
            return new StoredRecord(new RecordKey("task", id), scope, 1, json.getBytes(StandardCharsets.UTF_8));
        }
    }
}
