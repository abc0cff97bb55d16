package io.stitch.reactive;

import io.stitch.server.Feature;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.test.StepVerifier;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** Whatever of its features a server has, a scope is whole after it was opened, after a cut, and after writes while it was away. */
class HelloFeaturesTest {
    private static final int TASKS = 60;
    private static final List<Feature> OF_HELLOS =
            List.of(Feature.ANSWERS, Feature.DIGEST, Feature.EVENT_COUNT, Feature.DIRECT_REPLAY);

    /** A server that is compared with soon again where nothing says that it is in sync. */
    private static final ServerSync MODE = ServerSync.builder()
            .helloSpacing(Duration.ofMillis(100))
            .quietPeriod(Duration.ofMillis(200))
            .build();

    private record Server(String name, UnaryOperator<StitchServerOptions.Builder> with) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Server> servers() {
        Stream<Server> combinations = IntStream.range(0, 1 << OF_HELLOS.size())
                .mapToObj(bits -> {
                    Set<Feature> some = EnumSet.noneOf(Feature.class);
                    for (int i = 0; i < OF_HELLOS.size(); i++) {
                        if ((bits >> i & 1) == 1) {
                            some.add(OF_HELLOS.get(i));
                        }
                    }
                    return some;
                })
                .filter(some -> some.contains(Feature.ANSWERS) || !some.contains(Feature.DIGEST))
                .map(some -> new Server(some.toString(), options -> options.features(some)));
        return Stream.concat(
                combinations,
                Stream.of(
                        new Server("plain", StitchServerOptions.Builder::plain),
                        new Server("legacy", options -> options.legacy(true))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("servers")
    void aScopeIsWholeAfterEverythingThatHappenedWithoutIt(Server kind) {
        StitchServerOptions options = kind.with()
                .apply(StitchServerOptions.builder().helloSpacing(Duration.ofMillis(50)))
                .build();
        try (var server = StitchServer.start(options)) {
            Board.seedProject(server, "p1", TASKS);
            StitchStore store =
                    Board.connect(Board.store(server.url()).clientId("ada").syncMode(MODE));
            Scope scope = store.openScope("p1");
            StepVerifier.create(Board.tasks(scope, TASKS))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);

            store.disconnect().block(LIMIT);
            server.put("task", "{\"id\":\"p1-t000007\",\"title\":\"changed\"}");
            server.put("task", "{\"id\":\"added\",\"projectId\":\"p1\",\"title\":\"added\"}");
            server.delete("task", "p1-t000009");
            scope.update(TASK, "p1-t000011", Patch.of("title", "offline")).block(LIMIT);
            store.reconnect().block(LIMIT);

            store.pendingCount().filter(pending -> pending == 0).blockFirst(LIMIT);
            StepVerifier.create(scope.records(TASK)
                            .filter(tasks -> tasks.size() == TASKS
                                    && titles(tasks).containsAll(List.of("changed", "added", "offline")))
                            .next())
                    .assertNext(tasks -> assertThat(tasks)
                            .extracting(Board.Task::id)
                            .contains("added")
                            .doesNotContain("p1-t000009"))
                    .expectComplete()
                    .verify(LIMIT);

            server.put("task", "{\"id\":\"p1-t000001\",\"title\":\"live\"}");
            StepVerifier.create(scope.records(TASK)
                            .filter(tasks -> titles(tasks).contains("live"))
                            .next())
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            Board.close(store);
        }
    }

    private static List<String> titles(List<Board.Task> tasks) {
        return tasks.stream().map(Board.Task::title).toList();
    }
}
