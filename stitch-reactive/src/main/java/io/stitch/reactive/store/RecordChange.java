package io.stitch.reactive.store;

import io.stitch.reactive.persistence.StoredRecord;

/**
 * What happened to a record in the local store.
 *
 * @param kind what happened
 * @param record the record after it; on a delete, the last state
 * @param origin who did it
 * @param pending whether local writes of the record still waited for their answer
 */
public record RecordChange(Kind kind, StoredRecord record, Origin origin, boolean pending) {
    /** What happened. */
    public enum Kind {
        /** The record is new to the subscriber. */
        CREATED,
        /** The record changed. */
        UPDATED,
        /** The record is gone from this scope. */
        DELETED
    }

    /** Who did it. */
    public enum Origin {
        /** Nobody: it was there when the subscriber came. */
        STORED,
        /** This client. */
        LOCAL,
        /** The server or another client. */
        REMOTE,
        /** A write of this client was refused and undone. */
        ROLLBACK
    }
}
