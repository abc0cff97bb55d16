package io.stitch.reactive.internal.writes;

import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.records.Merge;
import io.stitch.reactive.internal.records.Overlay;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.JsonSplice;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * A record with writes that the server has not settled: what the server holds as far as is known, and the writes on top of it.
 * What subscribers see is the one with the others applied: fields that were written here stay on top, a record that was deleted
 * here stays deleted, and one that the server deleted stays visible until its writes are settled. On the worker.
 */
final class PendingRecord implements Overlay {
    private static final long NEVER_ACKNOWLEDGED = 0;

    private final RecordKey key;
    private final ScopeKeys scopes;
    private final Deque<QueuedWrite> writes = new ArrayDeque<>();
    private final boolean stamped;
    private volatile String scope = "";
    private boolean announced;
    private @Nullable StoredRecord server;
    private @Nullable StoredRecord lastSeen;

    PendingRecord(RecordKey key, ScopeKeys scopes, @Nullable StoredRecord server) {
        this(key, scopes, server, false);
    }

    /** With {@code stamped}, the writes are in the record already, and nothing lies on top of it. */
    PendingRecord(RecordKey key, ScopeKeys scopes, @Nullable StoredRecord server, boolean stamped) {
        this.stamped = stamped;
        this.key = key;
        this.scopes = scopes;
        this.server = server;
    }

    @Override
    public RecordKey key() {
        return key;
    }

    /** The key of the set of records that the newest write was made in. Any thread. */
    @Override
    public String scope() {
        return scope;
    }

    @Override
    public void writtenIn(String key) {
        scope = key;
    }

    /** {@return whether this is the first time, so that subscribers have not heard yet that the record is pending} */
    @Override
    public boolean announce() {
        boolean first = !announced;
        announced = true;
        return first;
    }

    /** The writes, in order. */
    Deque<QueuedWrite> writes() {
        return writes;
    }

    /** What the server holds, or {@code null} if it has no such record. */
    @Override
    public @Nullable StoredRecord server() {
        return server;
    }

    /** Takes a new server state. */
    @Override
    public void server(@Nullable StoredRecord state) {
        if (state == null && server != null) {
            lastSeen = server;
        }
        server = state;
    }

    @Override
    public boolean isSettled() {
        return writes.isEmpty();
    }

    @Override
    public void clear() {
        writes.clear();
    }

    /** A new record begins: what the server had before, if anything, was another one. */
    void begins() {
        lastSeen = null;
    }

    /** Whether the server ever had this record. */
    @Override
    public boolean isAcknowledged() {
        return server != null || lastSeen != null;
    }

    /** What subscribers see, or {@code null}. */
    @Override
    public @Nullable StoredRecord shown() {
        if (stamped || writes.isEmpty()) {
            return server;
        }
        StoredRecord base = base();
        Written written = written(base);
        if (!written.changed()) { // The server has it all already, though its answer is still to come.
            return base;
        }
        return written.data() == null ? null : record(written.data());
    }

    /** What subscribers see, as a tree of the caller's own, or {@code null}. */
    @Nullable
    ObjectNode data() {
        return written(base()).data();
    }

    /** A record with the writes on top, and whether they change it. */
    private record Written(@Nullable ObjectNode data, boolean changed) {}

    private Written written(@Nullable StoredRecord base) {
        ObjectNode data = base == null ? null : Json.readObject(base.json());
        boolean changed = false;
        for (QueuedWrite queued : stamped ? List.<QueuedWrite>of() : writes) {
            PendingWrite write = queued.write();
            ObjectNode payload = Json.readObject(write.payload());
            if (data == null || write.kind() != WriteKind.UPDATE || !Merge.changesNothing(data, payload)) {
                data = apply(data, write.kind(), payload);
                changed = true;
            }
        }
        return new Written(data, changed);
    }

    /** What subscribers see, as it is kept and as a tree of the caller's own: reading it again costs as much as writing it. */
    record Shown(StoredRecord record, ObjectNode data) {}

    /** What subscribers see after one more write, from what they saw before it: the same record if it changes nothing. */
    @Nullable
    Shown shownAfter(@Nullable StoredRecord before, WriteKind kind, ObjectNode payload) {
        if (before == null || kind != WriteKind.UPDATE) {
            ObjectNode after = apply(before == null ? null : Json.readObject(before.json()), kind, payload);
            return after == null ? null : new Shown(record(after), after);
        }
        JsonSplice.Spliced after = Merge.into(before.json(), payload);
        return new Shown(
                after.isChanged() ? record(scopes.of(key.entity(), key.id(), after.data()), after.json()) : before,
                after.data());
    }

    private @Nullable StoredRecord base() {
        return server == null && !stamped && !isNew() ? lastSeen : server;
    }

    private boolean isNew() {
        QueuedWrite first = writes.peekFirst();
        return first != null && first.write().kind() == WriteKind.CREATE;
    }

    private StoredRecord record(ObjectNode data) {
        return record(scopes.of(key.entity(), key.id(), data), Json.write(data));
    }

    private StoredRecord record(String scope, byte[] json) {
        StoredRecord base = base();
        return new StoredRecord(key, scope, base == null ? NEVER_ACKNOWLEDGED : base.version(), json);
    }

    /** What becomes of a record, which is changed, by a write; {@code null} stands for no record. */
    static @Nullable ObjectNode apply(@Nullable ObjectNode data, WriteKind kind, ObjectNode payload) {
        return switch (kind) {
            case CREATE -> data == null ? payload.deepCopy() : Merge.into(data, payload);
            case UPDATE -> data == null ? null : Merge.into(data, payload);
            case DELETE -> null;
        };
    }
}
