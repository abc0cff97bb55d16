package io.stitch.reactive.peer.internal;

import io.stitch.reactive.Names;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.records.Bookkeeping;
import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.records.Merge;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.JsonSplice;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.writes.LocalWrite;
import io.stitch.reactive.internal.writes.WriteRefusal;
import io.stitch.reactive.internal.writes.WriteStamps;
import io.stitch.reactive.peer.internal.merge.FieldState;
import io.stitch.reactive.peer.internal.merge.RecordMerging;
import io.stitch.reactive.peer.internal.trust.Authors;
import io.stitch.reactive.peer.internal.trust.WriteSignature;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The clock of this store, and what writes become with its stamps. The clock is kept with every batch, so that it is never older than a
 * record on the same disk. On the worker.
 */
final class Stamps implements WriteStamps {
    private static final String CLOCK = "clock";
    private static final String NODE = "node-id";
    /** Up to which time, in milliseconds since 1970, what is stamped in the future is to be mended. */
    private static final String MENDS = "mends-up-to";

    private static final String HLC = Hlc.FIELD;
    private static final byte[] EMPTY = Json.write(Json.object());
    private static final long RANDOM_PARTS = 1L << 40;

    private final SyncContext context;
    private final Replica replica;
    private final Graves graves;
    private final ScopeKeys scopeKeys;
    private final Set<String> scopeFields;
    private final Authors authors;
    private final Duration maxDrift;
    private final Duration retention;
    private final RecordMerging merging;
    private final Predicate<String> isOpen;
    private @Nullable HybridLogicalClock clock;
    private @Nullable String nodeId;
    private long mendsUpTo = -1;

    Stamps(
            SyncContext context,
            Replica replica,
            Graves graves,
            RecordMerging merging,
            Authors authors,
            PeerSettings options,
            Predicate<String> isOpen) {
        this.context = context;
        this.authors = authors;
        this.replica = replica;
        this.graves = graves;
        this.scopeKeys = context.records().scopeKeys();
        this.scopeFields = Set.copyOf(context.schema().children().values());
        this.merging = merging;
        this.maxDrift = options.maxDrift();
        this.retention = options.tombstoneRetention();
        this.isOpen = isOpen;
    }

    /** What is kept with each batch; nothing before the store has started, for then it is not known. */
    Map<String, String> facts() {
        HybridLogicalClock current = clock;
        return current == null
                ? Map.of()
                : Map.of(CLOCK, current.stamp(nodeId()).text(), NODE, nodeId(), MENDS, String.valueOf(mendsUpTo));
    }

    /** Made anew at each start, so that two copies of one database never sign alike. */
    private String nodeId() {
        String known = nodeId;
        if (known == null) {
            known = context.clientId()
                    + '~'
                    + Long.toString((long) (context.jitter().getAsDouble() * RANDOM_PARTS), Character.MAX_RADIX)
                    + authors.suffix();
            nodeId = known;
        }
        return known;
    }

    private HybridLogicalClock clock() {
        HybridLogicalClock current = clock;
        if (current == null) {
            String kept = context.facts().get().get(CLOCK);
            current = HybridLogicalClock.START.atLeast(kept == null ? null : Hlc.parse(kept));
            clock = current;
            mendsUpTo = Math.max(mendsUpTo, Long.parseLong(context.facts().get().getOrDefault(MENDS, "-1")));
        }
        return current;
    }

    void hear(Hlc stamp) {
        clock = clock().receive(stamp, context.now());
    }

    /** A scope was read from disk. The fact may have been lost with a part of the database; its records were not. */
    void restored(String scope) {
        HybridLogicalClock latest = clock();
        for (StoredRecord record : context.records().serverRecords(scope)) {
            if (record.version() >= latest.ts() && record.version() <= latestAllowed()) {
                latest = latest.atLeast(Replica.stampOf(record));
            }
        }
        for (Graves.Grave grave : graves.of(scope).values()) {
            if (grave.stamp().ts() <= latestAllowed()) {
                latest = latest.atLeast(grave.stamp());
            }
        }
        clock = latest;
    }

