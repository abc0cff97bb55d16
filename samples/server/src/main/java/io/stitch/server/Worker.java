package io.stitch.server;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * The one who touches the records. It takes whatever is waiting as one group, commits the group, and only then lets out
 * what the group wants to say: nothing is answered that is not durable.
 *
 * <p>When a commit fails, the group's tasks are lost: what they changed is undone, none of their events and answers leave, and each
 * task says so to whoever waits for it.
 *
 * <p>Tasks that compare come after the others of their group, each for itself: they see nothing but what is durable, so that
 * another's trouble does not cost them what they have to say.
 */
abstract class Worker implements AutoCloseable {
    /** A piece of work. */
    interface Task {
        void run();

        /** Whether it mostly compares, and seldom has something to write. */
        default boolean compares() {
            return false;
        }

        /** Called instead of what {@link #run()} left for after the commit, if the database could not be written. */
        default void lost() {}
    }

    /** What the tasks change. */
    interface Ledger {
        /** Whether there is anything to commit. */
        boolean isChanged();

        void commit();

        /** Undoes what was changed since the last commit. */
        void rollBack();
    }

    /** How a worker is made; more than {@code limit} tasks never wait. */
    interface Factory {
        Worker start(Ledger ledger, int limit);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
    static final int GROUP = 256;
    private final Queue<Task> tasks;
    private final List<Runnable> afterCommit = new ArrayList<>();
    private final Ledger ledger;
    private final int limit;
    private boolean inTrouble;
    private volatile boolean open = true;
    private volatile boolean ended;

    Worker(Queue<Task> tasks, Ledger ledger, int limit) {
        this.tasks = tasks;
        this.ledger = ledger;
        this.limit = limit;
    }

    /** Starts a worker with a thread of its own. */
    static Worker onItsThread(Ledger ledger, int limit) {
        return new ThreadWorker(ledger, limit);
    }

    /** Makes a worker that lives on the threads of those who bring it tasks. */
    static Worker onTheCallersThread(Ledger ledger, int limit) {
        return new CallerWorker(ledger, limit);
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
        added();
        if (ended) {
            loseTheRest();
        }
    }

    /** A task was put into the queue. */
    abstract void added();

    /** Fails where waiting for a task would never end. */
    abstract void checkMayWait();

    /** Runs on the worker and waits for it; the result is durable on return. */
    <T> T call(Supplier<T> supplier) {
        checkMayWait();
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

    boolean isOpen() {
        return open;
    }

    void execute(List<Task> group) {
        List<Task> others = group.stream().filter(task -> !task.compares()).toList();
        others.forEach(task -> guarded(task::run));
        if (!others.isEmpty()) {
            settle(others, commit());
        }
        group.stream().filter(Task::compares).forEach(task -> {
            guarded(task::run);
            settle(List.of(task), !ledger.isChanged() || commit());
        });
    }

    private void settle(List<Task> group, boolean written) {
        if (written) {
            afterCommit.forEach(Worker::guarded);
        } else {
            group.forEach(task -> guarded(task::lost));
        }
        afterCommit.clear();
    }

    private boolean commit() {
        try {
            ledger.commit();
            inTrouble = false;
        } catch (RuntimeException e) {
            if (!inTrouble) {
                LOG.error("the database cannot be written: requests are refused with 503 until it can", e);
            }
            inTrouble = true;
            ledger.rollBack();
        }
        return !inTrouble;
    }

    /** Nothing is executed any more: who waits is told. */
    void end() {
        ended = true;
        loseTheRest();
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
    }
}
