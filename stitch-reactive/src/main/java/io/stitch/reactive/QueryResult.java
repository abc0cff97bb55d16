package io.stitch.reactive;

import java.util.List;

/**
 * What a live query found: the rows of the part that it asks for, how many there are in all, and what has changed since the result before.
 * Immutable as far as the records are, and safe on any thread: a result that is held stays as it is while newer ones follow.
 *
 * <p>The lists are views of an ordered index that results share, so that a result costs what changed, not what it has: a row is found by its
 * place in steps that grow with the logarithm of the size, and going through all of them takes as long as with any list. Records of a type
 * whose objects could be changed by whoever gets them are made anew for each result, which costs one conversion for each row.
 *
 * @param <T> the type of a record
 */
public interface QueryResult<T> {
    /**
     * {@return the rows of the part that is asked for, in the order asked for} Unmodifiable.
     */
    List<RecordRow<T>> rows();

    /**
     * {@return the records of {@link #rows()}} Unmodifiable.
     */
    List<T> records();

    /**
     * {@return how many records match, whatever part of them is asked for}
     */
    int count();

    /**
     * The groups of the records that match, whatever part of them is asked for.
     *
     * @return one for each value of the field that the query {@linkplain ListQuery#groupBy groups by}: first where it is absent, then null, then
     *     objects and arrays, {@code false}, {@code true}, numbers and texts; none if it groups by none. Unmodifiable
     */
    List<QueryGroup> groups();

    /**
     * The steps from the rows of the result that this subscriber got before to {@link #rows()}. Of the first result they are from an empty
     * list. A subscriber that was slow gets one difference over all that it missed; but what an operator behind the query drops, a
     * {@code sample} or an {@code onBackpressureLatest}, it did get: put {@code limitRate(1)}, or nothing, in its place.
     *
     * @return the steps, to be taken in this order: what goes, from the last to the first; what comes and what moves, from the first to the last;
     *     what is another one in its place. Unmodifiable; none if only {@link #count()} or {@link #groups()} changed
     */
    List<QueryChange<T>> changes();
}
