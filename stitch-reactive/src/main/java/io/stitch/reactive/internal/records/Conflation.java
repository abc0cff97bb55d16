package io.stitch.reactive.internal.records;

import io.stitch.reactive.RecordEvent.Operation;
import io.stitch.reactive.spi.RecordChange;
import org.jspecify.annotations.Nullable;

/** Makes one change of two that followed each other on the same record. Pure. */
final class Conflation {
    private Conflation() {}

    /**
     * Folds a change into the one before it that the subscriber has not seen yet. The result carries the record, the
     * origin and the pending mark of the newer one.
     *
     * <p>Only two facts count. Whether the subscriber knows the record: it does unless the undelivered change would have
     * introduced it. Whether the record still exists: it does unless the newer change deletes it.
     *
     * @param pending the undelivered change
     * @param next the change that followed it, on the same record
     * @return what to deliver instead of both; {@code null} if the record came and went unseen
     */
    static @Nullable RecordChange fold(RecordChange pending, RecordChange next) {
        boolean known = pending.operation() != Operation.CREATED;
        boolean exists = next.operation() != Operation.DELETED;
        if (!known && !exists) {
            return null;
        }
        Operation kind = !exists ? Operation.DELETED : known ? Operation.UPDATED : Operation.CREATED;
        return kind == next.operation()
                ? next
                : new RecordChange(kind, next.record(), next.origin(), next.pending(), next.tag());
    }
}
