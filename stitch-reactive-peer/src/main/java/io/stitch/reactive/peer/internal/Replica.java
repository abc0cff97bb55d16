package io.stitch.reactive.peer.internal;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.records.Bookkeeping;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.peer.internal.merge.FieldState;
import io.stitch.reactive.peer.internal.merge.RecordMerging;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * Which event wins between peers, in whatever order they come: of all events of a record the one with the highest stamp; where records are merged
 * field by field, of all that say something of a field. A delete is compared with the record as a whole.
 *
 * <p>A record belongs to the scope that it is said in, its key's home, and so do its deletes: what is said in one scope is compared with
 * nothing of another. With one stamp, a delete wins over a record, and of two records the one whose canonical JSON sorts higher. On the
 * worker.
 */
final class Replica {
    private final SyncContext context;
    private final Graves graves;
    private final RecordMerging merging;
    private BiConsumer<RecordKey, @Nullable StoredRecord> listener = (key, record) -> {};

    /** What an event was. */
    enum Verdict {
        /** It changed the record, which is as it says now. */
        APPLIED,
        /** It changed the record, which has more than it says: whoever holds this should be told. */
        MERGED,
        /** It says what is known. */
        DUPLICATE,
        /** A copy is held that has all of it. */
        OUTDATED,
        /** The record was deleted since: whoever holds this should be told. */
        DEAD,
        /** It has the stamp of the copy here and another content, which loses: whoever holds this should be told. */
        LOST_TIE
    }

    Replica(SyncContext context, Graves graves, RecordMerging merging) {
        this.context = context;
        this.graves = graves;
        this.merging = merging;
    }

    /** Sets who hears of each change. */
    void whenChanged(BiConsumer<RecordKey, @Nullable StoredRecord> hears) {
        listener = hears;
    }

