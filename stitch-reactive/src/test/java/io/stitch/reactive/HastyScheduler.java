package io.stitch.reactive;

import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.util.concurrent.TimeUnit;

/**
 * A store's worker whose time runs several times as fast as the wall's, so that a store is as patient as it always is and a test
 * need not be.
 */
final class HastyScheduler implements Scheduler {
    private final Scheduler actual;
    private final int factor;
    private final long start = System.currentTimeMillis();

    HastyScheduler(String name, int factor) {
        this.actual = Schedulers.newSingle(name, true);
        this.factor = factor;
    }

    @Override
    public long now(TimeUnit unit) {
        return unit.convert(start + (System.currentTimeMillis() - start) * factor, TimeUnit.MILLISECONDS);
    }

    @Override
    public Disposable schedule(Runnable task) {
        return actual.schedule(task);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        return actual.schedule(task, unit.toNanos(delay) / factor, TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
        return actual.schedulePeriodically(
                task, unit.toNanos(initialDelay) / factor, unit.toNanos(period) / factor, TimeUnit.NANOSECONDS);
    }

    @Override
    public Worker createWorker() {
        Worker worker = actual.createWorker();
        return new Worker() {
            @Override
            public Disposable schedule(Runnable task) {
                return worker.schedule(task);
            }

            @Override
            public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
                return worker.schedule(task, unit.toNanos(delay) / factor, TimeUnit.NANOSECONDS);
            }

            @Override
            public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
                return worker.schedulePeriodically(
                        task, unit.toNanos(initialDelay) / factor, unit.toNanos(period) / factor, TimeUnit.NANOSECONDS);
            }

            @Override
            public void dispose() {
                worker.dispose();
            }

            @Override
            public boolean isDisposed() {
                return worker.isDisposed();
            }
        };
    }

    @Override
    public void dispose() {
        actual.dispose();
    }

    @Override
    public boolean isDisposed() {
        return actual.isDisposed();
    }
}
