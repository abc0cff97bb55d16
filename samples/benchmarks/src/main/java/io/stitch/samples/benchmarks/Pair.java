package io.stitch.samples.benchmarks;

import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * One round of the store and the round of the bare client beside it.
 *
 * @param store what the store's round gave
 * @param bare what the bare client's gave
 * @param <T> what a round gives
 */
record Pair<T>(T store, T bare) {
    /** Runs both. Whoever comes second finds a warmer server, so they take turns. */
    static <T> Pair<T> inTurn(int round, Supplier<T> store, Supplier<T> bare) {
        if (round % 2 == 0) {
            T first = bare.get();
            return new Pair<>(store.get(), first);
        }
        T first = store.get();
        return new Pair<>(first, bare.get());
    }

    static <T> Sample store(List<Pair<T>> pairs, ToDoubleFunction<T> figure) {
        return Sample.of(pairs, pair -> figure.applyAsDouble(pair.store()));
    }

    static <T> Sample bare(List<Pair<T>> pairs, ToDoubleFunction<T> figure) {
        return Sample.of(pairs, pair -> figure.applyAsDouble(pair.bare()));
    }

    /** {@return the ratio of the medians, with the smallest and the largest ratio of one pair} */
    static <T> Sample ratio(List<Pair<T>> pairs, ToDoubleFunction<T> figure) {
        Sample ofPairs =
                Sample.of(pairs, pair -> figure.applyAsDouble(pair.store()) / figure.applyAsDouble(pair.bare()));
        return new Sample(store(pairs, figure).median() / bare(pairs, figure).median(), ofPairs.min(), ofPairs.max());
    }
}
