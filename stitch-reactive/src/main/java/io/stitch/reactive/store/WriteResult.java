package io.stitch.reactive.store;

import org.jspecify.annotations.Nullable;

/**
 * What the writer of a record is told.
 *
 * @param status how far the write got
 * @param record the record as the server holds it, or as it is seen here, in UTF-8 JSON; {@code null} after a delete
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
public record WriteResult(Status status, byte @Nullable [] record) {
    /** How far a write got. */
    public enum Status {
        /** The server has it. */
        SYNCED,
        /** It is durable here and is sent when it can be. */
        QUEUED,
        /** It is durable here and goes nowhere else: its entity is local-only. */
        LOCAL
    }
}
