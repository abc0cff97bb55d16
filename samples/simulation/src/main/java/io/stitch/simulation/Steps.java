package io.stitch.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/** Draws steps for scripts. */
public final class Steps {
    /** What is done most, whatever else is left out of a run. */
    private static final int ALWAYS = 20;

    private Steps() {}

    /**
     * Draws steps. Each run has some kinds of them more often and others not at all: what is rare together is found so.
     *
     * @param random decides
     * @param weights how often each kind comes, in the mean
     * @param count how many steps
     * @param <W> the world
     * @return the steps
     */
    public static <W> List<Step<W>> some(Random random, Map<Supplier<Step<W>>, Integer> weights, int count) {
        weights.replaceAll((kind, weight) -> weight >= ALWAYS ? weight : weight * random.nextInt(3));
        int all = weights.values().stream().mapToInt(weight -> weight).sum();
        List<Step<W>> steps = new ArrayList<>();
        while (steps.size() < count) {
            int choice = random.nextInt(all);
            for (Map.Entry<Supplier<Step<W>>, Integer> each : weights.entrySet()) {
                choice -= each.getValue();
                if (choice < 0) {
                    steps.add(each.getKey().get());
                    break;
                }
            }
        }
        return steps;
    }
}
