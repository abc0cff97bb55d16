package io.stitch.reactive.spi;

import io.stitch.reactive.WriteKind;
import org.jspecify.annotations.Nullable;

/**
 * A write that the server has not settled yet, as it is kept: one row of the queue.
 *
 * @param sequence its place among all writes of the database: order holds per record
 * @param key the record
 * @param scope the key of the set of records that the record belonged to when it was written
 * @param kind what is written
 * @param payload the record of a create, the fields of an update, an empty object for a delete; UTF-8 JSON, not to be modified
 * @param before the server's record when this was sent, UTF-8 JSON, or {@code null}: a write in doubt is settled against it
 * @param version the version of the server's record when this was sent, 0 if it had none
 * @param user the authenticated user who wrote it, or {@code null}
 * @param requestId the request it was last sent with and not answered, or {@code null}: then it was never executed
 * @param sentAt when that request was sent, in milliseconds since 1970
 * @param parked whether it failed so often that it waits for the application's word
 * @param expectedVersion the version that the server's record must have for this to be done, or {@link #ANY_VERSION}
 * @param writtenAt when it was written, in milliseconds since 1970, or 0 if that is not known
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
public record PendingWrite(
        long sequence,
        RecordKey key,
        String scope,
        WriteKind kind,
        byte[] payload,
        byte @Nullable [] before,
        long version,
        @Nullable String user,
        @Nullable String requestId,
        long sentAt,
        boolean parked,
        long expectedVersion,
        long writtenAt) {
    /** The record may have any version. */
    public static final long ANY_VERSION = -1;

    /**
     * A write that was never sent.
     *
     * @param sequence its place among all writes of the database
     * @param key the record
     * @param scope the key of the set of records that the record belongs to
     * @param kind what is written
     * @param payload the record of a create, the fields of an update, an empty object for a delete
     * @param user the authenticated user who wrote it, or {@code null}
     * @return the write
     */
    public static PendingWrite of(
            long sequence, RecordKey key, String scope, WriteKind kind, byte[] payload, @Nullable String user) {
        return new PendingWrite(sequence, key, scope, kind, payload, null, 0, user, null, 0, false, ANY_VERSION, 0);
    }

    /**
     * Says at which version of the server's record this is to be done, and at no other.
     *
     * @param expected the version, 1 or more
     * @return a changed copy
     */
    public PendingWrite expecting(long expected) {
        return new PendingWrite(
                sequence, key, scope, kind, payload, before, version, user, requestId, sentAt, parked, expected,
                writtenAt);
    }

    /**
     * Says when this was written.
     *
     * @param time in milliseconds since 1970
     * @return a changed copy
     */
    public PendingWrite at(long time) {
        return new PendingWrite(
                sequence,
                key,
                scope,
                kind,
                payload,
                before,
                version,
                user,
                requestId,
                sentAt,
                parked,
                expectedVersion,
                time);
    }

    /**
     * Says who wrote this, where that was not known yet.
     *
     * @param writer the authenticated user
     * @return a changed copy
     */
    public PendingWrite by(String writer) {
        return new PendingWrite(
                sequence,
                key,
                scope,
                kind,
                payload,
                before,
                version,
                writer,
                requestId,
                sentAt,
                parked,
                expectedVersion,
                writtenAt);
    }

    /**
     * Says what is written, where two writes became one.
     *
     * @param what what is written
     * @param fields the payload
     * @return a changed copy
     */
    public PendingWrite as(WriteKind what, byte[] fields) {
        return new PendingWrite(
                sequence,
                key,
                scope,
                what,
                fields,
                before,
                version,
                user,
                requestId,
                sentAt,
                parked,
                expectedVersion,
                writtenAt);
    }

    /**
     * Says what the record was before this.
     *
     * @param record the record, UTF-8 JSON, or {@code null} if it was not there
     * @return a changed copy
     */
    public PendingWrite over(byte @Nullable [] record) {
        return new PendingWrite(
                sequence,
                key,
                scope,
                kind,
                payload,
                record,
                version,
                user,
                requestId,
                sentAt,
                parked,
                expectedVersion,
                writtenAt);
    }

    /**
     * Says that this is being sent.
     *
     * @param id the request
     * @param at when, in milliseconds since 1970
     * @param held the server's record as it is known now, or {@code null}
     * @return a changed copy
     */
    public PendingWrite sent(String id, long at, @Nullable StoredRecord held) {
        return new PendingWrite(
                sequence,
                key,
                scope,
                kind,
                payload,
                held == null ? null : held.json(),
                held == null ? 0 : Math.max(0, held.version()),
                user,
                id,
                at,
                parked,
                expectedVersion,
                writtenAt);
    }

    /**
     * Says that the last request was answered without being executed.
     *
     * @return a changed copy
     */
    public PendingWrite unsent() {
        return new PendingWrite(
                sequence, key, scope, kind, payload, null, 0, user, null, 0, parked, expectedVersion, writtenAt);
    }

    /**
     * Says whether this waits for the application's word.
     *
     * @param waits whether it does
     * @return a changed copy
     */
    public PendingWrite parked(boolean waits) {
        return new PendingWrite(
                sequence,
                key,
                scope,
                kind,
                payload,
                before,
                version,
                user,
                requestId,
                sentAt,
                waits,
                expectedVersion,
                writtenAt);
    }

    /**
     * Looks for what would keep a store from taking this up: a persistence may have been changed by others, or be damaged.
     *
     * @return why no store can take it up, or {@code null} if one can
     */
    public @Nullable String problem() {
        if (sequence < 0 || version < 0 || key.entity().isEmpty() || key.id().isEmpty() || scope.isEmpty()) {
            return "it does not name a record and a version";
        }
        if (expectedVersion != ANY_VERSION && (expectedVersion < 1 || kind == WriteKind.CREATE)) {
            return "it expects a version that no record has";
        }
        String problem = JsonBounds.problem(payload);
        return problem == null && before != null ? JsonBounds.problem(before) : problem;
    }

    /**
     * {@return whether this is to be done at one version of the server's record only}
     */
    public boolean isCompared() {
        return expectedVersion != ANY_VERSION;
    }

    /**
     * {@return whether this was sent and not answered, so that it may have been executed}
     */
    public boolean isInDoubt() {
        return requestId != null;
    }
}
