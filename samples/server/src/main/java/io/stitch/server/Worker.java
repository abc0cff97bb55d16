package io.stitch.server;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;

/**
 * The one thread that touches the records. It takes whatever is waiting as one group, commits the group, and only then lets out
 * what the group wants to say: nothing is answered that is not durable.
 */
final class Worker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
    private static final int GROUP = 256;
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final List<Runnable> afterCommit = new ArrayList<>();
    private final Journal journal;
    private final Thread thread;
    private volatile boolean open = true;

    Worker(Journal journal) {
        this.journal = journal;
        this.thread = new Thread(this::loop, "stitch-server-worker");
        thread.setDaemon(true);
        thread.start();
    }

    void execute(Runnable task) {
        if (open) {
            tasks.add(task);
        }
    }

    /** Runs on the worker and waits for it; the result is durable on return. */
    <T> T call(Supplier<T> task) {
        if (!open) {
            throw new IllegalStateException("the server is closed");
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        tasks.add(() -> {
            try {
                T value = task.get();
                afterCommit.add(() -> result.complete(value));
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return result.join();
    }

    /** Called by a task: runs once the task's group is committed. */
    void afterCommit(Runnable action) {
        afterCommit.add(action);
    }

    private void loop() {
        List<Runnable> group = new ArrayList<>();
        while (open || !tasks.isEmpty()) {
            try {
                group.add(tasks.take());
                tasks.drainTo(group, GROUP - 1);
                group.forEach(Worker::run);
                journal.commit();
                afterCommit.forEach(Worker::run);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.error("a group of requests was not written and is not answered", e);
            } finally {
                group.clear();
                afterCommit.clear();
            }
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("a request failed", e);
        }
    }

    @Override
    public void close() {
        open = false;
        tasks.add(() -> {});
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
