package io.stitch.reactive.internal.writes;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the writer of a record is told.
 *
 * @param status how far the write got
 * @param record the record as the server holds it, or as it is seen here; {@code null} after a delete
 */
public record WriteResult(Status status, @Nullable ObjectNode record) {
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
