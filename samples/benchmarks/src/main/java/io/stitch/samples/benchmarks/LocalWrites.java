package io.stitch.samples.benchmarks;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchMetrics;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.spi.StoreObserver;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Writes of a store that never connects: each is applied to memory, emitted to a subscriber and queued. A store takes 100 000
 * pending writes, so each measurement has a new one. The writer runs on the store's worker, so that all of it is one thread's work.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
public class LocalWrites {
    static final int WRITES = 50_000;

    private static final int TASKS = 1_000;
    private static final int AT_ONCE = 256;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** What watches the store: nothing, Micrometer's meters, or an observation around each write as well. */
    @Param("NOBODY")
    public Watcher watcher = Watcher.NOBODY;

    private final WritePlan plan = new WritePlan(TASKS, WRITES, AT_ONCE);
    private @Nullable Scheduler worker;
    private @Nullable StitchStore store;
    private @Nullable Scope scope;
    private int updates;
    private int results;
    private long processorNanos;

    /** For JMH. */
    public LocalWrites() {}

    /** Who watches the store. Only the first is part of the results; the others are asked for with {@code -p}. */
    public enum Watcher {
        /** Nobody. */
        NOBODY,
        /** Meters in memory. */
        METERS,
        /** Meters, and an observation around each write that a handler hears of. */
        TRACES;

        StoreObserver observer() {
            StitchMetrics meters = StitchMetrics.to(new SimpleMeterRegistry());
            return switch (this) {
                case NOBODY -> StoreObserver.NONE;
                case METERS -> meters.observer();
                case TRACES -> {
                    ObservationRegistry registry = ObservationRegistry.create();
                    registry.observationConfig().observationHandler(new ObservationHandler<>() {
                        @Override
                        public boolean supportsContext(Observation.Context context) {
                            return true;
                        }
                    });
                    yield meters.andTracesTo(registry).observer();
                }
            };
        }
    }

    /** What the worker's core did, whatever else ran on the machine. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(org.openjdk.jmh.annotations.Scope.Thread)
    public static class Processor {
        /** The processor time that the worker took for one write, in nanoseconds. */
        public double nanosPerWrite;

        /** For JMH. */
        public Processor() {}
    }

    /** Makes a store with tasks. */
    @Setup(Level.Invocation)
    public void open() {
        Scheduler one = Schedulers.newSingle("stitch-store", true);
        StitchStore opened = StitchStore.builder()
                .schema(Workload.SCHEMA)
                .remote(RemoteOptions.to("mqtt://127.0.0.1:1"))
                .connector(request -> Mono.never())
                .scheduler(one)
                .observer(watcher.observer())
                .build();
        opened.start().block(LIMIT);
        Scope opening = opened.replaceScope(Workload.scope(TASKS));
        opened.batch(Flux.fromStream(Workload.tasks(TASKS)).map(task -> opening.create(Workload.TASK, task)))
                .blockLast(LIMIT);
        opening.events()
                .filter(event -> event.operation() == RecordEvent.Operation.UPDATED)
                .subscribe(event -> updates++);
        updates = 0;
        results = 0;
        worker = one;
        store = opened;
        scope = opening;
    }

    /**
     * Writes.
     *
     * @param processor takes the processor time
     * @throws InterruptedException if it is interrupted
     */
    @Benchmark
    @OperationsPerInvocation(WRITES)
    public void apply(Processor processor) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        Objects.requireNonNull(worker).schedule(() -> {
            processorNanos = -processorTime();
            writeFrom(0, done);
        });
        if (!done.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("Only %d of %d writes were done.".formatted(results, WRITES));
        }
        processor.nanosPerWrite = (double) processorNanos / WRITES;
    }

    private static long processorTime() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    /** Writes some and then lets the worker take them, as a writer does that waits for results now and then. */
    private void writeFrom(int first, CountDownLatch done) {
        for (int i = first; i < Math.min(first + AT_ONCE, WRITES); i++) {
            Objects.requireNonNull(scope)
                    .update(Workload.TASK, plan.id(i), Patch.of("title", plan.title(i)))
                    .subscribe(task -> {
                        if (++results == WRITES) {
                            processorNanos += processorTime();
                            done.countDown();
                        }
                    });
        }
        if (first + AT_ONCE < WRITES) {
            Objects.requireNonNull(worker).schedule(() -> writeFrom(first + AT_ONCE, done));
        }
    }

    /** Checks that each write was emitted, and ends the store. */
    @TearDown(Level.Invocation)
    public void close() {
        Objects.requireNonNull(store).close().block(LIMIT);
        Objects.requireNonNull(worker).dispose();
        if (updates != WRITES) {
            throw new IllegalStateException("The subscriber saw %d of %d writes.".formatted(updates, WRITES));
        }
    }
}
