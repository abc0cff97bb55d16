package io.stitch.reactive.internal.queries;

import java.util.AbstractList;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.RandomAccess;
import java.util.function.Function;

/**
 * A part of an index as a list that cannot be changed. An element is found in logarithmic time, and the next one of an iterator in constant.
 *
 * @param <E> the type of an element of the index
 * @param <R> the type of an element of the list
 */
final class PartList<E, R> extends AbstractList<R> implements RandomAccess {
    private final Part<E> part;
    private final Function<E, R> view;

    PartList(Part<E> part, Function<E, R> view) {
        this.part = part;
        this.view = view;
    }

    @Override
    public R get(int index) {
        return view.apply(part.get(Objects.checkIndex(index, part.size())));
    }

    @Override
    public int size() {
        return part.size();
    }

    @Override
    public Iterator<R> iterator() {
        Iterator<E> elements = part.index().from(part.from());
        return new Iterator<>() {
            private int left = part.size();

            @Override
            public boolean hasNext() {
                return left > 0;
            }

            @Override
            public R next() {
                if (left == 0) {
                    throw new NoSuchElementException("There is no further element.");
                }
                left--;
                return view.apply(elements.next());
            }
        };
    }
}
