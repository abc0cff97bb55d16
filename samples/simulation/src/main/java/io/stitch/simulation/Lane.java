package io.stitch.simulation;

import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.scheduler.Scheduler;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * One thread of a simulation, with a clock that may be wrong. What is due runs one after another, in the order in which it became due.
 * It can stand still for a while, and be killed: then nothing of it ever happens.
 */
public final class Lane implements Scheduler {
    final Deque<Job> ready = new ArrayDeque<>();
    boolean isRunnable;
    private final Time time;
    private final String name;
    private final Set<Job> open = new HashSet<>();
    private long offsetMillis;
    private long stoppedAt = -1;
    private long stalledUntil;
    private boolean killed;

    Lane(Time time, String name) {
        this.time = time;
        this.name = name;
    }

    /** A task, or a timer that makes one over and over. */
    final class Job implements Disposable {
        private final Runnable task;
        private final long periodNanos;
        private boolean disposed;

        Job(Runnable task, long periodNanos) {
            this.task = task;
            this.periodNanos = periodNanos;
            open.add(this);
        }

        void run() {
            if (disposed) {
                return;
            }
            if (periodNanos < 0) {
                dispose();
            } else {
                time.put(time.nanos() + periodNanos, Lane.this, this);
            }
            try {
                task.run();
            } catch (Throwable e) { // As a pool's thread: it survives, and somebody is told.
                Run.current().uncaught(name, e);
            }
        }

        @Override
        public void dispose() {
            disposed = true;
            open.remove(this);
        }

        @Override
        public boolean isDisposed() {
            return disposed;
        }
    }

    boolean mayRun() {
        return !killed && stalledUntil <= time.nanos() && !ready.isEmpty();
    }

    /**
     * {@return how many tasks and timers wait}
     */
    public int waiting() {
        return open.size();
    }

    /**
     * Sets the clock.
     *
     * @param millis how far it is off
     */
    public void offset(long millis) {
        offsetMillis = millis;
        stoppedAt = -1;
    }

    /** Stops the clock. Timers go on. */
    public void stopClock() {
        stoppedAt = now(TimeUnit.MILLISECONDS);
    }

    /**
     * {@return whether the clock stands still}
     */
    public boolean isClockStopped() {
        return stoppedAt >= 0;
    }

    /**
     * Gets no processor for a while.
     *
     * @param millis how long
     */
    public void stall(long millis) {
        stalledUntil = time.nanos() + millis * 1_000_000;
        time.put(stalledUntil, this, null);
    }

    /**
     * {@return whether it gets no processor}
     */
    public boolean isStalled() {
        return stalledUntil > time.nanos();
    }

    /** Ends the thread in the middle of whatever it does. */
    public void kill() {
        killed = true;
        open.clear();
        ready.clear();
    }

    /**
     * {@return whether it was killed}
     */
    public boolean isKilled() {
        return killed;
    }

    private Job put(Runnable task, long delayNanos, long periodNanos) {
        Job job = new Job(task, periodNanos);
        if (!killed) {
            time.put(time.nanos() + Math.max(0, delayNanos), this, job);
        }
        return job;
    }

    @Override
    public long now(TimeUnit unit) {
        if (unit == TimeUnit.NANOSECONDS && offsetMillis == 0 && stoppedAt < 0) {
            return time.nanos();
        }
        long millis = stoppedAt >= 0 ? stoppedAt : Math.max(0, time.millis() + offsetMillis);
        return unit.convert(millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public Disposable schedule(Runnable task) {
        return put(task, 0, -1);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        return put(task, unit.toNanos(delay), -1);
    }

    @Override
    public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
        return put(task, unit.toNanos(initialDelay), unit.toNanos(period));
    }

    @Override
    public Worker createWorker() {
        Disposable.Composite tasks = Disposables.composite();
        return new Worker() {
            @Override
            public Disposable schedule(Runnable task) {
                return schedule(task, 0, TimeUnit.NANOSECONDS);
            }

            @Override
            public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
                requireOpen();
                Disposable.Swap added = Disposables.swap();
                tasks.add(added);
                Job job = put(
                        () -> {
                            tasks.remove(added);
                            task.run();
                        },
                        unit.toNanos(delay),
                        -1);
                added.update(job);
                return added;
            }

            @Override
            public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
                requireOpen();
                Job job = put(task, unit.toNanos(initialDelay), unit.toNanos(period));
                tasks.add(job);
                return job;
            }

            private void requireOpen() {
                if (tasks.isDisposed()) {
                    throw Exceptions.failWithRejected();
                }
            }

            @Override
            public void dispose() {
                tasks.dispose();
            }

            @Override
            public boolean isDisposed() {
                return tasks.isDisposed();
            }
        };
    }

    @Override
    public String toString() {
        return name;
    }
}
