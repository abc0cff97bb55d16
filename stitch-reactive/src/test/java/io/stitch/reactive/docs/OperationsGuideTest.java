package io.stitch.reactive.docs;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchMetrics;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.StitchStoreBuilder;
import io.stitch.reactive.docs.Refit.Task;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import static io.stitch.reactive.docs.Refit.LIMIT;
import static io.stitch.reactive.docs.Refit.NOWHERE;
import static io.stitch.reactive.docs.Refit.SCHEMA;
import static io.stitch.reactive.docs.Refit.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** The code of docs/operations.md, and that its table and its dashboard name the metrics that a store has. */
class OperationsGuideTest {
    private static final Path DOCS = Path.of("..", "docs");

    private final Map<DiagnosticCode, Integer> drops = new ConcurrentHashMap<>();

    // ---- the code of the guide ----

    private static StitchStore measured(StitchSchema schema, RemoteOptions remote, MeterRegistry meterRegistry) {
        StitchStore store = StitchStore.builder()
                .schema(schema)
                .remote(remote)
                .observer(StitchMetrics.to(meterRegistry).tag("store", "board").observer())
                .build();
        return store;
    }

    private static StitchMetrics traced(MeterRegistry meterRegistry, ObservationRegistry observationRegistry) {
        StitchMetrics metrics = StitchMetrics.to(meterRegistry).andTracesTo(observationRegistry);
        return metrics;
    }

    private StoreObserver counting() {
        StoreObserver observer = new StoreObserver() {
            @Override
            public void reported(DiagnosticCode code) {
                drops.merge(code, 1, Integer::sum);
            }
        };
        return observer;
    }

    // ---- that it does what the chapter says ----

    private static void work(StitchStore store) {
        store.start().block(LIMIT);
        store.connection().filter(ConnectionStatus::isConnected).blockFirst(LIMIT);
        Scope scope = store.openScope("apollo");
        scope.create(TASK, new Task("t1", "apollo", "Refit the gimbal", "Mara")).block(LIMIT);
    }

    private static StitchStoreBuilder builder(StitchServer server) {
        return StitchStore.builder()
                .schema(SCHEMA)
                .remote(RemoteOptions.to(server.url()))
                .persistence(new InMemoryPersistence());
    }

    @Test
    void theDashboardAsksForMetricsAndTagsThatARunningStoreHas() throws IOException {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            StitchStore store = builder(server)
                    .observer(StitchMetrics.to(registry).tag("store", "board").observer())
                    .build();
            work(store);
            String scraped = registry.scrape();
            store.close().block(LIMIT);

            JsonNode dashboard =
                    JsonMapper.shared().readTree(Files.readString(DOCS.resolve(Path.of("grafana", "stitch.json"))));
            Set<String> asked = new TreeSet<>();
            dashboard.findValuesAsString("expr").forEach(query -> {
                Set<String> names = found("stitch_[a-z_]+", query);
                asked.addAll(names);
                for (String name : names) {
                    assertThat(scraped).as("what Prometheus sees").containsPattern("(?m)^" + name + "\\{");
                    found("(?<=[{,] ?)[a-z]+(?==)|(?<=by \\()[a-z, ]+(?=\\))", query).stream()
                            .flatMap(tags -> Pattern.compile(", ").splitAsStream(tags))
                            .forEach(tag -> assertThat(scraped)
                                    .as("tag of " + name)
                                    .containsPattern("(?m)^" + name + "\\{[^}]*\\b" + tag + "="));
                }
            });
            assertThat(asked).hasSizeGreaterThan(12);
        }
    }

    private static Set<String> found(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toSet());
    }

    @Test
    void theTableHasEveryMeterWithItsTagsAndItsNameInPrometheus() throws IOException {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            StitchStore store = builder(server)
                    .observer(traced(registry, TestObservationRegistry.create()).observer())
                    .build();
            work(store);
            String chapter = Files.readString(DOCS.resolve("operations.md"));

            for (Meter meter : registry.getMeters()) {
                String name = meter.getId().getName();
                String tags = meter.getId().getTags().stream()
                        .map(Tag::getKey)
                        .map(tag -> '`' + tag + '`')
                        .collect(Collectors.joining(", "));
                assertThat(chapter.lines())
                        .as(name)
                        .anySatisfy(line -> assertThat(line)
                                .startsWith("| `" + name + "` |")
                                .contains(tags.isEmpty() ? "| |" : "| " + tags + " |")
                                .contains("`"
                                        + registry.config()
                                                .namingConvention()
                                                .name(
                                                        name,
                                                        meter.getId().getType(),
                                                        meter.getId().getBaseUnit())));
            }
            assertThat(found("(?<=\\| `)stitch\\.[a-z.]+(?=` \\|)", chapter))
                    .isEqualTo(registry.getMeters().stream()
                            .map(meter -> meter.getId().getName())
                            .collect(Collectors.toSet()));
            store.close().block(LIMIT);
        }
    }

    @Test
    void theLogCategoriesAreClassesThatLog() throws IOException, ClassNotFoundException {
        Set<String> categories =
                found("(?<=\\| `)io\\.stitch\\.[\\w.]+(?=` \\|)", Files.readString(DOCS.resolve("operations.md")));

        assertThat(categories).hasSize(3);
        for (String category : categories) {
            assertThat(Class.forName(category).getDeclaredFields())
                    .extracting(Field::getType)
                    .as(category)
                    .contains(Logger.class);
        }
    }

    @Test
    void anObserverOfOnesOwnIsTold() {
        StitchStore store = StitchStore.builder()
                .schema(SCHEMA)
                .remote(NOWHERE)
                .observer(counting())
                .autoConnect(false)
                .build();
        store.start().block(LIMIT);
        Scope scope = store.openScope("apollo");
        ObjectNode misfit =
                (ObjectNode) JsonMapper.shared().readTree("{\"id\":\"t1\",\"projectId\":\"apollo\",\"title\":[]}");
        scope.create(EntityType.json("task"), misfit).block(LIMIT);
        scope.records(TASK).blockFirst(LIMIT);
        store.close().block(LIMIT);

        assertThat(drops).containsEntry(DiagnosticCode.UNREADABLE_RECORD, 1);
    }

    @Test
    void aStoreWithMetricsNeedsNothingElse() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        StitchStore store = measured(SCHEMA, NOWHERE, registry);

        assertThat(registry.get("stitch.scopes.open")
                        .tag("store", "board")
                        .gauge()
                        .value())
                .isZero();
        store.close().block(LIMIT);
    }
}
