package io.stitch.reactive.internal.queries;

import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes objects of records.
 *
 * @param <T> the type of a record
 */
public interface RowReader<T> {
    /**
     * Reads a record.
     *
     * @param record the record
     * @return a new object; {@code null} if the record does not fit the type, which is reported
     */
    @Nullable
    T read(StoredRecord record);

    /**
     * The version that is shown of a record.
     *
     * @param record the record
     * @return the version
     */
    long version(StoredRecord record);

    /**
     * {@return whether one object may be given to many, because nobody can change it}
     */
    boolean isReusable();
}
