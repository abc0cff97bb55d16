package io.stitch.reactive.peer.internal;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * Which event wins between peers: of all events of a record the one with the highest stamp, whatever their scopes and their order.
 *
 * <p>A record is one whatever its scope, so what is known of it is the later of its copy here and its last delete. An event that
 * loses to a delete, or to a copy in another scope, leaves a tombstone in its own scope, so that those who hold the loser there can be
 * told. With one stamp, a delete wins over a record, and of two records the one whose canonical JSON sorts higher. On the worker.
 */
final class Replica {
    private final SyncContext context;
    private final Graves graves;
    private BiConsumer<RecordKey, @Nullable StoredRecord> listener = (key, record) -> {};

    /** What an event was. */
    enum Verdict {
        /** It changed the record. */
        APPLIED,
        /** It says what is known. */
        DUPLICATE,
        /** A newer copy is held in its scope. */
        OUTDATED,
        /** The record was deleted since, or is elsewhere: whoever holds this should be told. */
        DEAD,
        /** It has the stamp of the copy here and another content, which loses: whoever holds this should be told. */
        LOST_TIE
    }

    Replica(SyncContext context, Graves graves) {
        this.context = context;
        this.graves = graves;
    }

    /** Sets who hears of each change. */
    void whenChanged(BiConsumer<RecordKey, @Nullable StoredRecord> hears) {
        listener = hears;
    }

    @Nullable
    StoredRecord get(RecordKey key) {
        return context.records().server(key);
    }

    /** The copy that is held in a scope. */
    @Nullable
    StoredRecord in(String scope, RecordKey key) {
        StoredRecord held = get(key);
        return held != null && held.scope().equals(scope) ? held : null;
    }

    /** The stamp of a record; one without is older than any. */
    static Hlc stampOf(StoredRecord record) {
        Hlc stamp = Hlc.ofRecord(record.json());
        return stamp == null ? new Hlc(0, 0, "-") : stamp;
    }

    /** Compares without reading the record where the times differ. */
    static int compare(Hlc stamp, StoredRecord record) {
        int order = Long.compare(stamp.ts(), record.version());
        return order == 0 ? stamp.compareTo(stampOf(record)) : order;
    }

    /** What is known of a record, whatever its scope. */
    @Nullable
    Hlc known(RecordKey key) {
        StoredRecord held = get(key);
        Hlc deleted = graves.latest(key);
        Hlc stamp = held == null ? null : stampOf(held);
        return stamp == null || (deleted != null && deleted.isAfter(stamp)) ? deleted : stamp;
    }

    Verdict take(String scope, RecordKey key, Operation operation, byte @Nullable [] json, Hlc stamp, Origin origin) {
        return take(scope, key, operation, json, stamp, origin, ClosedCopies.Kept.NOTHING);
    }

    /**
     * Takes an event, if it wins.
     *
     * @param closed what is kept of the record in closed scopes; its copy counts only if no open one holds it
     */
    Verdict take(
            String scope,
            RecordKey key,
            Operation operation,
            byte @Nullable [] json,
            Hlc stamp,
            Origin origin,
            ClosedCopies.Kept closed) {
        StoredRecord open = get(key);
        StoredRecord held = open == null ? closed.copy() : open;
        return operation == Operation.DELETE || json == null
                ? delete(scope, key, stamp, origin, held)
                : upsert(scope, key, json, stamp, origin, held, closed.deleted());
    }

