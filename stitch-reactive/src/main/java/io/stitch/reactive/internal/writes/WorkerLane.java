package io.stitch.reactive.internal.writes;

import reactor.core.scheduler.Scheduler;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Brings values from any thread to the store's worker, in order and as many at a time as are there: a task for each would cost
 * more than what most of them do. What waits here is bounded by those who submit and wait for an answer.
 *
 * @param <T> the type of a value
 */
public final class WorkerLane<T> {
    private static final int BATCH = 256;

    private final Queue<T> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger work = new AtomicInteger();
    private final Scheduler serial;
    private final Consumer<List<T>> consumer;
    private final BiConsumer<T, Throwable> refuser;
    private volatile boolean closed;

    /**
     * Makes a lane.
     *
     * @param serial the worker
     * @param consumer takes the values on the worker, at least one at a time
     * @param refuser hears of a value that comes too late, on any thread
     */
    public WorkerLane(Scheduler serial, Consumer<List<T>> consumer, BiConsumer<T, Throwable> refuser) {
        this.serial = serial;
        this.consumer = consumer;
        this.refuser = refuser;
    }

    /**
     * Hands over a value. Any thread; on the worker, too, it is taken later and not at once.
     *
     * @param value the value
     */
    public void submit(T value) {
        queue.add(value);
        if (closed) {
            refuse();
        } else if (work.getAndIncrement() == 0) {
            schedule();
        }
    }

    /** Takes nothing any more. */
    public void close() {
        closed = true;
        refuse();
    }

    private void schedule() {
        try {
            serial.schedule(this::drain);
        } catch (RejectedExecutionException workerEnded) {
            close();
        }
    }

    private void drain() {
        int seen = work.get();
        List<T> batch = new ArrayList<>();
        T next;
        while (batch.size() < BATCH && (next = queue.poll()) != null) {
            batch.add(next);
        }
        try {
            if (!batch.isEmpty()) {
                consumer.accept(batch);
            }
        } finally {
            // The worker turns to its other tasks in between.
            if (!queue.isEmpty() || !work.compareAndSet(seen, 0)) {
                schedule();
            }
        }
    }

    private void refuse() {
        T late;
        while ((late = queue.poll()) != null) {
            refuser.accept(
                    late, new RejectedExecutionException("The store has been closed: nothing is written any more."));
        }
    }
}
