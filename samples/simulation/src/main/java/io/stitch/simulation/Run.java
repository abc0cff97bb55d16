package io.stitch.simulation;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Hooks;
import reactor.core.scheduler.Schedulers;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * One run of a simulation, from which everything else is reached that belongs to it: the time, chance, and what went wrong. All of it
 * happens on one thread of the machine; other threads may have runs of their own.
 */
public final class Run implements AutoCloseable {
    /** More of the same says nothing new. */
    private static final int MOST_PROBLEMS = 100;

    private static final int LONGEST_TRACE = 4_000;
    private static final ThreadLocal<@Nullable Run> CURRENT = new ThreadLocal<>();

    private final Time time;
    private final Random random;
    private final List<Problem> problems = new ArrayList<>();
    private final boolean traced;
    private final CapturedLogs logs;
    private @Nullable Lane elsewhere;

    static {
        CapturedLogs.capture();
        // Once for all runs: each finds its own by the thread that it is on.
        Hooks.onErrorDropped(error -> current().dropped("error", error));
        Hooks.onNextDropped(value -> current().dropped("value", value));
        Schedulers.onHandleError((thread, error) -> {
            // Whoever has something for a worker that has ended, such as what a slow disk read, comes too late, and
            // that is all.
            if (!(error instanceof RejectedExecutionException)) {
                current().uncaught("a scheduler", error);
            }
        });
        Schedulers.setFactory(new RunSchedulers());
    }

    private Run(long seed, boolean fair, boolean traced) {
        this.random = new Random(seed);
        this.time = new Time(new Random(random.nextLong()), fair);
        this.traced = traced;
        this.logs = new CapturedLogs();
    }

    /**
     * Begins a run on this thread; it lasts until it is closed.
     *
     * @param seed decides about everything that chance decides
     * @param fair whether threads take turns
     * @param traced whether what happens is printed
     * @return the run
     */
    public static Run begin(long seed, boolean fair, boolean traced) {
        Run run = new Run(seed, fair, traced);
        CURRENT.set(run);
        return run;
    }

    /**
     * {@return the run on this thread}
     */
    public static Run current() {
        Run run = CURRENT.get();
        if (run == null) {
            throw new IllegalStateException("No simulation runs on the thread %s."
                    .formatted(Thread.currentThread().getName()));
        }
        return run;
    }

    static @Nullable Run currentOrNull() {
        return CURRENT.get();
    }

    /**
     * {@return its time}
     */
    public Time time() {
        return time;
    }

    /**
     * {@return chance}
     */
    public Random random() {
        return random;
    }

    /** {@return the thread of all that a library does on threads that nobody gave it} */
    Lane elsewhere() {
        Lane lane = elsewhere;
        if (lane == null) {
            lane = time.lane("elsewhere");
            elsewhere = lane;
        }
        return lane;
    }

    CapturedLogs logs() {
        return logs;
    }

    /**
     * Tells of a problem.
     *
     * @param kind what kind, the same for the same fault
     * @param text what it is
     */
    public void problem(String kind, String text) {
        trace(() -> "PROBLEM " + kind + ": " + text);
        if (problems.size() < MOST_PROBLEMS) {
            problems.add(new Problem(kind, text, time.elapsed()));
        }
    }

    /**
     * {@return what went wrong so far, in the order in which it was seen}
     */
    public List<Problem> problems() {
        return problems;
    }

    void uncaught(String where, Throwable error) {
        if (!AppFault.isBehind(error)) {
            problem("uncaught " + error.getClass().getSimpleName(), where + " has nobody to tell of " + stack(error));
        }
    }

    private void dropped(String what, Object dropped) {
        if (!(dropped instanceof Throwable error && AppFault.isBehind(error))) {
            boolean isError = dropped instanceof Throwable;
            problem(
                    "dropped " + (isError ? dropped.getClass().getSimpleName() : what),
                    dropped instanceof Throwable error ? stack(error) : String.valueOf(dropped));
        }
    }

    /**
     * Shows an error.
     *
     * @param error the error
     * @return its stack, not too long
     */
    public static String stack(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text));
        String all = text.toString();
        return all.substring(0, Math.min(LONGEST_TRACE, all.length()));
    }

    /**
     * Looks through what was logged.
     *
     * @param secrets what must not be found there
     */
    public void requireNotLogged(List<String> secrets) {
        String leak = logs.find(secrets);
        if (leak != null) {
            problem("secret logged", leak);
        }
    }

    /**
     * {@return whether what happens is printed}
     */
    public boolean isTraced() {
        return traced;
    }

    /**
     * Prints what happens, if somebody wants to see it.
     *
     * @param what what happens
     */
    public void trace(Supplier<String> what) {
        if (traced) {
            System.out.printf("%10.3f s  %s%n", time.elapsed() / 1e3, what.get());
        }
    }

    @Override
    public void close() {
        CURRENT.remove();
    }
}
