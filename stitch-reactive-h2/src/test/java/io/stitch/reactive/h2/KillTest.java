package io.stitch.reactive.h2;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;

/** A process that is killed in the middle of writing loses nothing that it has reported as written. */
class KillTest {
    record Project(String id, String name) {}

    record Task(String id, String projectId, String title, int round) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final int KILLS = 50;
    private static final int KILLS_OF_A_DATABASE = 10;
    private static final int WRITES_AT_ONCE = 16;

    @TempDir
    Path folder;

    static StitchStore store(Path file) {
        return StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtt://127.0.0.1"))
                .connector(request -> Mono.error(
                        new TransportException(TransportException.Kind.CONNECT_FAILED, -1, "unreachable", null)))
                .maxPendingWrites(1_000_000)
                .persistence(H2Persistence.file(file))
                .build();
    }

    /** Writes as much as it is told if it is left alive, and prints each write that the store says is queued. */
    static final class Writer {
        public static void main(String[] arguments) {
            StitchStore store = store(Path.of(arguments[0]));
            String run = arguments[1];
            store.start().block();
            Scope scope = store.replaceScope("p1");
            System.out.println("started");
            Flux.range(0, Integer.parseInt(arguments[2]))
                    .flatMap(i -> write(scope, run + "-" + i), WRITES_AT_ONCE, 1)
                    .blockLast();
            store.close().block();
        }

        private static Mono<Void> write(Scope scope, String id) {
            return scope.create(TASK, new Task(id, "p1", "title of " + id, 1))
                    .result()
                    .doOnNext(result -> report(id, 1, result))
                    .then(scope.update(TASK, id, Patch.of("round", 2)).result())
                    .doOnNext(result -> report(id, 2, result))
                    .then();
        }

        private static void report(String id, int round, MutationResult<Task> result) {
            if (result.status() == MutationResult.Status.QUEUED) {
                // One write, so that a kill leaves no half of a line that looks whole.
                System.out.print(id + " " + round + ".\n");
                System.out.flush();
            }
        }
    }

    @Test
    void everyAcknowledgedWriteIsThereAfterEachOfFiftyKills() throws Exception {
        Random random = new Random(20_261_124);
        ChildJvm.Fast writers = ChildJvm.Fast.after(
                folder,
                Writer.class,
                List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                folder.resolve("first").toString(),
                "first",
                "100");
        for (int round = 0; round < KILLS / KILLS_OF_A_DATABASE; round++) {
            Path file = folder.resolve("tasks" + round);
            Map<String, Integer> acknowledged = new HashMap<>();
            for (int kill = 0; kill < KILLS_OF_A_DATABASE; kill++) {
                try (ChildJvm child =
                        writers.run(Writer.class, file.toString(), "r" + kill, String.valueOf(Integer.MAX_VALUE))) {
                    hearAndKill(child, random.nextInt(100), acknowledged);
                }
            }
            check(file, acknowledged);
            assertThat(acknowledged.size()).isGreaterThan(KILLS_OF_A_DATABASE);
        }
    }

    private static void hearAndKill(ChildJvm child, int writes, Map<String, Integer> acknowledged) throws Exception {
        assertThat(child.line()).isEqualTo("started");
        for (int i = 0; i < writes; i++) {
            note(child.line(), acknowledged);
        }
        child.kill();
        String line = child.line();
        while (line != null) {
            note(line, acknowledged);
            line = child.line();
        }
    }

    private static void note(String line, Map<String, Integer> acknowledged) {
        if (line.endsWith(".")) {
            String[] parts = line.substring(0, line.length() - 1).split(" ", -1);
            acknowledged.merge(parts[0], Integer.valueOf(parts[1]), Math::max);
        }
    }

    private static void check(Path file, Map<String, Integer> acknowledged) {
        H2Persistence persistence = H2Persistence.file(file);
        Persistence.Opened kept = persistence.open(OpenRequest.of("server")).block();
        persistence.close().block();
        Map<String, List<JsonNode>> rows = new HashMap<>();
        for (PendingWrite write : kept.pending()) {
            assertThat(write.key().entity()).isEqualTo("task");
            rows.computeIfAbsent(write.key().id(), id -> new ArrayList<>())
                    .add(JsonMapper.shared().readTree(write.payload()));
        }
        acknowledged.forEach((id, round) ->
                assertThat(rows.getOrDefault(id, List.of())).as(id).hasSizeGreaterThanOrEqualTo(round));
        rows.forEach((id, payloads) -> {
            assertThat(payloads.get(0).path("title").asString()).as("whole").isEqualTo("title of " + id);
            assertThat(payloads).as("in order, and no more than was written").hasSizeLessThanOrEqualTo(2);
        });
        assertShown(file, rows);
    }

    /** What a store shows is what its pending rows say. */
    private static void assertShown(Path file, Map<String, List<JsonNode>> rows) {
        StitchStore store = store(file);
        store.start().block();
        Scope scope = store.replaceScope("p1");
        Map<String, Integer> shown = new HashMap<>();
        scope.records(TASK)
                .filter(tasks -> tasks.size() >= rows.size())
                .next()
                .blockOptional()
                .orElseThrow()
                .forEach(task -> shown.put(task.id(), task.round()));
        Map<String, Integer> expected = new HashMap<>();
        rows.forEach((id, payloads) -> expected.put(id, payloads.size()));
        assertThat(shown).isEqualTo(expected);
        store.close().block();
    }
}
