package io.stitch.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Leaves out of a failing run what the failure does not need: conditions first, then steps, large pieces before small ones. Greedy, for
 * a reader has enough from a script that is short; it need not be the shortest.
 */
final class Shrinker {
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(Long.getLong("shrink", 20));
    private final Simulation<?> simulation;
    private final String kind;
    private final long end = System.nanoTime() + LONGEST;

    private Shrinker(Simulation<?> simulation, String kind) {
        this.simulation = simulation;
        this.kind = kind;
    }

    /**
     * Shrinks.
     *
     * @param simulation what failed
     * @param replay a run that fails
     * @param kind with a problem of which kind
     * @return what still fails with it
     */
    static Replay shrink(Simulation<?> simulation, Replay replay, String kind) {
        return new Shrinker(simulation, kind).shrink(replay);
    }

    private Replay shrink(Replay replay) {
        return calmed(shortened(calmed(replay)));
    }

    private boolean fails(Replay replay) {
        return System.nanoTime() < end && simulation.run(replay, false).kinds().contains(kind);
    }

    private Replay calmed(Replay replay) {
        Replay calm = replay;
        for (String condition : simulation.calmable(replay)) {
            Replay calmer = calm.calmer(condition);
            if (!calm.calm().contains(condition) && fails(calmer)) {
                calm = calmer;
            }
        }
        return calm;
    }

    private Replay shortened(Replay replay) {
        List<Integer> kept = new ArrayList<>(replay.steps());
        if (kept.isEmpty()) {
            for (int step = 1; step <= simulation.length(replay); step++) {
                kept.add(step);
            }
        }
        for (int piece = Math.max(1, kept.size() / 2); piece > 0; ) {
            boolean shorter = false;
            for (int from = 0; from < kept.size() && kept.size() > 1; ) {
                List<Integer> fewer = new ArrayList<>(kept);
                fewer.subList(from, Math.min(from + piece, fewer.size())).clear();
                if (!fewer.isEmpty() && fails(replay.only(Set.copyOf(fewer)))) {
                    kept = fewer;
                    shorter = true;
                } else {
                    from += piece;
                }
            }
            piece = shorter && piece == 1 ? 1 : piece / 2;
        }
        return replay.only(new TreeSet<>(kept));
    }
}
