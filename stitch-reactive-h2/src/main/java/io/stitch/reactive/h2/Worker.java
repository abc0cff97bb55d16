package io.stitch.reactive.h2;

import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A thread for work that blocks, one task after another. It ends without an interrupt, which would close the file under whoever still reads.
 * (Reactor's schedulers can end so too, but have a thread wait for it that keeps the JVM alive for ten seconds.)
 */
final class Worker implements Executor {
    private static final int QUEUED_TASKS = 100_000;
    private static final int IDLE_SECONDS = 60;

    private final ScheduledThreadPoolExecutor executor;
    private final Scheduler scheduler;

    Worker(String name) {
        executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
        executor.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        scheduler = Schedulers.fromExecutorService(executor, name);
    }

    /**
     * Runs a task when its turn comes.
     *
     * @param task the task
     * @throws RejectedExecutionException after the end, or if too many wait
     */
    @Override
    public void execute(Runnable task) {
        if (executor.getQueue().size() >= QUEUED_TASKS) {
            throw new RejectedExecutionException("%d tasks wait already".formatted(QUEUED_TASKS));
        }
        scheduler.schedule(task);
    }

    /** The same thread, for what is to be done later. */
    Scheduler scheduler() {
        return scheduler;
    }

    /** Takes no more tasks; those that wait are still done, but not those for later. */
    void end() {
        executor.shutdown();
    }

    boolean hasEnded() {
        return executor.isShutdown();
    }
}
