package io.stitch.samples.benchmarks;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.peer.PeerSync;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.SyncMode;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.Objects;

/** What is measured: a store with one subscriber to the events of its active scope. */
final class StoreClient implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final StitchStore store;

    private StoreClient(StitchStore store) {
        this.store = store;
    }

    static StoreClient connected(String url) {
        return connected(url, Persistence.none());
    }

    static StoreClient connected(String url, Persistence persistence) {
        return connected(started(url, ServerSync.create(), persistence));
    }

    /** A store in peer mode. */
    static StoreClient peer(String url) {
        return peer(url, Persistence.none());
    }

    static StoreClient peer(String url, PeerSync mode) {
        return connected(started(url, mode, Persistence.none()));
    }

    static StoreClient peer(String url, Persistence persistence) {
        return connected(started(url, PeerSync.create(), persistence));
    }

    private static StoreClient connected(StoreClient client) {
        client.store.connection().filter(ConnectionStatus::isConnected).blockFirst(LIMIT);
        return client;
    }

    /** A store that finds nobody where it tries to connect. */
    static StoreClient offline() {
        return offline(Persistence.none());
    }

    static StoreClient offline(Persistence persistence) {
        // A reserved port: nothing listens there.
        return started("mqtt://127.0.0.1:1", ServerSync.create(), persistence);
    }

    private static StoreClient started(String url, SyncMode mode, Persistence persistence) {
        StitchStore store = StitchStore.builder()
                .schema(Workload.SCHEMA)
                .remote(RemoteOptions.to(url))
                .syncMode(mode)
                .persistence(persistence)
                .build();
        store.start().block(LIMIT);
        return new StoreClient(store);
    }

    /** Opens a scope and waits until its last record has been delivered to the subscriber. */
    OpenTimes open(int tasks) {
        OpenTimes times = opening(tasks).await();
        int held = scope().childCount(Workload.TASK);
        if (held != tasks) {
            throw new IllegalStateException("The scope holds %d tasks instead of %d.".formatted(held, tasks));
        }
        return times;
    }

    /** Opens a scope, and nobody waits. */
    Arrivals opening(int tasks) {
        Arrivals arrivals = new Arrivals(tasks + 1);
        Scope scope = store.replaceScope(Workload.scope(tasks));
        arrivals.returned();
        scope.events().subscribe(event -> arrivals.came(1), arrivals::failed);
        return arrivals;
    }

    /** Opens a scope and writes all its records: among peers there is no server that could have them. */
    void fill(int tasks) {
        Scope scope = store.replaceScope(Workload.scope(tasks));
        store.batch(Flux.concat(
                        Mono.fromSupplier(() -> scope.create(Workload.PROJECT, unversioned(Workload.project(tasks)))),
                        Flux.fromStream(() -> Workload.tasks(tasks))
                                .map(task -> scope.create(Workload.TASK, unversioned(task)))))
                .doOnNext(StoreClient::requireSynced)
                .blockLast(LIMIT.plusMillis(tasks));
    }

    private static ObjectNode unversioned(ObjectNode record) {
        record.remove("_version");
        return record;
    }

    /** The scope that was opened last. */
    Scope scope() {
        return Objects.requireNonNull(store.activeScope().blockFirst(LIMIT), "open a scope first");
    }

    /** Opens a scope and waits for the first record: how long that took, in milliseconds. */
    double firstEvent(String id) {
        long start = System.nanoTime();
        store.replaceScope(id).events().blockFirst(LIMIT);
        return (System.nanoTime() - start) / 1e6;
    }

    /** Writes, each time as many at once as planned, and returns how many seconds it took until the server had all of them. */
    double write(WritePlan plan) {
        Scope scope = scope();
        long start = System.nanoTime();
        if (plan.inFlight() == 1) {
            for (int i = 0; i < plan.writes(); i++) {
                requireSynced(update(scope, plan, i).block(LIMIT));
            }
        } else {
            Flux.range(0, plan.writes())
                    .flatMap(i -> update(scope, plan, i), plan.inFlight())
                    .doOnNext(StoreClient::requireSynced)
                    .blockLast();
        }
        return (System.nanoTime() - start) / 1e9;
    }

    static Mono<MutationResult<ObjectNode>> update(Scope scope, WritePlan plan, int write) {
        return scope.update(Workload.TASK, plan.id(write), Patch.of("title", plan.title(write)))
                .result();
    }

    static void requireSynced(@Nullable MutationResult<?> result) {
        if (result == null || result.status() != MutationResult.Status.SYNCED) {
            throw new IllegalStateException("A write was not acknowledged: " + result);
        }
    }

    /** Writes one field of every task of the scope. */
    void edit(String field, String value) {
        Scope scope = scope();
        store.batch(Flux.fromIterable(scope.snapshot(Workload.TASK))
                        .map(task ->
                                scope.update(Workload.TASK, task.path("id").stringValue(), Patch.of(field, value))))
                .blockLast(LIMIT);
    }

    /** Waits until all tasks have both. */
    void awaitEdits(String title, String note, int tasks) {
        scope().records(Workload.TASK)
                .filter(held -> held.size() == tasks
                        && held.stream()
                                .allMatch(task -> task.path("title")
                                                .asString("")
                                                .equals(title)
                                        && task.path("note").asString("").equals(note)))
                .blockFirst(LIMIT);
    }

    void disconnect() {
        store.disconnect().block(LIMIT);
    }

    void reconnect() {
        store.reconnect().block(LIMIT);
        connected(this);
    }

    /** How long {@code replaceScope} takes to return, in milliseconds; nobody waits for the records. */
    double replace(String scope) {
        long start = System.nanoTime();
        store.replaceScope(scope);
        return (System.nanoTime() - start) / 1e6;
    }

    @Override
    public void close() {
        store.close().block(LIMIT);
    }
}
