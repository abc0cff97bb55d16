package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/**
 * How far a write got.
 *
 * @param status how far
 * @param record the record as the server holds it, or as it is seen here; {@code null} after a delete, and where what others wrote in it
 *     does not fit the type, which is reported as {@link DiagnosticCode#UNREADABLE_RECORD}
 * @param <T> the type of the record
 */
public record MutationResult<T>(Status status, @Nullable T record) {
    /** How far a write got. */
    public enum Status {
        /** The server has it. */
        SYNCED,
        /** It is durable here and is sent when it can be: the store is offline, or the server did not take it just now. */
        QUEUED,
        /** It is stored here, and goes nowhere else: its entity is local-only. */
        LOCAL
    }
}
