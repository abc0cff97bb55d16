package io.stitch.reactive.internal.writes;

import io.stitch.reactive.WhenOffline;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Hooks;
import tools.jackson.databind.node.ObjectNode;

import java.util.function.UnaryOperator;

/**
 * A write that an application asked for.
 *
 * @param kind what to write
 * @param key the record
 * @param scope the key of the set of records where it is written
 * @param payload the record of a create, the fields of an update, an empty object for a delete
 * @param change makes the fields of an update from the record as it is seen when the write's turn comes, on the store's worker;
 *     {@code null} if they are in the payload
 * @param expected at which version of the server's record it is to be done, or {@code null} for any
 * @param tag what its events are marked with, or {@code null}
 */
public record LocalWrite(
        WriteKind kind,
        RecordKey key,
        String scope,
        ObjectNode payload,
        @Nullable UnaryOperator<ObjectNode> change,
        @Nullable Expected expected,
        @Nullable String tag) {
    /**
     * The version that a write needs.
     *
     * @param version of the server's record, 1 or more
     * @param whenOffline what becomes of the write when it cannot be done at once
     */
    public record Expected(long version, WhenOffline whenOffline) {}

    /**
     * A write that is known from the start.
     *
     * @param kind what to write
     * @param key the record
     * @param scope the key of the set of records where it is written
     * @param payload the record of a create, the fields of an update, an empty object for a delete
     */
    public LocalWrite(WriteKind kind, RecordKey key, String scope, ObjectNode payload) {
        this(kind, key, scope, payload, null, null, null);
    }

    /**
     * Marks this.
     *
     * @param mark what its events are marked with, or {@code null}
     * @return a changed copy
     */
    public LocalWrite tagged(@Nullable String mark) {
        return new LocalWrite(kind, key, scope, payload, change, expected, mark);
    }

    /** This write, of the record as it is now: what is to be written depends on nothing after that. */
    LocalWrite of(RecordStore records) {
        if (change == null) {
            return this;
        }
        StoredRecord seen = records.shown(key);
        if (seen == null) {
            throw WriteRefusal.notFound(key);
        }
        try {
            return new LocalWrite(kind, key, scope, change.apply(Json.readObject(seen.json()))).tagged(tag);
        } catch (StackOverflowError e) { // Nothing was changed yet, so that this is the caller's own trouble.
            throw new IllegalStateException(
                    "The function that was to update the %s '%s' overflowed the stack. Nothing was written."
                            .formatted(key.entity(), key.id()),
                    e);
        }
    }

    /** This write, with a function that sees the thread-locals of whoever calls this now, where those go with subscriptions. */
    public LocalWrite captured() {
        return change == null || !Hooks.isAutomaticContextPropagationEnabled()
                ? this
                : new LocalWrite(kind, key, scope, payload, CallersThread.of(change), expected, tag);
    }

    /** Whether it is never kept, and fails when it cannot be done at once. */
    public boolean isOnlineOnly() {
        return expected != null && expected.whenOffline() == WhenOffline.FAIL;
    }

    /** Whether it is an update that leaves the record as it is. */
    public boolean isIdle() {
        return kind == WriteKind.UPDATE && payload.isEmpty();
    }
}
