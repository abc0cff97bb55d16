package io.stitch.reactive.internal.records;

import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

/** A record with writes on top that the server has not settled: its server state is kept apart from what is shown. On the worker. */
public interface Overlay {
    /** {@return the record} */
    RecordKey key();

    /** {@return the key of the set of records that the newest write was made in} Any thread. */
    String scope();

    /** Takes the set of records that a write was made in. */
    void writtenIn(String scope);

    /** {@return what the server holds, or {@code null} if it has no such record} */
    @Nullable
    StoredRecord server();

    /** Takes a new server state. */
    void server(@Nullable StoredRecord state);

    /** {@return what subscribers see, or {@code null}} */
    @Nullable
    StoredRecord shown();

    /** {@return whether the server ever had this record} */
    boolean isAcknowledged();

    /** {@return whether nothing lies on top any more} */
    boolean isSettled();

    /** {@return whether this is the first time, so that subscribers have not heard yet that the record is pending} */
    boolean announce();

    /** Takes away all that lies on top. */
    void clear();
}
