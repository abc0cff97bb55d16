package io.stitch.reactive.internal.runtime;

import reactor.core.Disposable;
import reactor.core.scheduler.NonBlocking;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A scheduler that tells what would end a thread in silence: an error of the JVM in a task. After it, nobody knows what state the store is
 * in.
 */
final class GuardedScheduler implements Scheduler {
    private final Scheduler tasks;
    private final Consumer<Throwable> fatal;

    private GuardedScheduler(Scheduler tasks, Consumer<Throwable> fatal) {
        this.tasks = tasks;
        this.fatal = fatal;
    }

    /**
     * Makes the one serial worker of a store.
     *
     * @param scheduler runs it; stays the caller's to dispose
     * @param fatal told of an error of the JVM, on the thread that it happened on
     */
    static GuardedScheduler serial(Scheduler scheduler, Consumer<Throwable> fatal) {
        return new GuardedScheduler(Schedulers.single(scheduler), fatal);
    }

    /**
     * Guards what runs beside the worker.
     *
     * @param scheduler runs it; stays the caller's to dispose, so that this is not to be disposed
     * @param fatal told of an error of the JVM, on the thread that it happened on
     */
    static GuardedScheduler beside(Scheduler scheduler, Consumer<Throwable> fatal) {
        return new GuardedScheduler(scheduler, fatal);
    }

    /** A scheduler with one thread, which is named and must not block. */
    static Scheduler ownThread(String name, boolean daemon) {
        return Schedulers.newSingle(task -> {
            WorkerThread thread = new WorkerThread(task, name);
            thread.setDaemon(daemon);
            return thread;
        });
    }

    private static final class WorkerThread extends Thread implements NonBlocking {
        WorkerThread(Runnable task, String name) {
            super(task, name);
        }
    }

    private Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (VirtualMachineError | LinkageError error) {
                fatal.accept(error);
                throw error;
            }
        };
    }

    @Override
    public Disposable schedule(Runnable task) {
        return tasks.schedule(guarded(task));
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        return tasks.schedule(guarded(task), delay, unit);
    }

    @Override
    public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
        return tasks.schedulePeriodically(guarded(task), initialDelay, period, unit);
    }

    @Override
    public long now(TimeUnit unit) {
        return tasks.now(unit);
    }

    @Override
    public Worker createWorker() {
        Worker worker = tasks.createWorker();
        return new Worker() {
            @Override
            public Disposable schedule(Runnable task) {
                return worker.schedule(guarded(task));
            }

            @Override
            public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
                return worker.schedule(guarded(task), delay, unit);
            }

            @Override
            public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
                return worker.schedulePeriodically(guarded(task), initialDelay, period, unit);
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
        tasks.dispose();
    }

    @Override
    public boolean isDisposed() {
        return tasks.isDisposed();
    }
}
