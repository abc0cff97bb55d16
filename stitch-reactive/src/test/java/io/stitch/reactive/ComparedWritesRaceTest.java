package io.stitch.reactive;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.List;
import java.util.Objects;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** Two who decide by the same version at the same time, on real threads, a real broker and a real server. */
class ComparedWritesRaceTest {
    private static final int ROUNDS = 500;

    @Test
    void ofTwoWritesAtOneVersionExactlyOneIsDone() {
        try (StitchServer server =
                StitchServer.start(StitchServerOptions.builder().build())) {
            StitchStore ada = Board.connect(server, "ada");
            StitchStore ben = Board.connect(server, "ben");
            Board.seedProject(server, "p1", 1);
            Scope hers = ada.replaceScope("p1");
            Scope his = ben.replaceScope("p1");
            String id = Objects.requireNonNull(Board.tasks(hers, 1).block(LIMIT))
                    .get(0)
                    .id();
            Board.tasks(his, 1).block(LIMIT);

            long version = hers.version(TASK, id).orElseThrow();
            for (int i = 0; i < ROUNDS; i++) {
                List<String> ends = Objects.requireNonNull(Flux.merge(
                                end("ada", hers.updateIf(TASK, id, version, Patch.of("title", "ada " + i))),
                                end(
                                        "ben",
                                        his.updateIf(
                                                TASK,
                                                id,
                                                version,
                                                Patch.of("title", "ben " + i),
                                                i % 2 == 0 ? WhenOffline.FAIL : WhenOffline.QUEUE)))
                        .collectList()
                        .block(LIMIT));

                String won = ends.stream()
                        .filter(each -> each.endsWith("SYNCED"))
                        .map(each -> each.substring(0, 3))
                        .findFirst()
                        .orElse("nobody");
                assertThat(ends)
                        .as("round %d at version %d", i, version)
                        .containsExactlyInAnyOrder(
                                won + " SYNCED", (won.equals("ada") ? "ben" : "ada") + " PRECONDITION_FAILED");
                assertThat(server.record("task", id).orElseThrow().path("title").asString())
                        .isEqualTo(won + " " + i);
                version++;
                assertThat(server.record("task", id)
                                .orElseThrow()
                                .path("_version")
                                .asLong())
                        .isEqualTo(version);
            }
            Board.close(ada, ben);
        }
    }

    private static Mono<String> end(String who, Mutation<?> mutation) {
        return mutation.result()
                .map(result -> who + ' ' + result.status())
                .onErrorResume(RequestRefusedException.class, refused -> Mono.just(who + ' ' + refused.reason()));
    }
}
