package io.stitch.samples.desktop;

import io.stitch.reactive.QueryChange;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The steps of a result, as a list of JavaFX takes them: first what goes, from the last to the first, then what comes and what is another one in
 * its place, from the first to the last. What moves goes and comes. Filtered lists over a list do not bear a change that makes it longer in
 * between than it is in the end.
 *
 * @param gone the places before, descending
 * @param come what comes, by ascending places
 */
record Redrawing(List<Integer> gone, List<Come> come) {
    private static final int NEW = -1;

    /**
     * Something comes.
     *
     * @param place where it is afterwards
     * @param changed whether it was there before, and is another one
     */
    record Come(int place, boolean changed) {}

    /** {@return the same steps in that order, for a list of this size} */
    static Redrawing of(int size, List<? extends QueryChange<?>> changes) {
        Places places = new Places(size);
        for (QueryChange<?> change : changes) {
            if (change instanceof QueryChange.Inserted<?> inserted) {
                places.insert(inserted.index());
            } else if (change instanceof QueryChange.Moved<?> moved) {
                places.remove(moved.from());
                places.insert(moved.to());
            } else if (change instanceof QueryChange.Changed<?> other) {
                places.change(other.index());
            } else if (change instanceof QueryChange.Removed<?> removed) {
                places.remove(removed.index());
            }
        }
        return places.steps();
    }

    /** For each place where what is there now was before. What did not move keeps its order. */
    private static final class Places {
        private final int before;
        private int[] from;
        /** Where something was that is another one now: at its place before. */
        private final boolean[] other;

        private int size;

        Places(int size) {
            this.before = size;
            this.size = size;
            this.from = new int[size + 8];
            this.other = new boolean[size];
            for (int i = 0; i < size; i++) {
                from[i] = i;
            }
        }

        void insert(int index) {
            if (size == from.length) {
                from = Arrays.copyOf(from, 2 * size);
            }
            System.arraycopy(from, index, from, index + 1, size - index);
            from[index] = NEW;
            size++;
        }

        void remove(int index) {
            size--;
            System.arraycopy(from, index + 1, from, index, size - index);
        }

        void change(int index) {
            if (from[index] != NEW) {
                other[from[index]] = true;
            }
        }

        Redrawing steps() {
            List<Integer> gone = new ArrayList<>();
            int old = before - 1;
            for (int i = size - 1; i >= 0; i--) {
                if (from[i] != NEW) {
                    for (; old > from[i]; old--) {
                        gone.add(old);
                    }
                    old--;
                }
            }
            for (; old >= 0; old--) {
                gone.add(old);
            }
            List<Come> come = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                if (from[i] == NEW || other[from[i]]) {
                    come.add(new Come(i, from[i] != NEW));
                }
            }
            return new Redrawing(gone, come);
        }
    }
}
