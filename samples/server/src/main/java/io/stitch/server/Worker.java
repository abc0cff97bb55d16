package io.stitch.server;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;

/**
 * The one thread that touches the records. It takes whatever is waiting as one group, commits the group, and only then lets out
 * what the group wants to say: nothing is answered that is not durable.
 *
 * <p>When a commit fails, the group's tasks are lost: none of their events and answers leave, and each task says so to whoever
 * waits for it. What the group changed stays in memory and is written with the next commit; until one succeeds, no further task
 * is executed.
 */
final class Worker implements AutoCloseable {
    /** A piece of work. */
    interface Task {
        void run();

        /** Called instead of what {@link #run()} left for after the commit, if the database could not be written. */
        default void lost() {}
    }

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
    private static final int GROUP = 256;
    private final LinkedBlockingQueue<Task> tasks = new LinkedBlockingQueue<>();
    private final List<Runnable> afterCommit = new ArrayList<>();
    private final Runnable commit;
    private final int limit;
    private final Thread thread;
    private boolean unwritten;
    private volatile boolean open = true;
    private volatile boolean ended;

    /** Starts the thread; more than {@code limit} tasks never wait. */
    Worker(Runnable commit, int limit) {
        this.commit = commit;
        this.limit = limit;
        this.thread = new Thread(this::loop, "stitch-server-worker");
        thread.setDaemon(true);
        thread.start();
    }

    /** Takes a task from outside; never blocks. False if too many wait already, or the server is closed. */
    boolean offer(Task task) {
        // Threads that ask at once may overshoot by one task each: the limit guards memory, not a promise.
        if (!open || tasks.size() >= limit) {
            return false;
        }
        add(task);
        return true;
    }

    /** Goes on with work that was admitted before, whatever waits. */
    void resume(Task task) {
        add(task);
    }

    private void add(Task task) {
        tasks.add(task);
        if (ended) {
            loseTheRest();
        }
    }

    /** Runs on the worker and waits for it; the result is durable on return. */
    <T> T call(Supplier<T> supplier) {
        CompletableFuture<T> result = new CompletableFuture<>();
        add(new Task() {
            @Override
            public void run() {
                try {
                    T value = supplier.get();
                    afterCommit(() -> result.complete(value));
                } catch (RuntimeException e) {
                    result.completeExceptionally(e);
                }
            }

            @Override
            public void lost() {
                result.completeExceptionally(new IllegalStateException(
                        open ? "the database cannot be written: see the log" : "the server is closed"));
            }
        });
        try {
            return result.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refusal refusal) {
                throw new IllegalArgumentException(refusal.reason(), e);
            }
            if (e.getCause() instanceof IllegalStateException state) {
                throw new IllegalStateException(state.getMessage(), e);
            }
            throw e;
        }
    }

    /** Called by a task: runs once the task's group is committed. */
    void afterCommit(Runnable action) {
        afterCommit.add(action);
    }

    private void loop() {
        List<Task> group = new ArrayList<>();
        try {
            while (open || !tasks.isEmpty()) {
                group.add(tasks.take());
                tasks.drainTo(group, GROUP - 1);
                execute(group);
                group.clear();
                afterCommit.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended = true;
            loseTheRest();
        }
    }

    private void execute(List<Task> group) {
        boolean written = !unwritten || commit();
        if (written) {
            group.forEach(task -> guarded(task::run));
            written = commit();
        }
        if (written) {
            afterCommit.forEach(Worker::guarded);
        } else {
            group.forEach(task -> guarded(task::lost));
        }
    }

    private boolean commit() {
        try {
            commit.run();
            unwritten = false;
        } catch (RuntimeException e) {
            if (!unwritten) {
                LOG.error("the database cannot be written: requests are refused with 503 until it can", e);
            }
            unwritten = true;
        }
        return !unwritten;
    }

    private void loseTheRest() {
        for (Task task = tasks.poll(); task != null; task = tasks.poll()) {
            guarded(task::lost);
        }
    }

    private static void guarded(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            LOG.error("a request failed", e);
        }
    }

    @Override
    public void close() {
        open = false;
        tasks.add(() -> {});
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
