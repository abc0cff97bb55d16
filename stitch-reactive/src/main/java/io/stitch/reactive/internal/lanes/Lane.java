package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.lanes.Lanes.Users;
import io.stitch.reactive.internal.records.FieldChange;
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
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * One record with writes that are not settled: what the server holds of it, and the rows in the order of their sequences. What is seen
 * is always the one with the current user's rows on top: fields that were written here stay, a record that was deleted here stays
 * deleted, and one that the server deleted stays visible until its rows are settled. So a row is undone by leaving it out. On the worker.
 */
final class Lane implements Overlay {
    private static final long NEVER_ACKNOWLEDGED = 0;
    private static final long HERE_ONLY = -1;

    /** What all lanes of a store have in common. */
    record Common(ScopeKeys scopes, Users users, boolean stamped) {}

    private final RecordKey key;
    private final Common common;
    private final boolean hereOnly;
    private final Deque<Row> rows = new ArrayDeque<>();
    /** When what is sent; the queue's. */
    final Turn turn = new Turn();

    private volatile String scope = "";
    private volatile boolean pending;
    private boolean announced;
    private @Nullable StoredRecord server;
    private @Nullable StoredRecord lastSeen;
    private @Nullable StoredRecord shown;
    private boolean known;
    /** How many of the rows are not to wait. */
    private int onlineOnly;

    /**
     * Begins a lane.
     *
     * @param hereOnly whether its record goes nowhere else, so that it is never pending
     */
    Lane(RecordKey key, @Nullable StoredRecord server, boolean hereOnly, Common common) {
        this.key = key;
        this.server = server;
        this.hereOnly = hereOnly;
        this.common = common;
    }

    // ---- what the records see ----

    @Override
    public RecordKey key() {
        return key;
    }

    @Override
    public String scope() {
        return scope;
    }

    @Override
    public void writtenIn(String writtenIn) {
        scope = writtenIn;
    }

    @Override
    public boolean turned() {
        boolean turned = announced != pending;
        announced = pending;
        return turned;
    }

    @Override
    public @Nullable StoredRecord server() {
        return server;
    }

    @Override
    public void server(@Nullable StoredRecord state) {
        if (state == null && server != null) {
            lastSeen = server;
            rows.forEach(Row::overDeleted);
        }
        server = state;
        known = false;
    }

    @Override
    public void forgetServer() {
        if (server != null) {
            lastSeen = server;
            server = null;
            known = false;
        }
    }

    @Override
    public boolean isAcknowledged() {
        return server != null || lastSeen != null;
    }

    @Override
    public boolean isPending() {
        return pending;
    }

    @Override
    public boolean isOver() {
        return rows.isEmpty();
    }

    @Override
    public @Nullable StoredRecord shown() {
        if (!known) {
            shown = worked();
            known = true;
        }
        return shown;
    }

    // ---- rows ----

    /** The rows, whoever wrote them. */
    Deque<Row> rows() {
        return rows;
    }

    /** Whether any of its rows is not to wait. */
    boolean hasOnlineOnly() {
        return onlineOnly > 0;
    }

    /** Whether somebody is to be told when its rows wait. */
    boolean isUntold() {
        Row newest = rows.peekLast(); // What is before one that waits already was told before.
        return onlineOnly > 0 || (newest != null && !(newest.waited() && !newest.hasCallers()));
    }

    boolean isHereOnly() {
        return hereOnly;
    }

    /** The rows of the current user, in order. */
    List<Row> ours() {
        List<Row> ours = new ArrayList<>(rows.size());
        for (Row row : rows) {
            if (common.users.isOurs(row)) {
                ours.add(row);
            }
        }
        return ours;
    }

    @Nullable
    Row firstOfOurs() {
        for (Row row : rows) {
            if (common.users.isOurs(row)) {
                return row;
            }
        }
        return null;
    }

    /** The rows that the same user wrote after one of theirs, in order. */
    List<Row> after(Row first) {
        List<Row> later = new ArrayList<>();
        for (Row row : rows) {
            if (row.sequence() > first.sequence() && isOfSameWriter(row, first)) {
                later.add(row);
            }
        }
        return later;
    }

    /** Whether two rows are one user's: what nobody is known to have written is the current one's. */
    private boolean isOfSameWriter(Row one, Row another) {
        return one.isOfSameUser(another) || (common.users.isOurs(one) && common.users.isOurs(another));
    }

    /** What the same user wrote on top of a row, until a record begins anew: all of it, if that row creates the record. */
    List<Row> onTopOf(Row first) {
        List<Row> onTop = new ArrayList<>();
        for (Row row : after(first)) {
            if (row.write().kind() == WriteKind.CREATE) {
                break;
            }
            onTop.add(row);
            if (row.write().kind() == WriteKind.DELETE) {
                break;
            }
        }
        return onTop;
    }

    /** Takes a row that is applied on top of what is shown. */
    void add(Row row, @Nullable StoredRecord after) {
        append(row);
        pending = !hereOnly;
        shown = after;
        known = true;
    }

    /** Takes a row whose effect has to be worked out, or that is in the record already. */
    void add(Row row) {
        append(row);
        changed();
    }

