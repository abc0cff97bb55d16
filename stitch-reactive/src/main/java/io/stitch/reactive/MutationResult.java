package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/**
 * How a write ended.
 *
 * @param status how far it got
 * @param record the record as it is now stored; {@code null} after a delete
 * @param <T> the type of the record
 */
public record MutationResult<T>(Status status, @Nullable T record) {
    /** How far a write got. */
    public enum Status {
        /** The server has it. */
        SYNCED,
        /** It is stored here, and nowhere else: its entity is local-only. */
        LOCAL
    }
}
