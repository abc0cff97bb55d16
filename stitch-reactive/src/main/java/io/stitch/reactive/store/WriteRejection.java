package io.stitch.reactive.store;

import io.stitch.reactive.persistence.PendingWrite;
import io.stitch.reactive.persistence.StoredRecord;
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
        Reason reason,
        RuntimeException error,
        @Nullable StoredRecord localCopy,
        @Nullable StoredRecord serverState) {
    /** Why a write is never done. */
    public enum Reason {
        /** The server refused it. */
        REFUSED,
        /** The record was deleted meanwhile, and the delete stands. */
        DELETED_MEANWHILE,
        /** Somebody else wrote the same meanwhile, and it is unknown whether this write came before. */
        OVERTAKEN
    }
}
