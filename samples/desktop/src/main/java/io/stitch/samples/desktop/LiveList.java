package io.stitch.samples.desktop;

import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import javafx.collections.ObservableListBase;

/**
 * An observable list that follows a stream of lists, such as {@code scope.records(type)}: each newest list is shown by the fewest
 * additions, removals and replacements, as one change event. Views therefore redraw what changed and nothing else. Read-only for
 * everybody else; to be used on the JavaFX thread only.
 *
 * @param <T> an element; what differs by {@code equals} is replaced
 */
final class LiveList<T> extends ObservableListBase<T> {
    /** With one, all sources share one place, and what finds it taken is lost without a word. */
    private static final int EACH_SOURCE = 2;

    private final Function<? super T, ?> key;
    private List<T> shown = List.of();
    private Consumer<Runnable> around = Runnable::run;

    /**
     * Makes an empty list.
     *
     * @param key what an element is known by, unique in each list
     */
    LiveList(Function<? super T, ?> key) {
        this.key = key;
    }

    /**
     * Shows each list of a stream. What differs is found out on a thread of {@link Schedulers#parallel()}, so that the JavaFX thread
     * only has the differences to show, however long the lists are. At most one waits on either thread, and the next one is asked for
     * when it is taken: while the window is busy, a source that conflates goes on with its newest.
     *
     * @param lists the source
     * @return each list as it is shown; completes and fails with the source; cold like it
     */
    Flux<List<T>> follow(Flux<List<T>> lists) {
        // A source may give the next list on the thread that asks for it, which must not be the JavaFX thread.
        return Flux.defer(() -> {
            Flux<Difference<T>> differences =
                    lists.publishOn(Schedulers.parallel(), 1).map(new Comparison());
            return feed(differences, this::show).map(Difference::after);
        });
    }

    /** Compares each list of a stream with the one before it, which is what will be shown by then. */
    private final class Comparison implements Function<List<T>, Difference<T>> {
        private List<T> last = List.of();

        @Override
        public Difference<T> apply(List<T> list) {
            Difference<T> difference = difference(last, List.copyOf(list));
            last = difference.after();
            return difference;
        }
    }

    /**
     * Values as they are to be shown, on the JavaFX thread. At most one waits there, as with {@link #follow}.
     *
     * @param values the source
     * @param show takes each value, on the JavaFX thread
     * @param <V> a value
     * @return completes and fails with the source; cold like it
     */
    static <V> Flux<V> feed(Flux<V> values, Consumer<? super V> show) {
        return values.publishOn(FxThread.SCHEDULER, 1).doOnNext(show);
    }

    /**
     * Puts the newest values of two streams together, for a consumer that may be slow: of each stream at most two values wait, so that a
     * source that conflates goes on with its newest.
     *
     * @param one a source
     * @param other another one
     * @param both puts two values together
     * @param <A> a value of the one
     * @param <B> a value of the other
     * @param <R> both
     * @return as soon as each has a value, and with each value after that; completes with the last of them, fails with the first; cold
     */
    @SuppressWarnings("unchecked") // They come in the order of the sources.
    static <A, B, R> Flux<R> newestOfBoth(Flux<A> one, Flux<B> other, BiFunction<? super A, ? super B, R> both) {
        return Flux.combineLatest(values -> both.apply((A) values[0], (B) values[1]), EACH_SOURCE, one, other);
    }

    /**
     * Sets what runs each change, such as {@link Selection#keep}.
     *
     * @param around runs what it is given, once and at once
     */
    void around(Consumer<Runnable> around) {
        this.around = around;
    }

    @Override
    public T get(int index) {
        return shown.get(index);
    }

    @Override
    public int size() {
        return shown.size();
    }

    /**
     * Shows another list.
     *
     * @param newest the elements, in their order, no two with the same key
     */
    void show(List<? extends T> newest) {
        show(difference(shown, List.copyOf(newest)));
    }

