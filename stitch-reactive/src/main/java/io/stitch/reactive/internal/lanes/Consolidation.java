package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.records.Merge;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.JsonBounds;
import io.stitch.reactive.spi.PendingWrite;
import org.jspecify.annotations.Nullable;

import java.util.Iterator;
import java.util.List;

/**
 * Makes one write of those that wait at the head of a record's queue and were never sent: create and updates become one create,
 * updates one update, an update and a delete one delete, a create and a delete nothing at all. One that is to be done at a version only
 * stays as it is: no other write was compared with that. Pure.
 *
 * @param write what to send, or {@code null} if the record came and went unseen
 * @param count how many writes it stands for
 */
record Consolidation(@Nullable PendingWrite write, int count) {
    /** What is added to a list grows with each write, and is read and written for each. */
    private static final int MOST_CHANGES = 256;

    /**
     * Folds the writes at the head of a queue. A delete ends what can be folded: what comes after it is about a new record.
     *
     * @param queue the writes in order, at least one
     * @return the fold of as many as can be folded
     */
    static Consolidation of(List<PendingWrite> queue) {
        Iterator<PendingWrite> writes = queue.iterator();
        PendingWrite folded = writes.next();
        int count = 1;
        while (folded.kind() != WriteKind.DELETE && !folded.isCompared() && writes.hasNext()) {
            PendingWrite next = writes.next();
            if (next.isInDoubt() || next.isCompared() || next.kind() == WriteKind.CREATE) {
                break;
            }
            if (next.kind() == WriteKind.DELETE && folded.kind() == WriteKind.CREATE) {
                return new Consolidation(null, count + 1);
            }
            boolean changes = FieldChange.mayBeIn(next.payload());
            if (changes && count >= MOST_CHANGES) {
                break;
            }
            PendingWrite both = fold(folded, next);
            if (changes && JsonBounds.problem(both.payload()) != null) {
                break;
            }
            count++;
            folded = both;
        }
        return new Consolidation(folded, count);
    }

    /**
     * Folds stamped writes: the last one is the whole record, so those before it are part of it. A delete counts as much as any: others
     * may have seen what it deletes.
     *
     * @param queue the writes in order, at least one
     * @return the fold of as many as can be folded
     */
    static Consolidation ofStamped(List<PendingWrite> queue) {
        PendingWrite first = queue.get(0);
        PendingWrite last = queue.get(queue.size() - 1);
        boolean created = first.kind() == WriteKind.CREATE && last.kind() == WriteKind.UPDATE;
        return new Consolidation(first.as(created ? WriteKind.CREATE : last.kind(), last.payload()), queue.size());
    }

    private static PendingWrite fold(PendingWrite first, PendingWrite next) {
        if (next.kind() == WriteKind.DELETE) {
            return first.as(WriteKind.DELETE, next.payload());
        }
        var fields = Json.readObject(first.payload());
        var later = Json.readObject(next.payload());
        return first.as(
                first.kind(),
                Json.write(
                        first.kind() == WriteKind.CREATE ? Merge.into(fields, later) : Merge.patches(fields, later)));
    }
}
