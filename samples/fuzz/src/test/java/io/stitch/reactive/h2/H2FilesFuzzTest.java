package io.stitch.reactive.h2;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.spi.KeptEntity;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A database of which single bytes are others. An input is four bytes for each: three say where, the last is what is there instead; where they
 * say more than the file has, it is cut there.
 */
class H2FilesFuzzTest {
    private static final byte[] WHOLE = whole();
    private static final OpenRequest SERVER =
            new OpenRequest("server", Map.of("task", new KeptEntity("projectId", Set.of("title"))));
    private static final Duration BOUND = Duration.ofSeconds(60);

    private static byte[] whole() {
        try (InputStream file = H2FilesFuzzTest.class.getResourceAsStream("whole.mv.db")) {
            return file.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] damaged(byte[] input) {
        byte[] file = WHOLE.clone();
        for (int i = 0; i + 3 < input.length; i += 4) {
            int at = (input[i] & 0xff) << 16 | (input[i + 1] & 0xff) << 8 | (input[i + 2] & 0xff);
            if (at < file.length) {
                file[at] = input[i + 3];
            } else {
                file = Arrays.copyOf(file, at % (file.length + 1));
            }
        }
        return file;
    }

    /** It is opened or refused, and so is what recovery makes of it; what is opened has nothing that was never in it. */
    @FuzzTest
    void damage(byte[] input) throws IOException {
        Path folder = Files.createTempDirectory("stitch-fuzz");
        try {
            Path file = folder.resolve("tasks");
            Files.write(folder.resolve("tasks.mv.db"), damaged(input));
            H2Persistence persistence = H2Persistence.file(file);
            List<StoredRecord> records =
                    told(persistence.open(SERVER).thenMany(Flux.defer(() -> persistence.load("p1"))));
            told(persistence.close().thenMany(Flux.empty()));
            if (records != null) {
                assertThat(records).allSatisfy(record -> {
                    assertThat(record.key().entity()).isNotNull();
                    assertThat(record.json()).isNotNull();
                });
            }
            List<Recovery> recovered = told(H2Persistence.recover(file, null).flux());
            if (recovered != null) {
                H2Persistence after = H2Persistence.file(file);
                assertThat(told(after.open(SERVER).thenMany(Flux.defer(() -> after.load("p1")))))
                        .as("what was recovered is read")
                        .isNotNull();
                told(after.close().thenMany(Flux.empty()));
            }
        } finally {
            delete(folder);
        }
    }

    /** {@return what came, or {@code null} if a failure was told} */
    private static <T> @Nullable List<T> told(Flux<T> work) {
        return work.collectList()
                .onErrorResume(PersistenceException.class, refused -> Mono.empty())
                // H2 takes a length that is damaged for true, and asks for so much memory.
                .onErrorResume(OutOfMemoryError.class, told -> Mono.empty())
                .block(BOUND);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
