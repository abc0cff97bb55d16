package io.stitch.samples.desktop;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import javafx.collections.ObservableListBase;

/**
 * An observable list of what is told as whole lists, such as the boards that there are: each newest list is shown by the fewest additions,
 * removals and replacements, as one change event. Views therefore redraw what changed and nothing else. For what a live query finds, whose
 * results say what changed, there is {@link LiveList}. Read-only for everybody else; to be used on the JavaFX thread only.
 *
 * @param <T> an element; what differs by {@code equals} is replaced
 */
final class NewestList<T> extends ObservableListBase<T> {
    private final Function<? super T, ?> key;
    private List<T> shown = List.of();
    private Consumer<Runnable> around = Runnable::run;

    /**
     * Makes an empty list.
     *
     * @param key what an element is known by, unique in each list
     */
    NewestList(Function<? super T, ?> key) {
        this.key = key;
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
        Difference<T> difference = difference(shown, List.copyOf(newest));
        around.accept(() -> change(difference));
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
    private record Difference<T>(List<T> after, List<Step<T>> steps) {}

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
        return new Difference<>(after, steps);
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