    @SuppressWarnings("ReferenceEquality") // Lists here never change, and another one that is equal costs only time.
    private void show(Difference<T> difference) {
        Difference<T> current = difference.before() == shown ? difference : difference(shown, difference.after());
        around.accept(() -> change(current));
    }

    private void change(Difference<T> difference) {
        beginChange();
        shown = difference.after();
        for (Step<T> step : difference.steps()) {
            if (step.replaces()) {
                nextSet(step.at(), step.gone().get(0));
            } else {
                if (!step.gone().isEmpty()) {
                    nextRemove(step.at(), step.gone());
                }
                if (step.added() > 0) {
                    nextAdd(step.at(), step.at() + step.added());
                }
            }
        }
        endChange();
    }

    /** What is to be done to one list so that it becomes another. */
    private record Difference<T>(List<T> before, List<T> after, List<Step<T>> steps) {}

    /**
     * A change at one place.
     *
     * @param at where, in the new list
     * @param gone what was there
     * @param added how many elements are there instead
     * @param replaces whether it is the same element, with another content
     */
    private record Step<T>(int at, List<T> gone, int added, boolean replaces) {}

    private Difference<T> difference(List<T> before, List<T> after) {
        Set<Object> staying = staying(before, after);
        List<Step<T>> steps = new ArrayList<>();
        int from = 0;
        int to = 0;
        while (from < before.size() || to < after.size()) {
            int removed = countUntilStaying(before, from, staying);
            int added = countUntilStaying(after, to, staying);
            if (removed > 0 || added > 0) {
                steps.add(new Step<>(to, before.subList(from, from + removed), added, false));
                from += removed;
                to += added;
            }
            if (from < before.size()) { // Both are at the same element now: what stays has the same order in both.
                if (!before.get(from).equals(after.get(to))) {
                    steps.add(new Step<>(to, List.of(before.get(from)), 1, true));
                }
                from++;
                to++;
            }
        }
        return new Difference<>(before, after, steps);
    }

    private int countUntilStaying(List<T> list, int start, Set<Object> staying) {
        int end = start;
        while (end < list.size() && !staying.contains(key.apply(list.get(end)))) {
            end++;
        }
        return end - start;
    }

    /** The keys of the most elements that are in both lists in the same order: a longest increasing run of new positions. */
    private Set<Object> staying(List<T> before, List<T> after) {
        Map<Object, Integer> positions = new HashMap<>();
        for (int i = 0; i < after.size(); i++) {
            if (positions.put(key.apply(after.get(i)), i) != null) {
                throw new IllegalArgumentException("Two elements have the key '%s'. Give the list a key that is unique."
                        .formatted(key.apply(after.get(i))));
            }
        }
        List<Integer> kept = new ArrayList<>(); // The new positions of what is in both, in the old order.
        for (T element : before) {
            Integer position = positions.get(key.apply(element));
            if (position != null) {
                kept.add(position);
            }
        }
        Set<Object> keys = new HashSet<>();
        for (int position : longestIncreasing(kept)) {
            keys.add(key.apply(after.get(position)));
        }
        return keys;
    }

    /** Patience sorting: {@code ends[n]} is where the run of length n + 1 with the smallest end ends. */
    private static int[] longestIncreasing(List<Integer> numbers) {
        int[] ends = new int[numbers.size()];
        int[] previous = new int[numbers.size()];
        int length = 0;
        for (int i = 0; i < numbers.size(); i++) {
            int low = 0;
            int high = length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (numbers.get(ends[middle]) < numbers.get(i)) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            previous[i] = low == 0 ? -1 : ends[low - 1];
            ends[low] = i;
            length = Math.max(length, low + 1);
        }
        int[] run = new int[length];
        int at = length == 0 ? -1 : ends[length - 1];
        for (int n = length - 1; n >= 0; n--) {
            run[n] = numbers.get(at);
            at = previous[at];
        }
        return run;
    }
}
