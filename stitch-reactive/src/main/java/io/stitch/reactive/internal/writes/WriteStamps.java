package io.stitch.reactive.internal.writes;

import io.stitch.reactive.WriteKind;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * How writes become part of a record where no server decides about them: each gets a stamp, and with it is the record, in memory and on
 * disk, at once. What is pending then is only that others are told, which may be repeated without harm. On the worker.
 */
public interface WriteStamps {
    /**
     * What a write becomes.
     *
     * @param kind what is written
     * @param key the record
     * @param scope the key of the set of records that it is written in
     * @param payload the whole record with its stamp; of a delete the stamp alone. UTF-8 JSON, not to be modified
     * @param before the record before, if it was there, to go back to should others never be told
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    record Stamped(WriteKind kind, RecordKey key, String scope, byte[] payload, byte @Nullable [] before) {}

    /**
     * Stamps a write. Nothing is changed by that but the clock.
     *
     * @param write the write
     * @param before the record as it is, or {@code null}
     * @return what is done, in order: one thing; where a record moves to another set of records, a delete there and a create of another one here
     * @throws RuntimeException if it cannot be done, with what the caller is told
     */
    List<Stamped> stamp(LocalWrite write, @Nullable StoredRecord before);

    /**
     * Does what was stamped, in the store.
     *
     * @param stamped what is done
     */
    void apply(Stamped stamped);

    /**
     * Takes back what nobody will be told, unless something newer came since.
     *
     * @param write the write
     */
    void revert(PendingWrite write);
}