    private Verdict upsert(
            String scope,
            RecordKey key,
            byte[] json,
            Hlc stamp,
            Origin origin,
            @Nullable StoredRecord held,
            @Nullable Hlc deletedElsewhere) {
        if (held != null) {
            int order = compare(stamp, held);
            if (order < 0 && held.scope().equals(scope)) {
                return Verdict.OUTDATED;
            }
            if (order < 0) {
                return dead(scope, key, stamp);
            }
            if (order == 0) {
                if (Arrays.equals(json, held.json())) {
                    return Verdict.DUPLICATE;
                }
                int tie = PeerPayloads.canonical(json).compareTo(PeerPayloads.canonical(held.json()));
                if (tie <= 0) {
                    return tie == 0 ? Verdict.DUPLICATE : Verdict.LOST_TIE;
                }
            }
        }
        if (!stamp.isAfter(graves.latest(key)) || !stamp.isAfter(deletedElsewhere)) {
            return dead(scope, key, stamp);
        }
        if (held != null && !held.scope().equals(scope)) {
            graves.bury(held.scope(), key, stampOf(held), context.now());
        }
        graves.forget(scope, key);
        graves.keeps(scope);
        StoredRecord record = new StoredRecord(key, scope, stamp.ts(), json);
        context.records().put(record, origin);
        listener.accept(key, record);
        return Verdict.APPLIED;
    }

    private Verdict dead(String scope, RecordKey key, Hlc stamp) {
        graves.bury(scope, key, stamp, context.now());
        return Verdict.DEAD;
    }

    private Verdict delete(String scope, RecordKey key, Hlc stamp, Origin origin, @Nullable StoredRecord held) {
        if (held == null) {
            graves.bury(scope, key, stamp, context.now());
            return Verdict.DUPLICATE;
        }
        boolean here = held.scope().equals(scope);
        int order = compare(stamp, held);
        if (here ? order < 0 : order <= 0) {
            if (!here) {
                graves.bury(scope, key, stamp, context.now());
            }
            return here ? Verdict.OUTDATED : Verdict.DUPLICATE;
        }
        graves.bury(scope, key, stamp, context.now());
        if (!here) {
            graves.bury(held.scope(), key, stamp, context.now());
        }
        context.records().remove(key, origin);
        listener.accept(key, null);
        return Verdict.APPLIED;
    }

    /**
     * Looks at what a peer holds in a scope.
     *
     * @return whether this store has something newer to say of it: negative if the peer's is newer, 0 if both are the same
     */
    int compareWith(String scope, RecordKey key, Hlc theirs) {
        StoredRecord held = get(key);
        if (held != null && held.scope().equals(scope)) {
            return -compare(theirs, held);
        }
        Hlc known = known(key);
        if (known == null || known.compareTo(theirs) < 0) {
            return -1;
        }
        graves.bury(scope, key, theirs, context.now()); // Unless a later delete is remembered there.
        return 1;
    }

    /** Makes any event newer than a copy whose stamp is from the future, so that it can be stamped again. */
    void lower(StoredRecord held) {
        byte[] json = Json.write(Json.readObject(held.json()).set(Hlc.FIELD, new Hlc(0, 0, "-").toJson()));
        context.records().put(new StoredRecord(held.key(), held.scope(), 0, json), Origin.LOCAL);
    }

    /**
     * Takes back a write that nobody was told of, unless something newer came.
     *
     * @param before the record, or the stamp of the delete that was remembered, or {@code null} if there was neither
     */
    void revert(String scope, RecordKey key, boolean deleted, Hlc stamp, byte @Nullable [] before) {
        StoredRecord held = get(key);
        if (deleted
                ? held != null || !stamp.equals(graves.stampOf(scope, key))
                : held == null || compare(stamp, held) != 0) {
            return;
        }
        if (deleted) {
            graves.forget(scope, key);
        }
        Hlc older = before == null ? null : Hlc.ofRecord(before);
        if (before == null || older == null || !Json.readObject(before).has("id")) {
            boolean unkept = context.journal().isCollected(key);
            context.records().remove(key, Origin.ROLLBACK);
            if (unkept) { // What is kept under its key is the record of a closed scope.
                context.journal().leaveOut(key);
            }
            listener.accept(key, null);
            if (older != null) {
                graves.bury(scope, key, older, context.now());
            }
        } else {
            StoredRecord restored = new StoredRecord(key, scope, older.ts(), before);
            context.records().put(restored, Origin.ROLLBACK);
            listener.accept(key, restored);
        }
    }
}
