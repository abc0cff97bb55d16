package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.lanes.Lanes.Users;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.List;

/**
 * Which write comes before which, across records (protocol section 3.4): what a record names is created before it, and what names a
 * record is written or deleted before that record is deleted. So it is along the schema's references, of which a child's scope field is
 * one. Within a record order is that of its lane. On the worker.
 */
final class WriteOrder {
    private final Lanes lanes;
    private final Users users;
    private final ScopeKeys keys;
    private final String root;

    WriteOrder(Lanes lanes, Users users, ScopeKeys keys) {
        this.lanes = lanes;
        this.users = users;
        this.keys = keys;
        this.root = keys.schema().root();
    }

    /**
     * Finds what must be settled before a lane's next write is sent.
     *
     * @param lane the lane
     * @param plan what is sent next
     * @return one of those records, or {@code null} if there is none
     */
    @Nullable
    RecordKey before(Lane lane, Noting.Plan plan) {
        List<Row> rows = plan.rows();
        Row last = rows.get(rows.size() - 1);
        if (last.write().kind() == WriteKind.DELETE) {
            return namedBy(lane, last);
        }
        for (Row row : rows) { // Each may name what those before it do not.
            RecordKey blocker = named(lane, row);
            if (blocker != null) {
                return blocker;
            }
        }
        return null;
    }

    /** A record that the write names and that is still to be created. */
    private @Nullable RecordKey named(Lane lane, Row next) {
        PendingWrite write = next.write();
        if (!write.key().entity().equals(root)) {
            RecordKey rootKey = keys.target(write.scope(), root, write.scope());
            if (isToBeCreated(rootKey, lane, next)) {
                return rootKey;
            }
        }
        for (RecordKey target : next.references()) {
            if (isToBeCreated(target, lane, next)) {
                return target;
            }
        }
        return null;
    }

    /** Whether it was written to be created before, or is not there and was written to be created since. */
    private boolean isToBeCreated(RecordKey target, Lane lane, Row next) {
        Lane named = lanes.get(target);
        if (named == null || named.equals(lane)) {
            return false;
        }
        Row first = named.firstOfOurs();
        return (first != null && first.write().kind() == WriteKind.CREATE)
                || named.rows().stream()
                        .anyMatch(row -> row.write().kind() == WriteKind.CREATE
                                && row.sequence() < next.sequence()
                                && users.isOurs(row));
    }

    /** A record that names the one to be deleted, or did, and is still to be written. */
    private @Nullable RecordKey namedBy(Lane lane, Row next) {
        RecordKey key = next.write().key();
        RecordKey other = earlier(lanes.naming(key), lane, next);
        return other == null && key.entity().equals(root) ? earlier(lanes.in(key.id()), lane, next) : other;
    }

    private @Nullable RecordKey earlier(Collection<Lane> candidates, Lane lane, Row next) {
        for (Lane candidate : candidates) {
            if (!candidate.equals(lane)) {
                Row first = candidate.firstOfOurs();
                if (first != null && first.sequence() < next.sequence()) {
                    return candidate.key();
                }
            }
        }
        return null;
    }

    static long sequence(Lane lane) {
        Row first = lane.firstOfOurs();
        return first == null ? Long.MAX_VALUE : first.sequence();
    }
}
