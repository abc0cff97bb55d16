package io.stitch.simulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What to run: a seed, and what is left of it where the rest has nothing to do with a failure. As a text it is the seed, the conditions
 * that were made better, and the steps that were kept: {@code 17}, {@code 17/loss/1-3,8}, {@code 17//4}.
 *
 * @param seed the seed
 * @param calm the conditions that are made better
 * @param steps the steps that are done, from 1 on; empty for all
 */
public record Replay(long seed, Set<String> calm, Set<Integer> steps) {
    /** Copies the sets, in order. */
    public Replay {
        calm = new TreeSet<>(calm);
        steps = new TreeSet<>(steps);
    }

    /**
     * All of a seed.
     *
     * @param seed the seed
     * @return what to run
     */
    public static Replay of(long seed) {
        return new Replay(seed, Set.of(), Set.of());
    }

    /**
     * Reads what {@link #toString()} wrote.
     *
     * @param text the text
     * @return what to run
     */
    public static Replay parse(String text) {
        List<String> parts = Arrays.asList(text.trim().split("/", -1));
        Set<String> calm = parts.size() < 2 || parts.get(1).isEmpty()
                ? Set.of()
                : Set.of(parts.get(1).split(",", -1));
        Set<Integer> steps = new TreeSet<>();
        if (parts.size() > 2) {
            for (String range : parts.get(2).split(",", -1)) {
                List<String> ends = Arrays.asList(range.split("-", -1));
                int last = Integer.parseInt(ends.get(ends.size() - 1));
                for (int step = Integer.parseInt(ends.get(0)); step <= last; step++) {
                    steps.add(step);
                }
            }
        }
        return new Replay(Long.parseLong(parts.get(0)), calm, steps);
    }

    boolean keeps(int step) {
        return steps.isEmpty() || steps.contains(step);
    }

    Replay calmer(String condition) {
        Set<String> more = new TreeSet<>(calm);
        more.add(condition);
        return new Replay(seed, more, steps);
    }

    Replay only(Set<Integer> kept) {
        return new Replay(seed, calm, kept);
    }

    @Override
    public String toString() {
        if (calm.isEmpty() && steps.isEmpty()) {
            return Long.toString(seed);
        }
        String better = String.join(",", calm);
        return steps.isEmpty() ? seed + "/" + better : seed + "/" + better + "/" + ranges();
    }

    private String ranges() {
        List<int[]> ranges = new ArrayList<>();
        for (int step : steps) {
            int[] last = ranges.isEmpty() ? new int[] {0, -1} : ranges.get(ranges.size() - 1);
            if (last[1] == step - 1) {
                last[1] = step;
            } else {
                ranges.add(new int[] {step, step});
            }
        }
        return ranges.stream()
                .map(range -> range[0] == range[1] ? "" + range[0] : range[0] + "-" + range[1])
                .collect(Collectors.joining(","));
    }
}
