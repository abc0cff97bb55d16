package io.stitch.reactive.internal.queries;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The steps that lead from one part of an index to a later one. Costs what differs and what the part shows more or less of, times the
 * logarithm of the size; not the size of the part.
 *
 * <p>Most elements stay: those that are in both indexes at the same place of the order, whether they are other objects there or not. They are
 * in the same order in both, so a part of an index is a stretch of them, with those that went or came in between.
 *
 * @param <E> the type of an element
 */
final class PartChanges<E> {
    /** Takes the steps, see {@link io.stitch.reactive.QueryChange}. Each has the element's place in the later part. */
    interface Steps {
        void removed(int index);

        void inserted(int index, int place);

        void moved(int from, int to, int place);

        void changed(int index, int place);
    }

    private final Part<E> before;
    private final Part<E> now;
    private final Steps steps;

    /** Places of the elements that go or move, in the index before, ascending. */
    private final List<Integer> gone = new ArrayList<>();

    private final List<E> goneElements = new ArrayList<>();

    /** Places of the elements that come or move, in the index now, ascending. */
    private final List<Integer> come = new ArrayList<>();

    private final List<E> comeElements = new ArrayList<>();

    private final List<E> replaced = new ArrayList<>();

    private PartChanges(Part<E> before, Part<E> now, Steps steps) {
        this.before = before;
        this.now = now;
        this.steps = steps;
    }

    /**
     * Finds the steps.
     *
     * @param identity what an element is, wherever its place is
     */
    static <E> void between(Part<E> before, Part<E> now, Function<E, ?> identity, Steps steps) {
        new PartChanges<>(before, now, steps).find(identity);
    }

    private void find(Function<E, ?> identity) {
        before.index().differences(now.index(), new Ranked.Differences<>() {
            @Override
            public void gone(E element) {
                gone.add(before.index().rank(element));
                goneElements.add(element);
            }

            @Override
            public void come(E element) {
                come.add(now.index().rank(element));
                comeElements.add(element);
            }

            @Override
            public void replaced(E earlier, E later) {
                replaced.add(later);
            }
        });
        // The stretch of staying elements that both parts show.
        int from = Math.max(staying(gone, before.from()), staying(come, now.from()));
        int to = Math.max(from, Math.min(staying(gone, before.to()), staying(come, now.to())));

        Map<Object, Integer> goneFrom = new HashMap<>();
        for (int i = 0; i < gone.size(); i++) {
            if (before.has(gone.get(i))) {
                goneFrom.put(identity.apply(goneElements.get(i)), gone.get(i));
            }
        }
        Map<Integer, Integer> movedTo = new HashMap<>(); // Places in the two indexes.
        Map<Integer, Integer> movedFrom = new HashMap<>();
        for (int i = 0; i < come.size(); i++) {
            Integer origin = now.has(come.get(i)) ? goneFrom.get(identity.apply(comeElements.get(i))) : null;
            if (origin != null) {
                movedTo.put(origin, come.get(i));
                movedFrom.put(come.get(i), origin);
            }
        }
        List<Integer> leaving = outside(before, gone, from, to, movedTo);
        for (int i = leaving.size() - 1; i >= 0; i--) {
            steps.removed(leaving.get(i) - before.from());
        }
        List<Integer> arriving = outside(now, come, from, to, Map.of());
        new Placing(leaving, movedTo.keySet().stream().sorted().toList()).place(arriving, movedFrom);
        for (E element : replaced) {
            int rank = now.index().rank(element);
            if (now.has(rank)) {
                int stays = rank - below(come, rank);
                if (stays >= from && stays < to) {
                    steps.changed(rank - now.from(), rank - now.from());
                }
            }
        }
    }

    /** {@return how many staying elements come before a place} */
    private static int staying(List<Integer> others, int place) {
        return place - below(others, place);
    }

    /** {@return how many of ascending numbers are less than one} */
    private static int below(List<Integer> ascending, int number) {
        int low = 0;
        int high = ascending.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ascending.get(middle) < number) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * {@return the places of what a part shows besides the staying elements that both show, ascending}
     *
     * @param others the places of what does not stay
     * @param except places that are left out
     */
    private static <E> List<Integer> outside(
            Part<E> part, List<Integer> others, int from, int to, Map<Integer, Integer> except) {
        List<Integer> places = new ArrayList<>();
        int next = below(others, part.from());
        int stays = part.from() - next; // The number of the staying element at the place, or of the next one.
        int place = part.from();
        while (place < part.to()) {
            if (next < others.size() && others.get(next) == place) {
                if (!except.containsKey(place)) {
                    places.add(place);
                }
                next++;
                place++;
            } else if (stays >= from && stays < to) {
                // All that both show, up to the next one that does not stay.
                int until = next < others.size() ? Math.min(others.get(next), part.to()) : part.to();
                int skipped = Math.min(until - place, to - stays);
                stays += skipped;
                place += skipped;
            } else {
                places.add(place);
                stays++;
                place++;
            }
        }
        return places;
    }

    /**
     * Puts what comes and what moves to its place, from the first to the last. At any time the list is: what was placed, in the order of now;
     * between it what stays; and, each behind what was placed in the same gap, what is still to be moved.
     */
    private final class Placing {
        /** How many staying elements there are before what is to be moved, in the order of before: not descending. */
        private final int[] gaps;

        private final Map<Integer, Integer> numbers = new HashMap<>();
        private final int[] waiting; // A Fenwick tree (Fenwick 1994) over those that are still to be moved.

        Placing(List<Integer> leaving, List<Integer> moving) {
            gaps = new int[moving.size()];
            waiting = new int[moving.size() + 1];
            for (int i = 0; i < moving.size(); i++) {
                int place = moving.get(i);
                gaps[i] = place - before.from() - below(leaving, place) - i;
                numbers.put(place, i);
                count(i, 1);
            }
        }

        void place(List<Integer> arriving, Map<Integer, Integer> movedFrom) {
            int[] placedIn = new int[arriving.size()]; // Gaps of what was placed: not descending either.
            for (int i = 0; i < arriving.size(); i++) {
                int place = arriving.get(i) - now.from();
                int gap = place - i;
                Integer origin = movedFrom.get(arriving.get(i));
                Integer number = origin == null ? null : numbers.get(origin);
                if (number == null) {
                    steps.inserted(place + waitingBefore(gap), place);
                } else {
                    int from = gaps[number] + waitingAmong(number) + upTo(placedIn, i, gaps[number]);
                    count(number, -1);
                    int to = place + waitingBefore(gap);
                    if (from == to) {
                        steps.changed(to, place);
                    } else {
                        steps.moved(from, to, place);
                    }
                }
                placedIn[i] = gap;
            }
        }

        /** {@return how many are still to be moved that stand before a gap} */
        private int waitingBefore(int gap) {
            return waitingAmong(upTo(gaps, gaps.length, gap - 1));
        }

        /** {@return how many of the first ascending numbers are not more than one} */
        private int upTo(int[] ascending, int length, int number) {
            int low = 0;
            int high = length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (ascending[middle] <= number) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }

        private void count(int number, int change) {
            for (int i = number + 1; i < waiting.length; i += i & -i) {
                waiting[i] += change;
            }
        }

        /** {@return how many of the first ones are still to be moved} */
        private int waitingAmong(int first) {
            int sum = 0;
            for (int i = first; i > 0; i -= i & -i) {
                sum += waiting[i];
            }
            return sum;
        }
    }
}
