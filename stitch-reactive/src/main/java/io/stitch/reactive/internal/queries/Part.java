package io.stitch.reactive.internal.queries;

/**
 * The part of an index that is shown.
 *
 * @param index the index
 * @param from where the part begins
 * @param to where it ends, exclusive
 * @param <E> the type of an element
 */
record Part<E>(Ranked<E> index, int from, int to) {
    static <E> Part<E> of(Ranked<E> index, int offset, int limit) {
        int from = Math.min(offset, index.size());
        return new Part<>(index, from, (int) Math.min((long) from + limit, index.size()));
    }

    int size() {
        return to - from;
    }

    E get(int place) {
        return index.get(from + place);
    }

    boolean has(int rank) {
        return rank >= from && rank < to;
    }
}
