package io.stitch.reactive.spi;

import io.stitch.reactive.RecordEvent.Operation;
import io.stitch.reactive.RecordEvent.Origin;
import org.jspecify.annotations.Nullable;

/**
 * What happened to a record in the local store.
 *
 * @param operation what happened
 * @param record the record after it; on a delete, the last state
 * @param origin who did it
 * @param pending whether local writes of the record still waited for their answer
 * @param tag what the write was marked with that did it, or {@code null}
 */
public record RecordChange(
        Operation operation,
        StoredRecord record,
        Origin origin,
        boolean pending,
        @Nullable String tag) {
    /**
     * A change by nobody's marked write.
     *
     * @param operation what happened
     * @param record the record after it; on a delete, the last state
     * @param origin who did it
     * @param pending whether local writes of the record still waited for their answer
     */
    public RecordChange(Operation operation, StoredRecord record, Origin origin, boolean pending) {
        this(operation, record, origin, pending, null);
    }
}
