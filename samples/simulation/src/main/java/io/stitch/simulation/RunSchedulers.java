package io.stitch.simulation;

import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Puts Reactor's own threads into the time of the run that asks for them: a library that hands something over to {@link
 * Schedulers#boundedElastic()} or {@link Schedulers#parallel()} stays in virtual time, and does the same with each repetition.
 */
final class RunSchedulers implements Schedulers.Factory {
    @Override
    public Scheduler newBoundedElastic(int threadCap, int queuedTaskCap, ThreadFactory threads, int ttlSeconds) {
        return new OfTheRun();
    }

    @Override
    public Scheduler newParallel(int parallelism, ThreadFactory threads) {
        return new OfTheRun();
    }

    @Override
    public Scheduler newSingle(ThreadFactory threads) {
        return new OfTheRun();
    }

    private static final class OfTheRun implements Scheduler {
        private static Lane lane() {
            return Run.current().elsewhere();
        }

        @Override
        public Disposable schedule(Runnable task) {
            return lane().schedule(task);
        }

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            return lane().schedule(task, delay, unit);
        }

        @Override
        public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
            return lane().schedulePeriodically(task, initialDelay, period, unit);
        }

        @Override
        public long now(TimeUnit unit) {
            return lane().now(unit);
        }

        @Override
        public Worker createWorker() {
            return lane().createWorker();
        }
    }
}