    private long latestAllowed() {
        return context.now() + maxDrift.toMillis();
    }

    @Override
    public List<Stamped> stamp(LocalWrite write, @Nullable StoredRecord before) {
        RecordKey key = write.key();
        if (context.records().isConcealed(write.scope())) {
            throw WriteRefusal.keyMissing(key, write.scope());
        }
        if (!isOpen.test(write.scope())) {
            throw SyncContext.notOpen(write.scope());
        }
        Hlc dead = graves.stampOf(key);
        if (write.kind() == WriteKind.DELETE && before == null && dead != null && dead.ts() > latestAllowed()) {
            return List.of(new Stamped(
                    WriteKind.DELETE, key, write.scope(), signedDelete(key, tick(key, null)), null)); // restamp()
        }
        if (before == null && write.kind() != WriteKind.CREATE) {
            throw WriteRefusal.notFound(key);
        }
        boolean restamps = write.kind() == WriteKind.UPDATE && write.payload().has(HLC);
        Hlc held = before == null || (restamps && before.version() > latestAllowed()) ? null : Replica.stampOf(before);
        byte[] old = before == null ? null : before.json();
        if (write.kind() == WriteKind.DELETE) {
            return List.of(new Stamped(WriteKind.DELETE, key, key.home(), signedDelete(key, tick(key, held)), old));
        }
        if (dead != null && dead.isAfter(held)) {
            held = dead;
        }
        if (before != null && merging.isByField() && !moves(write)) {
            return List.of(new Stamped(write.kind(), key, key.home(), byField(write, before, tick(key, held)), old));
        }
        JsonSplice.Spliced record = unstamped(write, before);
        String scope = scopeKeys.of(key.entity(), key.id(), record.data());
        String problem = context.schema().topLevel().contains(key.entity()) ? null : Names.idProblem(scope);
        if (problem != null) {
            throw new SchemaException("The %s '%s' cannot be written into scope '%s': %s."
                    .formatted(key.entity(), key.id(), scope, problem));
        }
        if (scope.equals(key.home())) {
            byte[] replaced = before == null ? buried(key) : old;
            byte[] stamped = signed(key, record.json(), tick(key, held));
            return List.of(new Stamped(write.kind(), key, scope, stamped, replaced));
        }
        RecordKey next = scopeKeys.key(scope, key.entity(), key.id());
        byte[] leaves = signedDelete(key, tick(key, held));
        byte[] comes = signed(next, record.json(), tick(next, replica.known(next)));
        StoredRecord there = replica.get(next); // Written since its scope was closed here.
        return List.of(
                new Stamped(WriteKind.DELETE, key, key.home(), leaves, old),
                new Stamped(WriteKind.CREATE, next, scope, comes, there == null ? buried(next) : there.json()));
    }

    /** The delete that a create makes void, to be remembered again if the create is taken back; null if there is none. */
    private byte @Nullable [] buried(RecordKey key) {
        Hlc dead = graves.stampOf(key);
        String proof = graves.proofOf(key);
        return dead == null
                ? null
                : proof == null ? PeerPayloads.stamped(EMPTY, dead) : PeerPayloads.signed(EMPTY, proof, dead);
    }

    private boolean moves(LocalWrite write) {
        String field = context.schema().children().get(write.key().entity());
        return field != null
                && write.payload().has(field)
                && !write.key().home().equals(write.payload().path(field).asString(""));
    }

