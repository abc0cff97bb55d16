package io.stitch.reactive.internal.records;

import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

/** A record with writes that are not settled: its server state is kept apart from what is shown of it. On the worker, unless said. */
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

    /** Forgets what the server holds, which is not for the next user to see; that it holds something stays known. */
    void forgetServer();

    /** {@return what subscribers see, or {@code null}} */
    @Nullable
    StoredRecord shown();

    /** {@return whether the server ever had this record} */
    boolean isAcknowledged();

    /** {@return whether writes of the current user lie on top that the server has not settled} Any thread. */
    boolean isPending();

    /** {@return whether nobody's writes lie on top any more} */
    boolean isOver();

    /** {@return whether it became pending, or ceased to be, since this was asked last: its subscribers have not heard of that yet} */
    boolean turned();
}
