package io.stitch.simulation;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Runs many seeds on several threads, and shows which fail and with what. */
public final class Runner {
    private static final long PROGRESS = TimeUnit.SECONDS.toNanos(10);
    private static final int SHOWN_SEEDS = 8;

    private final Simulation<?> simulation;
    private final Set<String> known;
    private final PrintStream out;
    private final Map<String, Integer> figures = new TreeMap<>();
    private final Map<String, List<Replay>> failures = new TreeMap<>();
    private final Map<String, Problem> examples = new TreeMap<>();
    private final AtomicLong next = new AtomicLong();
    private long failed;
    private long done;
    private long reportedAt;
    private long end;

    /**
     * Makes a runner.
     *
     * @param simulation what to run
     * @param known kinds of problems that are no failures
     * @param out where to say what happens
     */
    public Runner(Simulation<?> simulation, Set<String> known, PrintStream out) {
        this.simulation = simulation;
        this.known = known;
        this.out = out;
    }

    /**
     * Runs seeds.
     *
     * @param first the first one
     * @param count how many
     * @param threads on how many threads
     * @param limit after how long no other seed is begun
     * @return this
     */
    public Runner run(long first, long count, int threads, Duration limit) {
        long began = System.nanoTime();
        end = began + limit.toNanos();
        reportedAt = began;
        next.set(first);
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            // Recursion in a deeply nested record must not depend on who runs it.
            Thread worker = new Thread(null, () -> work(first, count), "simulation-" + i, 16L << 20);
            worker.setUncaughtExceptionHandler(this::uncaught);
            worker.start();
            workers.add(worker);
        }
        workers.forEach(Runner::join);
        double seconds = (System.nanoTime() - began) / 1e9;
        out.printf(
                "%s: %d seeds from %d on in %.1f s, %.0f in a second, %d failed%n",
                simulation.mode(), done, first, seconds, done / seconds, failed);
        return this;
    }

    /** Reactor brings what comes too late for a worker that has ended here, too; a run has heard of all else. */
    private void uncaught(Thread worker, Throwable error) {
        if (!(error instanceof RejectedExecutionException)) {
            out.printf("%s: %s%n", worker.getName(), Run.stack(error));
        }
    }

    private static void join(Thread worker) {
        boolean interrupted = false;
        while (true) {
            try {
                worker.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void work(long first, long count) {
        for (long seed = next.getAndIncrement();
                seed < first + count && System.nanoTime() < end;
                seed = next.getAndIncrement()) {
            take(simulation.run(Replay.of(seed), false));
        }
    }

    private synchronized void take(Outcome outcome) {
        done++;
        outcome.figures().forEach((what, times) -> figures.merge(what, times, Integer::sum));
        boolean fails = false;
        for (Problem problem : outcome.problems()) {
            if (!known.contains(problem.kind())) {
                fails = true;
                examples.putIfAbsent(problem.kind(), problem);
                List<Replay> seeds = failures.computeIfAbsent(problem.kind(), kind -> new ArrayList<>());
                if (!seeds.contains(outcome.replay())) {
                    seeds.add(outcome.replay());
                }
            }
        }
        if (fails && failed++ < SHOWN_SEEDS) {
            out.printf("-Dseed=%s fails: %s%n", outcome.replay(), outcome.kinds());
        }
        long now = System.nanoTime();
        if (now - reportedAt > PROGRESS) {
            reportedAt = now;
            out.printf("%s: %d seeds done, %d failed%n", simulation.mode(), done, failed);
        }
    }

    /**
     * {@return how many seeds were run}
     */
    public synchronized long done() {
        return done;
    }

    /**
     * {@return how often what happened in all runs}
     */
    public Map<String, Integer> figures() {
        return figures;
    }

    /**
     * {@return the runs that failed, by the kind of the problem}
     */
    public Map<String, List<Replay>> failures() {
        return failures;
    }

    /**
     * Shows a problem.
     *
     * @param kind its kind
     * @return the first of it
     */
    public String example(String kind) {
        return String.valueOf(examples.get(kind));
    }

    /**
     * Describes what failed: for each kind of problem how often it was seen, and a script that has been made short.
     *
     * @return the description, empty if nothing failed
     */
    public String report() {
        StringBuilder text = new StringBuilder();
        failures.forEach((kind, replays) -> text.append(report(kind, replays)));
        return text.toString();
    }

    private String report(String kind, List<Replay> replays) {
        Replay shortest = Shrinker.shrink(simulation, replays.get(0), kind);
        Problem problem = simulation.run(shortest, false).problems().stream()
                .filter(each -> each.kind().equals(kind))
                .findFirst()
                .orElse(examples.get(kind));
        return """
                == %s: %d of %d runs, %s
                %s
                -Dseed=%s
                %s
                """.formatted(
                        kind,
                        replays.size(),
                        done,
                        replays.subList(0, Math.min(SHOWN_SEEDS, replays.size())),
                        problem,
                        shortest,
                        simulation.describe(shortest));
    }
}
