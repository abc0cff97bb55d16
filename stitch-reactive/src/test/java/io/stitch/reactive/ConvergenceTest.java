package io.stitch.reactive;

import io.stitch.server.EntitySchema;
import io.stitch.server.ForeignKey.OnDelete;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

import java.time.Duration;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** Events are hints; the manifest and the listing are the truth (protocol section 4.7). */
class ConvergenceTest {
    private static final ServerSync IMPATIENT = ServerSync.builder()
            .helloSpacing(Duration.ofMillis(50))
            .quietPeriod(Duration.ofMillis(200))
            .build();

    @Test
    void aReplayThatOverflowedTheBrokersQueueIsCompletedByRepeatedHellos() {
        int count = 5_000;
        var options = StitchServerOptions.builder()
                .queueSize(100)
                .replayWindow(count)
                .helloSpacing(Duration.ofMillis(1))
                .build();
        try (var server = StitchServer.start(options)) {
            Board.seedProject(server, "p1", count);
            StitchStore store =
                    Board.connect(Board.store(server.url()).clientId("ada").syncMode(IMPATIENT));

            StepVerifier.create(Board.tasks(store.replaceScope("p1"), count))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);

            assertThat(server.publishedCount())
                    .as("some were published twice, because some had been lost")
                    .isGreaterThan(count + 1);
            assertThat(server.helloCount()).isGreaterThan(1);
            Board.close(store);
        }
    }

    @Test
    void anOldServersListsComeThroughWholeThoughItCutsThem() {
        int count = 25_000;
        try (var server =
                StitchServer.start(StitchServerOptions.builder().legacy(true).build())) {
            Board.seedProject(server, "p1", count);
            Board.seedProject(server, "p2", 10);
            StitchStore store = Board.connect(server, "ada");

            StepVerifier.create(Board.tasks(store.replaceScope("p1"), count))
                    .assertNext(tasks -> assertThat(tasks)
                            .extracting(Board.Task::id)
                            .isSorted()
                            .doesNotHaveDuplicates())
                    .expectComplete()
                    .verify(LIMIT);
            Board.close(store);
        }
    }

    @Test
    void eventsThatAnOldServerStopsSendingAreFoundByListing() {
        var options = StitchServerOptions.builder()
                .legacy(true)
                .legacyBurst(10)
                .schema(EntitySchema.of("task").withForeignKey("projectId", "project", OnDelete.CASCADE))
                .build();
        var mode = ServerSync.builder().echoTimeout(Duration.ofMillis(200)).build();
        try (var server = StitchServer.start(options)) {
            Board.seedProject(server, "p1", 3);
            StitchStore ada =
                    Board.connect(Board.store(server.url()).clientId("ada").syncMode(mode));
            Scope scope = ada.replaceScope("p1");
            StepVerifier.create(Board.tasks(scope, 3))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            // What a real server did after a root with 2 500 children was deleted: no events from then on.
            Board.seedProject(server, "large", 100);
            server.delete("project", "large");
            server.put("task", "{\"id\":\"unheard\",\"projectId\":\"p1\",\"title\":\"of another client\"}");

            StepVerifier.create(scope.create(TASK, new Board.Task("own", "p1", "no echo comes"))
                            .then(Board.tasks(scope, 5)))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            Board.close(ada);
        }
    }
}
