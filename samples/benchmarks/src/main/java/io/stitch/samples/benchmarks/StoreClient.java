package io.stitch.samples.benchmarks;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;

import java.time.Duration;

/** What is measured: a store with one subscriber to the events of its active scope. */
final class StoreClient implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final StitchStore store;

    private StoreClient(StitchStore store) {
        this.store = store;
    }

    static StoreClient connected(String url) {
        StoreClient client = started(url);
        client.store.connection().filter(ConnectionStatus::isConnected).blockFirst(LIMIT);
        return client;
    }

    /** A store that finds nobody where it tries to connect. */
    static StoreClient offline() {
        // A reserved port: nothing listens there.
        return started("mqtt://127.0.0.1:1");
    }

    private static StoreClient started(String url) {
        StitchStore store = StitchStore.builder()
                .schema(Workload.SCHEMA)
                .remote(RemoteOptions.to(url))
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
