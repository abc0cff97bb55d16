package io.stitch.reactive;

import java.util.List;

/**
 * One step from the rows of a query's result to those of the next, for those who draw a list. Steps are taken one after the other: a place
 * is that in the list as the steps before have left it. Immutable.
 *
 * @param <T> the type of a record
 */
public sealed interface QueryChange<T> {
    /**
     * Takes the step.
     *
     * @param list the rows before, which become the rows after it
     */
    void applyTo(List<RecordRow<T>> list);

    /**
     * A row has come into the list.
     *
     * @param index where it is now
     * @param row the row
     * @param <T> the type of a record
     */
    record Inserted<T>(int index, RecordRow<T> row) implements QueryChange<T> {
        @Override
        public void applyTo(List<RecordRow<T>> list) {
            list.add(index, row);
        }
    }

    /**
     * A row has another place, and is mostly another one as well.
     *
     * @param from where it was
     * @param to where it is when it has been taken away from there
     * @param row the row as it is now
     * @param <T> the type of a record
     */
    record Moved<T>(int from, int to, RecordRow<T> row) implements QueryChange<T> {
        @Override
        public void applyTo(List<RecordRow<T>> list) {
            list.remove(from);
            list.add(to, row);
        }
    }

    /**
     * A row is another one at the same place: its record, its version or its mark is.
     *
     * @param index where it is
     * @param row the row as it is now
     * @param <T> the type of a record
     */
    record Changed<T>(int index, RecordRow<T> row) implements QueryChange<T> {
        @Override
        public void applyTo(List<RecordRow<T>> list) {
            list.set(index, row);
        }
    }

    /**
     * A row is in the list no more: it is gone, matches no more, or is outside the part that the query asks for.
     *
     * @param index where it was
     * @param <T> the type of a record
     */
    record Removed<T>(int index) implements QueryChange<T> {
        @Override
        public void applyTo(List<RecordRow<T>> list) {
            list.remove(index);
        }
    }
}
