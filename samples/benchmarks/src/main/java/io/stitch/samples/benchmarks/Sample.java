package io.stitch.samples.benchmarks;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What the rounds of one figure gave.
 *
 * @param median the median
 * @param min the smallest
 * @param max the largest
 */
record Sample(double median, double min, double max) {
    /** {@return the sample of one number per round} */
    static <T> Sample of(List<T> rounds, ToDoubleFunction<T> number) {
        if (rounds.isEmpty()) {
            throw new IllegalArgumentException("A sample needs at least one round.");
        }
        double[] sorted = rounds.stream().mapToDouble(number).sorted().toArray();
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Sample(median, sorted[0], sorted[sorted.length - 1]);
    }
}
