package io.stitch.samples.benchmarks;

import io.stitch.reactive.h2.H2Persistence;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KeptEntity;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import tools.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** A database in a folder of its own, which goes with it. */
final class H2File implements AutoCloseable {
    static final int BATCH = 5_000;

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final OpenRequest OPEN = new OpenRequest(
            "server",
            Map.of(
                    Workload.PROJECT.name(),
                    new KeptEntity(null, Set.of()),
                    Workload.TASK.name(),
                    new KeptEntity(Workload.SCOPE_FIELD, Set.of())));

    private final Path folder;
    private final boolean encrypted;

    private H2File(Path folder, boolean encrypted) {
        this.folder = folder;
        this.encrypted = encrypted;
    }

    static H2File create(boolean encrypted) {
        try {
            return new H2File(
                    Files.createTempDirectory(Files.createDirectories(ChildJvm.targetFolder()), "h2-"), encrypted);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return a persistence for the next store that opens it} */
    H2Persistence persistence() {
        H2Persistence.Builder builder = H2Persistence.builder(folder.resolve("store"));
        return encrypted ? builder.passphrase("benchmark".toCharArray()).build() : builder.build();
    }

    /** {@return batches of tasks} In scopes of a size, named as the tasks of that size are. */
    static List<Batch> batches(int records, int ofScope) {
        List<Batch> batches = new ArrayList<>();
        List<ObjectNode> tasks = Workload.tasks(records).toList();
        for (int i = 0; i < records; i++) {
            if (i % BATCH == 0) {
                batches.add(new Batch());
            }
            String scope = scope(i / ofScope);
            byte[] json =
                    tasks.get(i).put(Workload.SCOPE_FIELD, scope).toString().getBytes(StandardCharsets.UTF_8);
            RecordKey key = new RecordKey(Workload.TASK.name(), Workload.taskId(records, i));
            batches.get(batches.size() - 1).put(new StoredRecord(key, scope, 1, json));
        }
        return batches;
    }

    static String scope(int index) {
        return "project-" + index;
    }

    /** Keeps batches, one after another, and returns how many seconds that took. */
    double keep(List<Batch> batches) {
        Persistence persistence = persistence();
        persistence.open(OPEN).block(LIMIT);
        long start = System.nanoTime();
        for (Batch batch : batches) {
            persistence.apply(batch).block(LIMIT);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        persistence.close().block(LIMIT);
        return seconds;
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
