package io.stitch.reactive.internal.intake;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.internal.intake.HeldBack.Placed;
import io.stitch.reactive.internal.writes.WriteRefusal;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Brings writes, and tasks that must not overtake them, from any thread to the store's worker, in the order in which they were handed over,
 * and as many in one turn as are there: a task for each would cost more than what most of them do.
 *
 * <p>One rule for what waits: whatever is about a set of records waits while that is being read from disk, and so does what comes after
 * it and is about the same. Until what was kept is restored, every set counts as being read. Others go on meanwhile.
 *
 * <p>Bounded: as many writes may wait here as may be pending, and some more; one beyond that is refused.
 */
public final class InOrder implements Scheduler {
    /** How many are taken in one turn: after that, the worker turns to its other tasks. */
    private static final int BATCH = 256;
    /** Records that go nowhere else are not counted once they are taken, but are while they wait. */
    private static final int MORE = 16_384;

    private final Scheduler serial;
    private final Taker taker;
    private final int bound;
    private final Queue<Submission> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger work = new AtomicInteger();
    private final AtomicInteger untaken = new AtomicInteger();
    private final HeldBack waiting = new HeldBack();
    private final Deque<Placed> freed = new ArrayDeque<>();
    private boolean restoring;
    private boolean anyFreed;
    private @Nullable Throwable unusable;
    private volatile boolean closed;

    /** Takes what was handed over. On the worker. */
    public interface Taker {
        /**
         * Takes writes.
         *
         * @param submission the writes
         */
        void take(Submission submission);

        /** A turn is over. */
        void taken();
    }

    /**
     * Begins to bring things to a worker.
     *
     * @param serial the store's worker
     * @param bound how many writes may be pending
     * @param restoring whether writes have to wait for what was kept
     * @param taker takes them
     */
    public InOrder(Scheduler serial, int bound, boolean restoring, Taker taker) {
        this.serial = serial;
        this.bound = bound;
        this.restoring = restoring;
        this.taker = taker;
    }

    // ---- what waits for what; on the worker ----

    /**
     * Has what is about a set of records wait while that is being read from disk.
     *
     * @param isLoading tells whether a set of records is being read
     */
    public void waitFor(Predicate<String> isLoading) {
        waiting.waitFor(isLoading);
    }

    /** What was kept is restored: what waited for it has its turn now. */
    public void restored() {
        restoring = false;
        unusable = null;
        loaded();
    }

    /**
     * What was kept could not be read: writes are refused until it could.
     *
     * @param why what they are refused with
     */
    public void unusable(Throwable why) {
        unusable = why;
        loaded();
    }

    /** A set of records was read, or will not be: what waited for it has its turn now. */
    public void loaded() {
        if (!waiting.isEmpty()) {
            anyFreed = true;
            if (!wake()) {
                refuseAll();
            }
        }
    }

    private void free() {
        anyFreed = false;
        for (Placed next : waiting.release()) {
            if (mustWait(next)) {
                waiting.hold(next);
            } else {
                freed.add(next);
            }
        }
    }

    private boolean mustWait(Placed next) {
        if (next.submission().scopes().isEmpty()) {
            return false;
        }
        return restoring ? unusable == null : waiting.mustWait(next);
    }

    /**
     * Waits for what was handed over before, and for what of it waits for its records. Any thread.
     *
     * @return completes at once if there is nothing of that, else on the worker in a turn of its own, when all was taken or refused
     */
    public Mono<Void> taken() {
        return Mono.defer(() -> {
            boolean idle = closed || (work.get() == 0 && untaken.get() == 0);
            // Not in the turn that takes the last: what it did is counted at its end.
            return idle
                    ? Mono.empty()
                    : Mono.defer(this::heldTaken).subscribeOn(this).publishOn(serial);
        });
    }

    /** A marker for each set of records, which makes no other set wait for it. */
    private Mono<Void> heldTaken() {
        return Mono.when(waiting.scopes().stream()
                .map(scope -> Mono.<Void>create(
                        sink -> waiting.hold(waiting.place(Submission.of(sink::success, List.of(scope))))))
                .toList());
    }

    // ---- from any thread to the worker ----

    /**
     * Hands something over. Any thread; on the worker, too, it has its turn later and not at once.
     *
     * @param submission what is handed over
     * @throws RejectedExecutionException if it is a task, and the store has ended
     */
    public void submit(Submission submission) {
        int writes = submission.writes().size();
        if (untaken.addAndGet(writes) > bound + MORE) {
            untaken.addAndGet(-writes);
            submission.fail(WriteRefusal.queueFull(bound));
            return;
        }
        queue.add(submission);
        if (closed) {
            if (queue.remove(submission)) { // Otherwise the worker has taken it, the last one of all.
                refuse(submission);
            }
        } else if (!wake()) {
            boolean untaken = queue.remove(submission); // It may have been taken just before the worker ended.
            refuseRest();
            if (untaken) {
                refuse(submission);
            }
        }
    }

