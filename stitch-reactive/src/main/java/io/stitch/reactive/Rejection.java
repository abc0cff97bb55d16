package io.stitch.reactive;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A write that was queued and will never be done: it is undone here, and its writer had been told that it was queued, or was not
 * waiting any more.
 *
 * @param scopeId the id of the scope that it was written in; {@code null} for an entity that belongs to no scope
 * @param entity the record's entity
 * @param id the record's id
 * @param kind what was written
 * @param reason why it is not done
 * @param error the error, with the server's words
 * @param written what was written: the record of a create, the fields of an update, an empty object for a delete
 * @param localCopy the whole record as it was seen here with the write, so that it can be created anew; {@code null} if there was
 *     none
 * @param current the record as it is seen here now; {@code null} if there is none
 */
public record Rejection(
        @Nullable String scopeId,
        String entity,
        String id,
        WriteKind kind,
        Reason reason,
        Throwable error,
        ObjectNode written,
        @Nullable ObjectNode localCopy,
        @Nullable ObjectNode current) {
    /** Why a write is never done. */
    public enum Reason {
        /** The server refused it, or it could not be done at once and was not to be queued; the error says which. */
        REFUSED,
        /** The record was deleted meanwhile, and the delete stands. */
        DELETED_MEANWHILE,
        /** Somebody else wrote the same meanwhile, and it is unknown whether this write came before. */
        OVERTAKEN,
        /** It expected the record at another version than the server's. {@link #current} is what is there now. */
        PRECONDITION_FAILED,
        /** The application {@linkplain StitchStore#dropWrite dropped} it, or one that it depends on. */
        DROPPED
    }
}
