package io.stitch.samples.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * How often something is measured.
 *
 * @param warmUp rounds before the first that counts
 * @param counted rounds that count
 */
record Rounds(int warmUp, int counted) {
    /** Runs all rounds and returns the results of those that count. */
    <T> List<T> run(IntFunction<T> round) {
        List<T> results = new ArrayList<>();
        for (int i = 0; i < warmUp + counted; i++) {
            T result = round.apply(i);
            if (i >= warmUp) {
                results.add(result);
            }
        }
        return results;
    }
}
