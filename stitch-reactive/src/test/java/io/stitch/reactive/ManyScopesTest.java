package io.stitch.reactive;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

import java.util.List;
import java.util.stream.IntStream;

import static io.stitch.reactive.Board.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

/** A service holds hundreds of scopes in one store. */
class ManyScopesTest {
    private static final int SCOPES = 500;

    @Test
    void theFiveHundredthScopeCostsWhatTheFirstDidAndClosingFreesIt() {
        try (var server = StitchServer.start(StitchServerOptions.defaults())) {
            IntStream.range(0, SCOPES).forEach(i -> Board.seedProject(server, "p" + i, 2));
            StitchStore store = Board.connect(server, "service");
            List<Scope> scopes = IntStream.range(0, SCOPES)
                    .mapToObj(i -> store.openScope("p" + i))
                    .toList();

            StepVerifier.create(Flux.fromIterable(scopes).flatMap(scope -> Board.tasks(scope, 2), SCOPES))
                    .expectNextCount(SCOPES)
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(server.helloCount()).as("one hello for each scope").isEqualTo(SCOPES);
            assertThat(server.clientPublishes())
                    .as("and nothing else but the list of notes, however many are open already")
                    .hasSize(SCOPES + 1);

            scopes.subList(1, SCOPES).forEach(Scope::close);
            StepVerifier.create(Flux.fromIterable(scopes.subList(1, SCOPES)).flatMap(Scope::events))
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(scopes.get(1).snapshot(Board.TASK)).isEmpty();
            server.put("task", "{\"id\":\"unseen\",\"projectId\":\"p1\",\"title\":\"its scope is closed\"}");
            server.put("task", "{\"id\":\"seen\",\"projectId\":\"p0\",\"title\":\"its scope is open\"}");
            StepVerifier.create(Board.tasks(scopes.get(0), 3))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            Board.close(store);
        }
    }
}
