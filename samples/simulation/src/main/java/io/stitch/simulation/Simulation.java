package io.stitch.simulation;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A world of stores in which a seed decides what happens.
 *
 * @param <W> the world
 */
public abstract class Simulation<W extends Simulation.Stage> {
    /** Where it happens. */
    public interface Stage {
        /**
         * {@return how often what happened, to see that a simulation simulates what it says}
         */
        Map<String, Integer> figures();

        /** Ends what still runs. */
        void end();
    }

    /**
     * {@return what it is called on the command line}
     */
    public abstract String mode();

    /**
     * Makes a script.
     *
     * @param seed decides about everything in it
     * @param calm the names of the conditions that are good whatever the seed says
     * @return the script
     */
    public abstract Script<W> script(long seed, Set<String> calm);

    /**
     * Runs a seed, or what is left of it.
     *
     * @param replay what to run
     * @param traced whether what happens is printed
     * @return what came of it
     */
    public Outcome run(Replay replay, boolean traced) {
        Script<W> script = script(replay.seed(), replay.calm());
        try (Run run = Run.begin(replay.seed(), script.fair(), traced)) {
            Map<String, Integer> figures = new TreeMap<>();
            try {
                W world = script.begin().apply(run);
                try {
                    play(script, replay, run, world);
                } finally {
                    figures.putAll(world.figures());
                    figures.put("tasks", run.time().done());
                    figures.put("virtual seconds", (int) (run.time().elapsed() / 1_000));
                    world.end();
                }
            } catch (RuntimeException | AssertionError | StackOverflowError e) {
                run.problem("failure", Run.stack(e));
            }
            return new Outcome(replay, List.copyOf(run.problems()), figures);
        }
    }

    private void play(Script<W> script, Replay replay, Run run, W world) {
        int number = 0;
        for (Step<W> step : script.steps()) {
            int current = ++number;
            if (replay.keeps(current)) {
                run.trace(() -> "--- " + current + ": " + step.text());
                step.action().accept(world);
                step.pause().in(run.time());
            }
        }
        run.trace(() -> "--- the end");
        script.end().accept(world);
    }

    /**
     * Describes what a replay does.
     *
     * @param replay what to run
     * @return its conditions and steps, a line for each
     */
    public String describe(Replay replay) {
        Script<W> script = script(replay.seed(), replay.calm());
        StringBuilder text = new StringBuilder(String.join(", ", script.conditions())).append('\n');
        int number = 0;
        for (Step<W> step : script.steps()) {
            if (replay.keeps(++number)) {
                String pause = step.pause().toString();
                text.append("%5d  %s%s%n".formatted(number, step.text(), pause.isEmpty() ? "" : "  [" + pause + "]"));
            }
        }
        return text.toString();
    }

    int length(Replay replay) {
        return script(replay.seed(), replay.calm()).steps().size();
    }

    Set<String> calmable(Replay replay) {
        return script(replay.seed(), replay.calm()).calmable();
    }
}
