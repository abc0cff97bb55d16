package io.stitch.reactive.internal;

import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.scheduler.NonBlocking;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A scheduler that tells what would end a thread in silence: an error of the JVM in a task. After it, nobody knows what state the store is
 * in.
 *
 * <p>No task is lost when it ends: each that is to be run at once is run before the end, or rejected. Whoever subscribes while the store
 * closes would wait for ever otherwise.
 */
public final class GuardedScheduler implements Scheduler {
    private final Scheduler tasks;
    private final Consumer<Throwable> fatal;
    private volatile boolean ending;

    private GuardedScheduler(Scheduler tasks, Consumer<Throwable> fatal) {
        this.tasks = tasks;
        this.fatal = fatal;
    }

    /**
     * Makes the one serial worker of a store.
     *
     * @param scheduler runs it; stays the caller's to dispose
     * @param fatal told of an error of the JVM, on the thread that it happened on
     * @return the worker
     */
    public static GuardedScheduler serial(Scheduler scheduler, Consumer<Throwable> fatal) {
        return new GuardedScheduler(Schedulers.single(scheduler), fatal);
    }

    /**
     * Guards what runs beside the worker.
     *
     * @param scheduler runs it; stays the caller's to dispose, so that this is not to be disposed
     * @param fatal told of an error of the JVM, on the thread that it happened on
     * @return what guards it
     */
    public static GuardedScheduler beside(Scheduler scheduler, Consumer<Throwable> fatal) {
        return new GuardedScheduler(scheduler, fatal);
    }

    /**
     * Makes a scheduler with one thread, which must not block.
     *
     * @param name the thread's name
     * @param daemon whether it lets the JVM end
     * @return the scheduler
     */
    public static Scheduler ownThread(String name, boolean daemon) {
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

    /** A task that is run once, or taken back before. */
    private final class Guarded extends AtomicBoolean implements Runnable {
        private final transient Runnable task;

        Guarded(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            if (compareAndSet(false, true)) {
                runGuarded(task);
            }
        }

        boolean takeBack() {
            return compareAndSet(false, true);
        }
    }

    private void runGuarded(Runnable task) {
        try {
            task.run();
        } catch (VirtualMachineError | LinkageError error) {
            fatal.accept(error);
            throw error;
        }
    }

    private Runnable guarded(Runnable task) {
        return () -> runGuarded(task);
    }

    /**
     * Runs what was handed over until now, and then ends. Any thread.
     *
     * @param ended runs when nothing is run any more
     */
    public void end(Runnable ended) {
        ending = true; // From now on, whoever hands something over looks whether it will still be run.
        Runnable last = () -> {
            tasks.dispose();
            ended.run();
        };
        try {
            tasks.schedule(last);
        } catch (RejectedExecutionException schedulerEnded) {
            last.run();
        }
    }

    private Disposable schedule(Function<Runnable, Disposable> target, Runnable task) {
        Guarded guarded = new Guarded(task);
        Disposable scheduled = target.apply(guarded);
        if (ending && guarded.takeBack()) {
            throw Exceptions.failWithRejected();
        }
        return scheduled;
    }

    @Override
    public Disposable schedule(Runnable task) {
        return schedule(tasks::schedule, task);
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
                return GuardedScheduler.this.schedule(worker::schedule, task);
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