    /** {@return whether there is still a worker to wake} */
    private boolean wake() {
        return work.getAndIncrement() != 0 || turn();
    }

    private boolean turn() {
        try {
            serial.schedule(this::drain);
            return true;
        } catch (RejectedExecutionException workerEnded) {
            closed = true;
            return false;
        }
    }

    /** On the worker, which ends after this turn: nothing gets another one. */
    private void refuseAll() {
        refuseRest();
        freed.forEach(late -> late.submission().fail(closed()));
        freed.clear();
        waiting.release().forEach(late -> late.submission().fail(closed()));
    }

    private void refuseRest() {
        Submission late;
        while ((late = queue.poll()) != null) {
            late.fail(closed()); // Whoever waits for a task is told by the store that it has ended.
        }
    }

    private void drain() {
        int seen = work.get();
        try {
            if (anyFreed) {
                free();
            }
            Placed next;
            for (int i = 0; i < BATCH && (next = next()) != null; i++) {
                handle(next);
            }
        } finally {
            try {
                taker.taken();
            } finally { // Whatever comes of telling others: what is handed over has its turn.
                boolean more = !queue.isEmpty() || !freed.isEmpty() || !work.compareAndSet(seen, 0);
                if (more && !turn()) {
                    refuseAll();
                }
            }
        }
    }

    private @Nullable Placed next() {
        Placed first = freed.poll();
        if (first != null) {
            return first;
        }
        Submission arrived = queue.poll();
        return arrived == null ? null : waiting.place(arrived);
    }

    private void handle(Placed next) {
        if (mustWait(next)) {
            waiting.hold(next);
            return;
        }
        Submission submission = next.submission();
        untaken.addAndGet(-submission.writes().size());
        Runnable task = submission.task();
        if (task != null) {
            run(task);
        } else if (unusable != null) {
            submission.fail(unusable);
        } else {
            taker.take(submission);
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException defect) {
            Operators.onErrorDropped(
                    defect, Context.empty()); // As every scheduler does; the others have their turn all the same.
        }
    }

    /**
     * Takes what was handed over before, unless it would have to wait, and nothing after it. What waits is refused; its tasks run. On the
     * worker.
     */
    public void close() {
        closed = true;
        free();
        for (Placed next = next(); next != null; next = next()) {
            handle(next);
        }
        for (Placed late : waiting.release()) {
            Runnable task = late.submission().task();
            if (task == null) {
                refuse(late.submission());
            } else {
                run(task);
            }
        }
        taker.taken();
    }

    private static void refuse(Submission late) {
        if (late.task() != null) {
            throw Exceptions.failWithRejected();
        }
        late.fail(closed());
    }

    private static ClosedException closed() {
        return new ClosedException(
                "The store was closed before the write was taken, so nothing was written. Make a new store.");
    }

    // ---- as a scheduler, of tasks that must not overtake writes ----

    @Override
    public Disposable schedule(Runnable task) {
        Task ordered = new Task(task);
        if (closed) {
            return serial.schedule(task);
        }
        submit(Submission.of(ordered, List.of()));
        return ordered;
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        return delay <= 0 ? schedule(task) : serial.schedule(task, delay, unit);
    }

    @Override
    public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
        return serial.schedulePeriodically(task, initialDelay, period, unit);
    }

    @Override
    public long now(TimeUnit unit) {
        return serial.now(unit);
    }

    @Override
    public Worker createWorker() {
        return new OrderedWorker();
    }

    /** A task that can be taken back. */
    private static final class Task implements Runnable, Disposable {
        private volatile @Nullable Runnable task;

        Task(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            Runnable current = task;
            if (current != null) {
                task = null;
                current.run();
            }
        }

        @Override
        public void dispose() {
            task = null;
        }

        @Override
        public boolean isDisposed() {
            return task == null;
        }
    }

    private final class OrderedWorker implements Worker {
        private final Disposable.Composite tasks = Disposables.composite();

        @Override
        public Disposable schedule(Runnable task) {
            return schedule(task, 0, TimeUnit.MILLISECONDS);
        }

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            Disposable.Swap own = Disposables.swap();
            if (!tasks.add(own)) {
                throw Exceptions.failWithRejected();
            }
            own.update(InOrder.this.schedule(
                    () -> {
                        tasks.remove(own);
                        task.run();
                    },
                    delay,
                    unit));
            return own;
        }

        @Override
        public void dispose() {
            tasks.dispose();
        }

        @Override
        public boolean isDisposed() {
            return tasks.isDisposed();
        }
    }
}
