package io.stitch.reactive.peer.internal.merge;

import io.stitch.reactive.internal.records.Bookkeeping;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;

import java.util.Map;

/** How the records of a store are merged: field by field, or whole where their scope wants that. Immutable; any thread. */
public final class RecordMerging {
    private final Map<String, String> scopeFields;
    private final boolean byField;

    /**
     * Says how records are merged.
     *
     * @param scopeFields the fields that name the scope, by child entity
     * @param byField whether they are merged field by field
     */
    public RecordMerging(Map<String, String> scopeFields, boolean byField) {
        this.scopeFields = Map.copyOf(scopeFields);
        this.byField = byField;
    }

    /**
     * {@return whether records are merged field by field}
     */
    public boolean isByField() {
        return byField;
    }

    /**
     * Reads a record to be merged.
     *
     * @param key the record
     * @param json UTF-8 JSON, checked before
     * @param stamp its {@code _hlc}
     * @return its state
     */
    public FieldState state(RecordKey key, byte[] json, Hlc stamp) {
        return FieldState.read(json, stamp, scopeField(key));
    }

    /**
     * Reads a record's stamps.
     *
     * @param key the record
     * @param json UTF-8 JSON, checked before
     * @param stamp its {@code _hlc}
     * @return the stamps of its fields
     */
    public FieldStamps stamps(RecordKey key, byte[] json, Hlc stamp) {
        return FieldStamps.read(json, stamp, scopeField(key));
    }

    private String scopeField(RecordKey key) {
        return scopeFields.getOrDefault(key.entity(), "");
    }

    /**
     * What tells two states of a record with one {@code _hlc} apart, whoever holds them.
     *
     * @param key the record
     * @param json UTF-8 JSON, checked before
     * @param stamp its {@code _hlc}
     * @return twelve characters; {@code null} for a record whose fields all have its own stamp
     */
    public @Nullable String sum(RecordKey key, byte[] json, Hlc stamp) {
        return Bookkeeping.mayBeIn(json) ? state(key, json, stamp).sum() : null;
    }
}
