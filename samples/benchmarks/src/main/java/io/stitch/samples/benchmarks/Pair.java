package io.stitch.samples.benchmarks;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One round of the store and the round of the bare client beside it.
 *
 * @param store the store's times
 * @param bare the bare client's times
 */
record Pair(OpenTimes store, OpenTimes bare) {
    static Sample store(List<Pair> pairs, ToDoubleFunction<OpenTimes> time) {
        return Sample.of(pairs, pair -> time.applyAsDouble(pair.store()));
    }

    static Sample bare(List<Pair> pairs, ToDoubleFunction<OpenTimes> time) {
        return Sample.of(pairs, pair -> time.applyAsDouble(pair.bare()));
    }

    /** {@return the ratio of the medians, with the smallest and the largest ratio of one pair} */
    static Sample ratio(List<Pair> pairs, ToDoubleFunction<OpenTimes> time) {
        Sample ofPairs = Sample.of(pairs, pair -> time.applyAsDouble(pair.store()) / time.applyAsDouble(pair.bare()));
        return new Sample(store(pairs, time).median() / bare(pairs, time).median(), ofPairs.min(), ofPairs.max());
    }
}
