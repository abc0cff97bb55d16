package io.stitch.server;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A worker on the threads of those who bring it tasks: one of them at a time executes what all have brought. Never blocks. */
final class CallerWorker extends Worker {
    private final Queue<Task> tasks;
    private final AtomicInteger missed = new AtomicInteger();
    private volatile @Nullable Thread working;

    CallerWorker(Ledger ledger, int limit) {
        this(new ConcurrentLinkedQueue<>(), ledger, limit);
    }

    private CallerWorker(Queue<Task> tasks, Ledger ledger, int limit) {
        super(tasks, ledger, limit);
        this.tasks = tasks;
    }

    @Override
    void added() {
        if (missed.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            working = Thread.currentThread();
            workOff();
            working = null;
            seen = missed.addAndGet(-seen);
        } while (seen != 0);
    }

    private void workOff() {
        List<Task> group = new ArrayList<>();
        for (Task task = next(); task != null; task = next()) {
            group.add(task);
            if (group.size() == GROUP) {
                execute(group);
                group.clear();
            }
        }
        if (!group.isEmpty()) {
            execute(group);
        }
    }

    /** A closed server does nothing more: what is left is told that it is lost. */
    private @Nullable Task next() {
        return isOpen() ? tasks.poll() : null;
    }

    @Override
    void checkMayWait() {
        if (working == Thread.currentThread()) {
            throw new IllegalStateException(
                    "the server is at work on this very thread and would wait for itself: ask it outside of what it calls");
        }
    }

    @Override
    public void close() {
        super.close();
        end();
    }
}
