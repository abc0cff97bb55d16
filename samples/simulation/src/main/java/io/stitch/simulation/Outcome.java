package io.stitch.simulation;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What came of a run.
 *
 * @param replay what was run
 * @param problems what went wrong
 * @param figures how often what happened
 */
public record Outcome(Replay replay, List<Problem> problems, Map<String, Integer> figures) {
    /**
     * {@return the kinds of what went wrong, in the order in which they were seen}
     */
    public Set<String> kinds() {
        return problems.stream().map(Problem::kind).collect(Collectors.toCollection(java.util.LinkedHashSet::new));
    }
}
