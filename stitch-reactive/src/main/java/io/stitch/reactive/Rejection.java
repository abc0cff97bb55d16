package io.stitch.reactive;

import io.stitch.reactive.persistence.PendingWrite;
import io.stitch.reactive.persistence.StoredRecord;
import io.stitch.reactive.store.WriteRejection;
import io.stitch.reactive.wire.Json;
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
        PendingWrite.Kind kind,
        WriteRejection.Reason reason,
        Throwable error,
        ObjectNode written,
        @Nullable ObjectNode localCopy,
        @Nullable ObjectNode current) {

    static Rejection of(WriteRejection rejection, boolean scoped) {
        PendingWrite write = rejection.write();
        return new Rejection(
                scoped ? write.scope() : null,
                write.key().entity(),
                write.key().id(),
                write.kind(),
                rejection.reason(),
                Errors.translate(rejection.error()),
                Json.readObject(write.payload()),
                json(rejection.localCopy()),
                json(rejection.serverState()));
    }

    private static @Nullable ObjectNode json(@Nullable StoredRecord record) {
        return record == null ? null : Json.readObject(record.json());
    }
}
