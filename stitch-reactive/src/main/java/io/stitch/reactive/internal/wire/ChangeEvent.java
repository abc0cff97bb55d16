package io.stitch.reactive.internal.wire;

import org.jspecify.annotations.Nullable;

/**
 * A change event that passed every rule of protocol section 2.
 *
 * @param scopeId the scope, or {@code null} for a top-level entity
 * @param entity the record's entity, as the topic says
 * @param id the record's id
 * @param operation what happened
 * @param json the whole record as UTF-8 JSON with {@code id} set; {@code null} only on a delete. Not to be modified.
 * @param version the record's {@code _version}, or {@link #NO_VERSION}
 * @param updatedAt the record's {@code updatedAt} if that is a number, else NaN
 * @param operationId whether the event carries an {@code operation_id}: an old server's late redelivery does
 * @param replay whether a server sent it in answer to a hello
 * @param restored whether the server sent it to this client alone and says that it went back to this version (protocol section 4.3)
 */
@SuppressWarnings(
        "ArrayRecordComponent") // Handed over, never compared: a copy for each event would cost what decoding does.
public record ChangeEvent(
        @Nullable String scopeId,
        String entity,
        String id,
        Operation operation,
        byte @Nullable [] json,
        long version,
        double updatedAt,
        boolean operationId,
        boolean replay,
        boolean restored) {

    /** What {@link #version()} is when the event carries none. */
    public static final long NO_VERSION = -1;

    /** Integers up to here are exact in every JSON library: there is no higher version. */
    public static final long MAX_VERSION = (1L << 53) - 1;

    /**
     * The same event, of another scope.
     *
     * @param scope the scope
     * @return the event
     */
    public ChangeEvent in(String scope) {
        return new ChangeEvent(scope, entity, id, operation, json, version, updatedAt, operationId, replay, restored);
    }

    /**
     * {@return the event of the record's leaving, at the same version}
     */
    public ChangeEvent asDelete() {
        return new ChangeEvent(
                scopeId, entity, id, Operation.DELETE, null, version, updatedAt, operationId, replay, restored);
    }
}
