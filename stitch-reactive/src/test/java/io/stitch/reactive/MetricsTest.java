package io.stitch.reactive;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.stitch.reactive.spi.Persistence;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** What a store shows on Micrometer, in virtual time. */
class MetricsTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final ModelServer server = ModelServer.ofNew();
    private final List<StitchStore> opened = new ArrayList<>();
    private Persistence persistence = Persistence.none();

    @AfterEach
    void closeStores() {
        opened.forEach(store -> store.close().subscribe());
        time.advanceTime();
        time.dispose();
    }

    private StitchStore store() {
        return store(StitchMetrics.to(registry));
    }

    private StitchStore store(StitchMetrics metrics) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .scheduler(time)
                .connector(server.broker)
                .persistence(persistence)
                .observer(metrics.observer())
                .build();
        opened.add(store);
        store.start().subscribe();
        time.advanceTime();
        return store;
    }

    private Scope scope(StitchStore store) {
        Scope scope = store.openScope("p1");
        time.advanceTime();
        return scope;
    }

    private void create(Scope scope, String id) {
        scope.create(TASK, new Task(id, "p1", "one")).subscribe(task -> {}, error -> {});
        time.advanceTime();
    }

    private void deliver(String operation, String payload) {
        server.broker.deliver("$DB/project/p1/task/events/" + operation, payload.replace('\'', '"'));
        time.advanceTime();
    }

    private double count(String name, String... tags) {
        return registry.get(name).tags(tags).counter().count();
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    @Test
    void eventsAreCountedByEntityOperationAndOrigin() {
        Scope scope = scope(store());

        create(scope, "t1");
        deliver("created", "{'id':'t2','data':{'id':'t2','projectId':'p1','_version':1}}");
        scope.delete(TASK, "t2").subscribe();
        time.advanceTime();

        assertThat(count("stitch.events", "entity", "task", "operation", "created", "origin", "local"))
                .isEqualTo(1);
        assertThat(count("stitch.events", "entity", "task", "operation", "created", "origin", "remote"))
                .isEqualTo(1);
        assertThat(count("stitch.events", "entity", "task", "operation", "deleted", "origin", "local"))
                .isEqualTo(1);
    }

    @Test
    void whatASlowSubscriberSkipsIsCounted() {
        Scope scope = scope(store());
        scope.events().subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                // Asks for nothing.
            }
        });
        time.advanceTime();

        create(scope, "t1");
        scope.update(TASK, "t1", Patch.of("title", "two")).subscribe();
        time.advanceTime();

        assertThat(count("stitch.conflations")).isPositive();
    }

    @Test
    void whatIsDroppedIsCountedByReasonAsOnTheStoreItself() {
        StitchStore store = store();
        scope(store);

        deliver("created", "no JSON");
        deliver("created", "{'id':'t1','data':{'id':'t1','projectId':'p1','_version':2}}");
        deliver("updated", "{'id':'t1','data':{'id':'t1','projectId':'p1','_version':1}}");

        assertThat(store.diagnosticCounts())
                .containsEntry(DiagnosticCode.MALFORMED_JSON, 1L)
                .containsEntry(DiagnosticCode.OUTDATED, 1L)
                .allSatisfy((code, count) -> assertThat(count("stitch.diagnostics", "code", code.name()))
                        .isEqualTo((double) count));
        assertThat(count("stitch.diagnostics", "code", "FORGED")).isZero();
    }

    @Test
    void pendingWritesAndOpenScopesAreGauges() {
        StitchStore store = store();
        Scope scope = scope(store);
        server.loseRequestsTo("create");

        create(scope, "t1");
        create(scope, "t2");
        assertThat(gauge("stitch.writes.pending")).isEqualTo(2);
        assertThat(gauge("stitch.scopes.open")).isEqualTo(1);

        Scope again = store.openScope("p1");
        store.openScope("p2");
        scope.close();
        time.advanceTime();
        assertThat(gauge("stitch.scopes.open")).isEqualTo(2);
        again.close();
        server.heal();
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(gauge("stitch.scopes.open")).isEqualTo(1);
        assertThat(gauge("stitch.writes.pending")).isZero();
    }

    @Test
    void requestsAreTimedByWhatTheyAskForAndHowTheyEnd() {
        StitchStore store = store();
        Scope scope = scope(store);

        create(scope, "t1");
        server.holdReplies();
        store.read(TASK, "t1").subscribe();
        time.advanceTimeBy(Duration.ofMillis(30));
        server.releaseReplies();
        server.refuse(403, "not yours");
        create(scope, "t2");
        server.heal();
        server.loseRequestsTo("list");
        store.list(TASK, ListQuery.all()).subscribe(list -> {}, error -> {});
        time.advanceTimeBy(Duration.ofSeconds(10));

        assertThat(requests("create", "ok")).isEqualTo("1 in 0 ms");
        assertThat(requests("read", "ok")).isEqualTo("1 in 30 ms");
        assertThat(requests("create", "refused")).isEqualTo("1 in 0 ms");
        assertThat(requests("list", "timeout")).isEqualTo("1 in 10000 ms");
    }

    @Test
    void requestsThatNobodyWaitsForAndThoseThatALostConnectionEndsAreToldApart() {
        StitchStore store = store();
        server.loseRequestsTo("list");

        store.list(TASK, ListQuery.all()).timeout(Duration.ofMillis(5), time).subscribe(list -> {}, error -> {});
        time.advanceTimeBy(Duration.ofMillis(5));
        store.list(TASK, ListQuery.all()).subscribe(list -> {}, error -> {});
        time.advanceTime();
        server.broker.end(0x8B);
        time.advanceTime();

        assertThat(requests("list", "cancelled")).isEqualTo("1 in 5 ms");
        assertThat(requests("list", "connection_lost")).isEqualTo("1 in 0 ms");
    }

    private String requests(String operation, String outcome) {
        var timer = registry.get("stitch.requests")
                .tags("operation", operation, "outcome", outcome)
                .timer();
        return "%d in %.0f ms".formatted(timer.count(), timer.totalTime(TimeUnit.MILLISECONDS));
    }

    @Test
    void hellosAndWhatTheyBringAreCounted() {
        scope(store());

        deliver("created", "{'id':'t1','sender':'__server_replay__','data':{'id':'t1','projectId':'p1','_version':1}}");
        deliver("created", "{'id':'t1','sender':'__server_replay__','data':{'id':'t1','projectId':'p1','_version':1}}");
        deliver("created", "{'id':'t2','sender':'ada','data':{'id':'t2','projectId':'p1','_version':1}}");

        assertThat(count("stitch.hellos")).isEqualTo(1);
        assertThat(count("stitch.replays")).isEqualTo(1);
    }

    @Test
    void connectionsAndReconnectionsAreCountedAndTheStateIsAGauge() {
        assertThat(registry.find("stitch.connected").gauge()).isNull();
        store();
        assertThat(gauge("stitch.connected")).isEqualTo(1);

        server.broker.unreachable(1);
        server.broker.end(0x8B);
        time.advanceTime();
        assertThat(gauge("stitch.connected")).isZero();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(gauge("stitch.connected")).isEqualTo(1);
        assertThat(count("stitch.connects", "again", "false")).isEqualTo(1);
        assertThat(count("stitch.connects", "again", "true")).isEqualTo(1);
        assertThat(count("stitch.disconnects")).isEqualTo(1);
    }

    @Test
    void batchesForThePersistenceAreTimedAndMeasured() {
        SlowDisk disk = new SlowDisk(new InMemoryPersistence());
        persistence = disk;
        Scope scope = scope(store());
        double before = registry.get("stitch.persistence.changes").summary().totalAmount();

        create(scope, "t1");
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(registry.get("stitch.persistence.batches")
                        .tag("outcome", "kept")
                        .timer()
                        .count())
                .isPositive();
        assertThat(registry.get("stitch.persistence.changes").summary().totalAmount())
                .isGreaterThan(before);
    }

    @Test
    void storesThatShareARegistryAreToldApartByATagAndTakeTheirGaugesAlong() {
        StitchStore orders = store(StitchMetrics.to(registry).tag("store", "orders"));
        scope(orders);
        scope(orders).close();
        store(StitchMetrics.to(registry).tag("store", "board"));

        assertThat(registry.get("stitch.scopes.open")
                        .tag("store", "orders")
                        .gauge()
                        .value())
                .isEqualTo(1);
        assertThat(registry.get("stitch.scopes.open")
                        .tag("store", "board")
                        .gauge()
                        .value())
                .isZero();
        orders.close().subscribe();
        time.advanceTime();
        assertThat(registry.find("stitch.scopes.open").tag("store", "orders").gauge())
                .isNull();
        assertThat(registry.find("stitch.scopes.open").tag("store", "board").gauge())
                .isNotNull();
    }

    @Test
    void noTagHasAValueThatARecordBrings() {
        StitchStore store = store();
        Scope scope = scope(store);
        create(scope, "t1");
        store.request("task/t1/whatever", io.stitch.reactive.internal.wire.Json.object())
                .subscribe(data -> {}, error -> {});
        deliver("created", "{'id':'t3','data':{'id':'t3','projectId':'p1','_version':1}}");
        server.broker.deliver("$DB/project/p9/task/events/created", "{}");
        time.advanceTimeBy(Duration.ofSeconds(20));

        Set<String> values = registry.getMeters().stream()
                .map(Meter::getId)
                .flatMap(id -> id.getTags().stream())
                .map(Tag::getValue)
                .collect(Collectors.toSet());
        assertThat(values)
                .noneMatch(value -> value.contains("t1") || value.contains("t3") || value.contains("p1"))
                .doesNotContain(store.clientId());
    }
}