    /** The record as it is after a write of some of its fields, which leaves the others their stamps. */
    private byte[] byField(LocalWrite write, StoredRecord before, Hlc stamp) {
        RecordKey key = write.key();
        ObjectNode fields = write.payload().deepCopy();
        Map<String, FieldChange> changes = FieldChange.of(fields);
        fields.remove(List.of("id", "_version", HLC, FieldChange.FIELD));
        String scopeField = context.schema().children().get(key.entity());
        if (scopeField != null) {
            fields.remove(scopeField);
        }
        long horizon = context.now() - retention.toMillis();
        long limit = latestAllowed();
        byte[] plain = !changes.isEmpty() || Bookkeeping.hasChangesIn(before.json())
                ? null
                : PeerPayloads.unstamped(before.json());
        if (plain != null) {
            List<String> set = new ArrayList<>();
            List<String> cleared = new ArrayList<>();
            fields.properties().forEach(field -> (field.getValue().isNull() ? cleared : set).add(field.getKey()));
            ObjectNode stamps = merging.stamps(key, before.json(), Replica.stampOf(before))
                    .written(stamp, set, cleared)
                    .stampedAgain(stamp, each -> each.ts() > limit)
                    .folded(horizon, Set.of())
                    .toJson();
            JsonSplice.Spliced spliced = stamps == null
                    ? null
                    : JsonSplice.set(plain, withStamps(fields, stamps), Merge::sameValue, Set.of());
            if (spliced != null) {
                return PeerPayloads.stamped(spliced.json(), stamp);
            }
            fields.remove(Bookkeeping.STAMPS);
        }
        FieldState after = merging.state(key, before.json(), Replica.stampOf(before))
                .written(stamp, fields, changes)
                .stampedAgain(stamp, each -> each.ts() > limit);
        return after.stamped(after.stamps().folded(horizon, after.changedFields()))
                .toBytes();
    }

    private static ObjectNode withStamps(ObjectNode fields, ObjectNode stamps) {
        fields.set(Bookkeeping.STAMPS, stamps);
        return fields;
    }

    /** The record as it is after a write, without its stamp. What an update leaves as it is stays the bytes that it was. */
    private JsonSplice.Spliced unstamped(LocalWrite write, @Nullable StoredRecord before) {
        ObjectNode payload = before == null || !write.payload().has(FieldChange.FIELD)
                ? write.payload()
                : FieldChange.resolved(write.payload(), Json.readObject(before.json()));
        byte[] old = before == null || setsOwnField(payload) || Bookkeeping.mayBeIn(before.json())
                ? null
                : PeerPayloads.unstamped(before.json());
        JsonSplice.Spliced spliced = old == null ? null : JsonSplice.set(old, payload, Merge::sameValue, scopeFields);
        if (spliced != null) {
            return spliced;
        }
        ObjectNode data = before == null ? payload.deepCopy() : Merge.into(Json.readObject(before.json()), payload);
        data.remove(List.of("_version", HLC, PeerPayloads.SIGNATURE)); // Some were not written here.
        Bookkeeping.without(data); // The record has one stamp now.
        data.put("id", write.key().id());
        return new JsonSplice.Spliced(Json.write(data), data, true);
    }

    /** What the store says of a record and not the application. */
    private static boolean setsOwnField(ObjectNode payload) {
        return payload.has("id") || payload.has("_version") || payload.has(HLC) || payload.has(PeerPayloads.SIGNATURE);
    }

    private byte[] signedDelete(RecordKey key, Hlc stamp) {
        return signed(key, true, EMPTY, stamp);
    }

    private byte[] signed(RecordKey key, byte[] record, Hlc stamp) {
        return signed(key, false, record, stamp);
    }

    /** Every stamp that is made here goes through this: whoever makes one is its author, also of what others wrote before. */
    private byte[] signed(RecordKey key, boolean delete, byte[] record, Hlc stamp) {
        if (!authors.counts(context.diagnostics(), key, stamp)) {
            throw WriteRefusal.notTrusted(key);
        }
        return authors.sign(new WriteSignature.Subject(key.home(), key.entity(), key.id(), delete), record, stamp);
    }

