package io.stitch.reactive.internal.writes;

import io.stitch.reactive.internal.records.RecordLog;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KnownPeer;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.Tombstone;

/** What changes mean for the persistence, collected until it is handed over: nothing, where nothing is kept. On the worker. */
abstract class Collecting implements RecordLog {
    /** What goes with the next batch. */
    protected Batch collected = new Batch();

    private final boolean keepsRecords;

    /**
     * Begins with nothing.
     *
     * @param keepsRecords whether anything but facts is kept
     */
    protected Collecting(boolean keepsRecords) {
        this.keepsRecords = keepsRecords;
    }

    /** {@return whether anything but facts is kept} */
    public boolean keepsRecords() {
        return keepsRecords;
    }

    @Override
    public void put(StoredRecord record) {
        if (keepsRecords) {
            collected.put(record);
        }
    }

    @Override
    public void remove(RecordKey key) {
        if (keepsRecords) {
            collected.remove(key);
        }
    }

    /**
     * {@return whether a record goes with the next batch, so that nothing of it is kept yet}
     *
     * @param key the record
     */
    public boolean isCollected(RecordKey key) {
        return collected.kept(key).isPresent();
    }

    /**
     * Leaves a record out of the next batch: whatever is kept under its key stays as it is.
     *
     * @param key the record
     */
    public void leaveOut(RecordKey key) {
        collected.leaveOut(key);
    }

    /**
     * Keeps a write. Goes with the next batch.
     *
     * @param write the write
     */
    public void put(PendingWrite write) {
        if (keepsRecords) {
            collected.put(write);
        }
    }

    /**
     * Forgets a write. Goes with the next batch.
     *
     * @param write the write
     */
    public void remove(PendingWrite write) {
        if (keepsRecords) {
            collected.remove(write);
        }
    }

    /**
     * Keeps a tombstone. Goes with the next batch.
     *
     * @param tombstone the tombstone
     */
    public void put(Tombstone tombstone) {
        if (keepsRecords) {
            collected.put(tombstone);
        }
    }

    /**
     * Forgets a tombstone. Goes with the next batch.
     *
     * @param scope the scope's key
     * @param key the record
     */
    public void removeTombstone(String scope, RecordKey key) {
        if (keepsRecords) {
            collected.removeTombstone(scope, key);
        }
    }

    /**
     * Keeps what is known of a peer. Goes with the next batch.
     *
     * @param peer the peer
     */
    public void put(KnownPeer peer) {
        if (keepsRecords) {
            collected.put(peer);
        }
    }

    /**
     * Forgets a peer. Goes with the next batch.
     *
     * @param scope the scope's key
     * @param peer the peer
     */
    public void removePeer(String scope, String peer) {
        if (keepsRecords) {
            collected.removePeer(scope, peer);
        }
    }

    /** Forgets every record, tombstone and known peer that is kept. Goes with the next batch. */
    public void forgetRecords() {
        if (keepsRecords) {
            collected.forgetRecords();
        }
    }
}
