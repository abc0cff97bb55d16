package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.Optional;

/**
 * A write that is pending, as {@link StitchStore#queuedWrites()} lists it: what it is, how far it is, and why it is not settled yet.
 *
 * @param sequence its place among all writes of the store, which also names it for {@link StitchStore#dropWrite} and {@link
 *     StitchStore#retryWrite}; kept over restarts
 * @param entity the record's entity
 * @param id the record's id
 * @param scopeId the id of the scope that it was written in; {@code null} for an entity that belongs to no scope
 * @param kind what is written
 * @param writtenAt when it was written, by this store's clock; {@code null} if an older version of this library kept it
 * @param attempts how often it was sent since this store was started
 * @param state how far it is
 * @param behind what goes before it, where it is {@link State#BEHIND}, or {@code null}
 * @param inDoubt whether it may have been done, or others may have heard of it: then it cannot be dropped
 * @param error what came of the last attempt, if that failed since this store was started, or {@code null}
 * @param tag what it was marked with by {@link Mutation#tagged}, or {@code null}; not kept over restarts
 */
public record QueuedWrite(
        long sequence,
        String entity,
        String id,
        @Nullable String scopeId,
        WriteKind kind,
        @Nullable Instant writtenAt,
        int attempts,
        State state,
        @Nullable Behind behind,
        boolean inDoubt,
        @Nullable Throwable error,
        @Nullable String tag) {
    /** How far a write is, and so why it is not settled yet. */
    public enum State {
        /** It is being written to disk. */
        KEEPING,
        /** There is no connection. */
        OFFLINE,
        /** There is no connection, and none is tried, because the login is not valid: see {@link StitchStore#sessionInvalid()}. */
        LOGIN,
        /** The connection is new, and the open scopes are compared first. */
        COMPARING,
        /** It is about to be sent. */
        IN_LINE,
        /** It is sent, and not answered. */
        SENDING,
        /** Its last attempt failed, with {@link QueuedWrite#error}, and it is sent again after a while. */
        RETRYING,
        /** An earlier write goes first: of the same record, or of one that {@link QueuedWrite#behind} names. */
        BEHIND,
        /** It was answered five times with trouble, last with {@link QueuedWrite#error}, and waits for {@link StitchStore#retryWrite}. */
        PARKED
    }

    /**
     * A record whose writes go first.
     *
     * @param entity its entity
     * @param id its id
     */
    public record Behind(String entity, String id) {}

    /**
     * {@return what came of the last attempt, if that failed since this store was started}
     */
    public Optional<Throwable> lastError() {
        return Optional.ofNullable(error);
    }
}