    /** The next stamp, after what is known of the record. */
    private Hlc tick(RecordKey key, @Nullable Hlc after) {
        HybridLogicalClock current = clock().atLeast(after);
        long ahead = current.ts() - context.now();
        if (ahead > maxDrift.toMillis() || current.ts() >= Hlc.MAX_TS) {
            throw WriteRefusal.clockAhead(key, Duration.ofMillis(ahead));
        }
        HybridLogicalClock next = current.tick(context.now());
        clock = next;
        return next.stamp(nodeId());
    }

    @Override
    public void apply(Stamped stamped) {
        RecordKey key = stamped.key();
        Hlc stamp = Hlc.ofRecord(stamped.payload());
        if (stamp == null) {
            throw new IllegalStateException("A write without a stamp cannot be applied: " + key);
        }
        forgetTheFuture(key);
        boolean delete = stamped.kind() == WriteKind.DELETE;
        replica.take(
                key,
                Operation.valueOf(stamped.kind().name()),
                delete ? null : stamped.payload(),
                stamp,
                delete && authors.isOn() ? PeerPayloads.signatureOf(stamped.payload()) : null,
                Origin.LOCAL);
    }

    /** What is restamped gives way to its new, lower stamp. */
    private void forgetTheFuture(RecordKey key) {
        StoredRecord held = replica.get(key);
        if (held != null && held.version() > latestAllowed()) {
            replica.lower(held);
        }
        Hlc dead = graves.stampOf(key);
        if (dead != null && dead.ts() > latestAllowed()) {
            graves.forget(key);
        }
    }

    @Override
    public void revert(PendingWrite write) {
        Hlc stamp = Hlc.ofRecord(write.payload());
        if (stamp != null) {
            replica.revert(write.key(), write.kind() == WriteKind.DELETE, stamp, write.payload(), write.before());
        }
    }

    /**
     * Sets the clock to the present, and says what has to be written again: what has a stamp from the future in an open scope.
     *
     * @param scopes the open scopes
     * @return writes that change nothing but stamps
     */
    List<LocalWrite> restampings(Collection<String> scopes) {
        long limit = latestAllowed();
        HybridLogicalClock latest = new HybridLogicalClock(context.now(), 0);
        List<LocalWrite> writes = new ArrayList<>();
        for (String scope : scopes) {
            writes.addAll(restampings(scope, limit, Hlc.MAX_TS));
            for (StoredRecord record : context.records().serverRecords(scope)) {
                latest = record.version() > limit ? latest : latest.atLeast(Replica.stampOf(record));
            }
        }
        HybridLogicalClock current = clock(); // Of the last run, if nothing was written in this one.
        if (current.ts() > limit) {
            mendsUpTo = Math.max(mendsUpTo, current.ts());
            clock = latest;
            facts().forEach(context.journal()::put);
        }
        return writes;
    }

    /**
     * Says what has to be written again in a scope that was closed when the store was mended.
     *
     * @param scope the scope, which is open now
     * @return writes that change nothing but stamps
     */
    List<LocalWrite> mendings(String scope) {
        clock();
        return mendsUpTo < 0 ? List.of() : restampings(scope, latestAllowed(), mendsUpTo);
    }

    private List<LocalWrite> restampings(String scope, long after, long upTo) {
        List<LocalWrite> writes = new ArrayList<>();
        for (StoredRecord record : context.records().serverRecords(scope)) {
            if (record.version() > after && record.version() <= upTo) {
                // No patch of an application has this field, and one without fields would write nothing.
                ObjectNode stampOnly = Json.object().putNull(HLC);
                writes.add(new LocalWrite(WriteKind.UPDATE, record.key(), scope, stampOnly));
            }
        }
        graves.of(scope).forEach((key, grave) -> {
            if (grave.stamp().ts() > after && grave.stamp().ts() <= upTo) {
                writes.add(new LocalWrite(WriteKind.DELETE, key, scope, Json.object()));
            }
        });
        return writes;
    }
}