    private void append(Row row) {
        Row first = common.users.isOurs(row) ? firstOfOurs() : null;
        if (server == null && first != null && first.isOverDeleted()) { // It is seen still, and written on.
            row.overDeleted();
        }
        rows.addLast(row);
        onlineOnly += row.isOnlineOnly() ? 1 : 0;
    }

    /** Leaves a row out from now on. */
    boolean drop(Row row) {
        boolean dropped = row.equals(rows.peekFirst()) ? rows.pollFirst() != null : rows.remove(row);
        onlineOnly -= dropped && row.isOnlineOnly() ? 1 : 0;
        changed();
        return dropped;
    }

    /** Other rows count now, because they ended or because somebody else is logged in. */
    void changed() {
        known = false;
        pending = !hereOnly && firstOfOurs() != null;
    }

    /** A new record begins: what the server had before, if anything, was another one. */
    void begins() {
        lastSeen = null;
    }

    /** A row of a record that goes nowhere else is durable: it is part of the record now. */
    void fold(Row row) {
        ObjectNode data = server == null ? null : Json.readObject(server.json());
        server(record(
                apply(data, row.write().kind(), Json.readObject(row.write().payload()))));
        drop(row);
    }

    // ---- what is seen ----

    private @Nullable StoredRecord worked() {
        return worked(ours());
    }

    /** What whoever wrote a row sees, whoever is logged in now. */
    @Nullable
    StoredRecord shownToWriterOf(Row row) {
        return common.users.isOurs(row)
                ? shown()
                : worked(rows.stream()
                        .filter(theirs -> isOfSameWriter(theirs, row))
                        .toList());
    }

    private @Nullable StoredRecord worked(List<Row> ours) {
        if ((common.stamped && !hereOnly) || ours.isEmpty()) {
            return server;
        }
        StoredRecord base = base(ours.get(0));
        ObjectNode data = base == null ? null : Json.readObject(base.json());
        boolean changed = false;
        for (Row row : ours) {
            PendingWrite write = row.write();
            ObjectNode payload = Json.readObject(write.payload());
            if (data == null || write.kind() != WriteKind.UPDATE || !Merge.changesNothing(data, payload)) {
                data = apply(data, write.kind(), payload);
                changed = true;
            }
        }
        if (!changed) { // The server has it all already, though its answer is still to come.
            return base;
        }
        return data == null ? null : record(scopeOf(data), Json.write(data), ours.get(0));
    }

    /** What subscribers see, as a tree of the caller's own, or {@code null}. */
    @Nullable
    ObjectNode data() {
        StoredRecord now = shown();
        return now == null ? null : Json.readObject(now.json());
    }

    /** What subscribers see of the record that a row is about, or {@code null} if a later row is about a new one. */
    @Nullable
    ObjectNode data(Row row) {
        return after(row).stream().anyMatch(later -> later.write().kind() == WriteKind.CREATE) ? null : data();
    }

    /** What subscribers see, as it is kept and as a tree of the caller's own: reading it again costs as much as writing it. */
    record Shown(StoredRecord record, ObjectNode data) {}

    /** What subscribers see after one more write, from what they see now: the same record if it changes nothing. */
    @Nullable
    Shown shownAfter(WriteKind kind, ObjectNode payload) {
        StoredRecord before = shown();
        if (before == null || kind != WriteKind.UPDATE) {
            ObjectNode after = apply(before == null ? null : Json.readObject(before.json()), kind, payload);
            StoredRecord record = record(after);
            return record == null || after == null ? null : new Shown(record, after);
        }
        JsonSplice.Spliced after = Merge.into(before.json(), payload);
        return new Shown(
                after.isChanged() ? record(scopeOf(after.data()), after.json(), firstOfOurs()) : before, after.data());
    }

    /** A record that the server deleted is the base of what was written on top of it; one that was created here has none. */
    private @Nullable StoredRecord base(@Nullable Row first) {
        boolean seenStill =
                first != null && first.isOverDeleted() && first.write().kind() != WriteKind.CREATE;
        return server == null && seenStill && !common.stamped ? lastSeen : server;
    }

    private @Nullable StoredRecord record(@Nullable ObjectNode data) {
        return data == null ? null : record(scopeOf(data), Json.write(data), firstOfOurs());
    }

    private String scopeOf(ObjectNode data) {
        return common.scopes.of(key.entity(), key.id(), data);
    }

    private StoredRecord record(String in, byte[] json, @Nullable Row first) {
        if (hereOnly) {
            return new StoredRecord(key, in, HERE_ONLY, json);
        }
        StoredRecord base = base(first);
        return new StoredRecord(key, in, base == null ? NEVER_ACKNOWLEDGED : base.version(), json);
    }

    /** What becomes of a record, which is changed, by a write; {@code null} stands for no record. */
    static @Nullable ObjectNode apply(@Nullable ObjectNode data, WriteKind kind, ObjectNode payload) {
        return switch (kind) {
            case CREATE -> data == null ? payload.deepCopy() : Merge.into(data, payload);
            // Whatever the server has by now: who finds that a change cannot be made is told when it is sent.
            case UPDATE -> data == null ? null : Merge.into(data, FieldChange.shown(payload, data));
            case DELETE -> null;
        };
    }

    @Override
    public String toString() {
        return "Lane[" + key + ", " + rows + ']';
    }
}
