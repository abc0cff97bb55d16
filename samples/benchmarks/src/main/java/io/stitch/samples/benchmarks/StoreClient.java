package io.stitch.samples.benchmarks;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.persistence.Persistence;
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
        StoreClient client = started(url, persistence);
        client.store.connection().filter(ConnectionStatus::isConnected).blockFirst(LIMIT);
        return client;
    }

    /** A store that finds nobody where it tries to connect. */
    static StoreClient offline() {
        return offline(Persistence.none());
    }

    static StoreClient offline(Persistence persistence) {
        // A reserved port: nothing listens there.
        return started("mqtt://127.0.0.1:1", persistence);
    }

    private static StoreClient started(String url, Persistence persistence) {
        StitchStore store = StitchStore.builder()
                .schema(Workload.SCHEMA)
                .remote(RemoteOptions.to(url))
                .persistence(persistence)
                .build();
        store.start().block(LIMIT);
        return new StoreClient(store);
    }

    /** Opens a scope and waits until its last record has been delivered to the subscriber. */
    OpenTimes open(int tasks) {
        Arrivals arrivals = new Arrivals(tasks + 1);
        Scope scope = store.replaceScope(Workload.scope(tasks));
        arrivals.returned();
        scope.events().subscribe(event -> arrivals.came(1), arrivals::failed);
        OpenTimes times = arrivals.await();
        int held = scope.childCount(Workload.TASK);
        if (held != tasks) {
            throw new IllegalStateException("The scope holds %d tasks instead of %d.".formatted(held, tasks));
        }
        return times;
    }

    /** Opens a scope and waits for the first record: how long that took, in milliseconds. */
    double firstEvent(String id) {
        long start = System.nanoTime();
        store.replaceScope(id).events().blockFirst(LIMIT);
        return (System.nanoTime() - start) / 1e6;
    }

    /** Writes, each time as many at once as planned, and returns how many seconds it took until the server had all of them. */
    double write(WritePlan plan) {
        Scope scope = Objects.requireNonNull(store.activeScope().blockFirst(LIMIT), "open a scope first");
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

    private static Mono<MutationResult<ObjectNode>> update(Scope scope, WritePlan plan, int write) {
        return scope.update(Workload.TASK, plan.id(write), Patch.of("title", plan.title(write)))
                .result();
    }

    private static void requireSynced(@Nullable MutationResult<ObjectNode> result) {
        if (result == null || result.status() != MutationResult.Status.SYNCED) {
            throw new IllegalStateException("A write was not answered by the server: " + result);
        }
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
