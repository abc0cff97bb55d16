package io.stitch.samples.benchmarks;

import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What scopes cost a store's worker while many writes of another one wait for the server: opening them, and beginning to sync them all
 * after a connect. In processor time of the worker, with a broker that is in memory.
 *
 * @param writes how many writes wait
 * @param scopes how many scopes are opened
 * @param rounds how often
 */
record ManyPending(int writes, int scopes, Rounds rounds) implements Scenario {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Limit OPEN_LIMIT_MS = Limit.atMost(150);
    private static final Limit RECONNECT_LIMIT_MS = Limit.atMost(500);

    private record Times(double open, double reconnect) {}

    @Override
    public String name() {
        return "writes/pending-" + writes;
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    @Override
    public List<Figure> measure(String serverUrl) {
        List<Times> times = rounds.run(round -> round());
        return List.of(
                new Figure(
                        name() + "/open-" + scopes + "-scopes",
                        Sample.of(times, Times::open),
                        "ms",
                        OPEN_LIMIT_MS,
                        "of the worker's processor time, offline"),
                new Figure(
                        name() + "/reconnect",
                        Sample.of(times, Times::reconnect),
                        "ms",
                        RECONNECT_LIMIT_MS,
                        "of the worker's processor time, until %d scopes were asked for and writes are under way"
                                .formatted(scopes)));
    }

    private Times round() {
        Scheduler worker = Schedulers.newSingle("stitch-store", true);
        MuteBroker broker = new MuteBroker(scopes + 1);
        StitchStore store = StitchStore.builder()
                .schema(Workload.SCHEMA)
                .remote(RemoteOptions.to("mqtt://127.0.0.1:1"))
                .connector(broker)
                .scheduler(worker)
                .build();
        try {
            store.start().block(LIMIT);
            fill(store.openScope(Workload.scope(writes)));
            long thread = threadOf(worker);
            long start = nanos(thread);
            for (int i = 0; i < scopes; i++) {
                store.openScope("empty-" + i);
            }
            store.retryParked().block(LIMIT); // Nothing is parked: this has its turn when the scopes are open.
            long open = nanos(thread);
            broker.accept(LIMIT);
            store.retryParked().block(LIMIT);
            long connected = nanos(thread);
            return new Times((open - start) / 1e6, (connected - open) / 1e6);
        } catch (InterruptedException e) {
            throw new IllegalStateException("The measurement was interrupted.", e);
        } finally {
            store.close().block(LIMIT);
            worker.dispose();
        }
    }

    private void fill(Scope scope) {
        Flux.fromStream(() -> Workload.tasks(writes))
                .flatMap(task -> scope.create(Workload.TASK, task).result(), 1_000)
                .blockLast(LIMIT);
    }

    private static long threadOf(Scheduler worker) {
        CompletableFuture<Long> id = new CompletableFuture<>();
        worker.schedule(() -> id.complete(Thread.currentThread().getId()));
        return id.join();
    }

    private static long nanos(long thread) {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread);
    }
}
