package io.stitch.reactive.internal.writes;

import io.stitch.reactive.Rejection;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

/**
 * A write that will never be done.
 *
 * @param write the write
 * @param reason why
 * @param error the error, with the server's words
 * @param localCopy the record as it was seen here with the write, or {@code null} if it was not seen
 * @param serverState the record as it is seen now that the write is undone, or {@code null} if there is none
 */
public record WriteRejection(
        PendingWrite write,
        Rejection.Reason reason,
        RuntimeException error,
        @Nullable StoredRecord localCopy,
        @Nullable StoredRecord serverState) {}
