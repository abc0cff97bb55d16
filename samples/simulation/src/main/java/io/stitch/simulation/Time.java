package io.stitch.simulation;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Virtual time, and the threads that live in it. Nothing runs where it is scheduled: it waits until whoever is in charge lets time
 * {@linkplain #pass pass}. Of several threads that have something to do, chance decides which goes on, so that what a program does
 * between two calls of its own is different with each seed.
 */
public final class Time {
    /** No run does as much as this: one that does is going round in circles. */
    private static final int MOST_TASKS = 5_000_000;

    private static final long NANOS = 1_000_000;
    /** Not at zero, so that a clock may be wrong in both directions. */
    private static final long BEGINNING = Duration.ofDays(1_000).toNanos();

    private final PriorityQueue<Task> later =
            new PriorityQueue<>(Comparator.<Task>comparingLong(Task::due).thenComparingLong(Task::sequence));
    private final List<Lane> runnable = new ArrayList<>();
    private final Random random;
    private final boolean fair;
    private long nanos = BEGINNING;
    private long sequence;
    private int done;
    private @Nullable Lane running;

    /** Something that is done on a lane, or {@code null} for a lane that only wakes up. */
    record Task(long due, long sequence, Lane lane, Lane.@Nullable Job job) {}

    /**
     * Begins.
     *
     * @param random decides which thread goes on
     * @param fair whether threads take turns in the order in which work came to them, as if nothing else ran on the machine
     */
    public Time(Random random, boolean fair) {
        this.random = random;
        this.fair = fair;
    }

    /**
     * Starts a thread.
     *
     * @param name its name, for a reader
     * @return the thread, as a scheduler
     */
    public Lane lane(String name) {
        return new Lane(this, name);
    }

    /**
     * {@return what time it is, in nanoseconds}
     */
    public long nanos() {
        return nanos;
    }

    /**
     * {@return what time it is, in milliseconds}
     */
    public long millis() {
        return nanos / NANOS;
    }

    /**
     * {@return how long it has lasted, in milliseconds}
     */
    public long elapsed() {
        return (nanos - BEGINNING) / NANOS;
    }

    /**
     * {@return how many tasks were done}
     */
    public int done() {
        return done;
    }

    /**
     * {@return the thread that is running, or {@code null} if time stands still}
     */
    public @Nullable Lane running() {
        return running;
    }

    void put(long due, Lane lane, Lane.@Nullable Job job) {
        later.add(new Task(Math.max(due, nanos), sequence++, lane, job));
    }

    /**
     * Lets time pass, and everything happen that is due meanwhile.
     *
     * @param millis how much
     */
    public void pass(long millis) {
        long end = nanos + millis * NANOS;
        while (true) {
            wake();
            if (runOne()) {
                continue;
            }
            Task next = later.peek();
            if (next == null || next.due() > end) {
                nanos = Math.max(nanos, end);
                return;
            }
            nanos = Math.max(nanos, next.due());
        }
    }

    /**
     * Lets some of what is due now happen, and no time pass.
     *
     * @param tasks how many tasks
     */
    public void some(int tasks) {
        for (int i = 0; i < tasks; i++) {
            wake();
            if (!runOne()) {
                return;
            }
        }
    }

    /** The thread that runs works for a while, and everybody else waits for the processor. */
    public void work(long millis) {
        nanos += millis * NANOS;
    }

    /** Gives each lane what has become due. */
    private void wake() {
        for (Task task = later.peek(); task != null && task.due() <= nanos; task = later.peek()) {
            later.poll();
            Lane lane = task.lane();
            if (task.job() != null) {
                lane.ready.add(task.job());
            }
            if (!lane.isRunnable && lane.mayRun()) {
                lane.isRunnable = true;
                runnable.add(lane);
            }
        }
    }

    private boolean runOne() {
        while (!runnable.isEmpty()) {
            int index = fair || runnable.size() == 1 ? 0 : random.nextInt(runnable.size());
            Lane lane = runnable.get(index);
            Lane.Job job = lane.mayRun() ? lane.ready.poll() : null;
            if (job == null) {
                lane.isRunnable = false;
                runnable.remove(index);
                continue;
            }
            if (fair) { // Behind those that wait already.
                runnable.remove(index);
                runnable.add(lane);
            }
            if (++done > MOST_TASKS) {
                throw new IllegalStateException(
                        "The run does not come to an end: %d tasks were done, the last on %s.".formatted(done, lane));
            }
            running = lane;
            try {
                job.run();
            } finally {
                running = null;
            }
            return true;
        }
        return false;
    }
}