    @Nullable
    StoredRecord get(RecordKey key) {
        return context.records().server(key);
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

    /** The stamp of what is known of a record: of its copy here, or of its last delete. */
    @Nullable
    Hlc known(RecordKey key) {
        StoredRecord held = get(key);
        Hlc deleted = graves.stampOf(key);
        Hlc stamp = held == null ? null : stampOf(held);
        return stamp == null || (deleted != null && deleted.isAfter(stamp)) ? deleted : stamp;
    }

    /**
     * Takes an event, if it wins.
     *
     * @param proof of a delete, its author's signature, if peers sign
     */
    Verdict take(
            RecordKey key,
            Operation operation,
            byte @Nullable [] json,
            Hlc stamp,
            @Nullable String proof,
            Origin origin) {
        return operation == Operation.DELETE || json == null
                ? delete(key, stamp, proof, origin)
                : upsert(key, json, stamp, origin);
    }

    private Verdict upsert(RecordKey key, byte[] json, Hlc stamp, Origin origin) {
        StoredRecord held = get(key);
        if (held != null && merging.isByField()) {
            return merge(key, held, json, stamp, origin);
        }
        if (held != null) {
            int order = compare(stamp, held);
            if (order < 0) {
                return Verdict.OUTDATED;
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
        if (!stamp.isAfter(graves.stampOf(key))) {
            return Verdict.DEAD;
        }
        put(key, stamp, json, origin);
        return Verdict.APPLIED;
    }

    private void put(RecordKey key, Hlc stamp, byte[] json, Origin origin) {
        graves.forget(key);
        StoredRecord record = new StoredRecord(key, key.home(), stamp.ts(), json);
        context.records().put(record, origin);
        listener.accept(key, record);
    }

    private Verdict merge(RecordKey key, StoredRecord held, byte[] json, Hlc stamp, Origin origin) {
        int order = compare(stamp, held);
        if (order == 0 && Arrays.equals(json, held.json())) {
            return Verdict.DUPLICATE;
        }
        if (!stamp.isAfter(graves.stampOf(key))) {
            return Verdict.DEAD;
        }
        // What is written here is written over what is held, and a record of one stamp is older or newer in all fields.
        if (order > 0 && (origin == Origin.LOCAL || !Bookkeeping.mayBeIn(json))) {
            put(key, stamp, json, origin);
            return Verdict.APPLIED;
        }
        if (order < 0 && !Bookkeeping.mayBeIn(held.json())) {
            return Verdict.OUTDATED;
        }
        FieldState here = merging.state(key, held.json(), stampOf(held));
        FieldState there = merging.state(key, json, stamp);
        FieldState both = here.merge(there);
        if (both == here) {
            return order == 0 && there.merge(here) == there ? Verdict.DUPLICATE : Verdict.OUTDATED;
        }
        if (both == there) {
            put(key, stamp, json, origin);
            return Verdict.APPLIED;
        }
        put(key, both.stamps().latest(), both.toBytes(), origin);
        return Verdict.MERGED;
    }

    /** Whether a record is here as nobody has written it: what was merged of what several wrote. */
    boolean isMerged(RecordKey key) {
        StoredRecord held = get(key);
        return held != null
                && Bookkeeping.mayBeIn(held.json())
                && merging.stamps(key, held.json(), stampOf(held)).isMerged();
    }

    /** Whether a write is seen in what is held, though that is newer. */
    boolean shows(RecordKey key, Hlc stamp) {
        StoredRecord held = get(key);
        return held != null
                && merging.isByField()
                && merging.state(key, held.json(), stampOf(held)).has(stamp);
    }

    /** What tells two states of a record with one stamp apart; {@code null} for one whose fields all have its stamp. */
    @Nullable
    String sum(StoredRecord record) {
        return merging.sum(record.key(), record.json(), stampOf(record));
    }

    /** The version of a record in digests (protocol section 4.9). */
    String version(StoredRecord record) {
        Hlc stamp = stampOf(record);
        String sum = merging.sum(record.key(), record.json(), stamp);
        return sum == null ? stamp.text() : stamp.text() + '~' + sum;
    }

    private Verdict delete(RecordKey key, Hlc stamp, @Nullable String proof, Origin origin) {
        StoredRecord held = get(key);
        if (held != null && compare(stamp, held) < 0) {
            return Verdict.OUTDATED;
        }
        graves.bury(key, stamp, proof, context.now(), held != null);
        if (held == null) {
            return Verdict.DUPLICATE;
        }
        context.records().remove(key, origin);
        listener.accept(key, null);
        return Verdict.APPLIED;
    }

    /**
     * Looks at what a peer holds.
     *
     * @return whether this store has something newer to say of it: negative if the peer's is newer, 0 if both are the same
     */
    int compareWith(RecordKey key, Hlc theirs) {
        StoredRecord held = get(key);
        if (held != null) {
            return -compare(theirs, held);
        }
        Hlc deleted = graves.stampOf(key);
        return deleted == null || deleted.compareTo(theirs) < 0 ? -1 : 1;
    }

    /** Makes any event newer than a copy whose stamp is from the future, so that it can be stamped again. */
    void lower(StoredRecord held) {
        byte[] json = Json.write(Json.readObject(held.json()).set(Hlc.FIELD, new Hlc(0, 0, "-").toJson()));
        context.records().put(new StoredRecord(held.key(), held.scope(), 0, json), Origin.LOCAL);
    }

    /**
     * Takes back a write that nobody was told of, unless something newer came.
     *
     * @param written what was written; of a delete its stamp
     * @param before the record, or the stamp of the delete that was remembered, or {@code null} if there was neither
     */
    void revert(RecordKey key, boolean deleted, Hlc stamp, byte[] written, byte @Nullable [] before) {
        StoredRecord held = get(key);
        if (!deleted && held != null && merging.isByField() && !Arrays.equals(written, held.json())) {
            takeOut(key, held, stamp, written, before);
            return;
        }
        if (deleted ? held != null || !stamp.equals(graves.stampOf(key)) : held == null || compare(stamp, held) != 0) {
            return;
        }
        if (deleted) {
            graves.forget(key);
        }
        Hlc older = before == null ? null : Hlc.ofRecord(before);
        if (before == null || older == null || !isRecord(before)) {
            boolean closed = context.records().scope(key.home()) == null;
            boolean unkept = closed && context.journal().isCollected(key);
            context.records().remove(key, Origin.ROLLBACK);
            if (unkept) { // Whatever is kept under its key is from before its scope was closed, and is not known here.
                context.journal().leaveOut(key);
            }
            gone(key, before, older);
        } else {
            restore(key, older, before);
        }
    }

    /** A record that was taken back is not there, and the delete that it was written over is remembered again. */
    private void gone(RecordKey key, byte @Nullable [] before, @Nullable Hlc older) {
        listener.accept(key, null);
        if (before != null && older != null) {
            graves.bury(key, older, PeerPayloads.signatureOf(before), context.now(), true);
        }
    }

    /** Else it is the stamp of a delete. */
    private static boolean isRecord(byte[] before) {
        return Json.readObject(before).has("id");
    }

    private void restore(RecordKey key, Hlc stamp, byte[] json) {
        StoredRecord restored = new StoredRecord(key, key.home(), stamp.ts(), json);
        context.records().put(restored, Origin.ROLLBACK);
        listener.accept(key, restored);
    }

    /** Takes a write back out of what has more in it by now. What it was written over is as it was, or as others say again. */
    private void takeOut(RecordKey key, StoredRecord held, Hlc stamp, byte[] written, byte @Nullable [] before) {
        Hlc older = before == null ? null : Hlc.ofRecord(before);
        FieldState was =
                before == null || older == null || !isRecord(before) ? null : merging.state(key, before, older);
        FieldState here = merging.state(key, held.json(), stampOf(held));
        if (!here.has(stamp)) {
            return;
        }
        FieldState left = here.without(merging.state(key, written, stamp), was);
        if (left == null) {
            context.records().remove(key, Origin.ROLLBACK);
            gone(key, before, older);
        } else {
            restore(key, left.stamps().latest(), left.toBytes());
        }
    }
}
