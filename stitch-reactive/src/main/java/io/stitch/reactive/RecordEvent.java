package io.stitch.reactive;

import io.stitch.reactive.store.RecordChange;
import io.stitch.reactive.wire.Json;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Something that happened to a record, as a subscriber sees it. Immutable. */
public final class RecordEvent {
    /** What happened. */
    public enum Operation {
        /** The record is new to the subscriber. */
        CREATED,
        /** The record changed. */
        UPDATED,
        /** The record is gone. */
        DELETED
    }

    /** Who did it. */
    public enum Origin {
        /** Nobody: it was there when the subscriber came. */
        STORED,
        /** This client. */
        LOCAL,
        /** The server, or another client. */
        REMOTE,
        /** A write of this client was refused and undone. */
        ROLLBACK
    }

    private final RecordChange change;
    private final JsonMapper mapper;

    RecordEvent(RecordChange change, JsonMapper mapper) {
        this.change = change;
        this.mapper = mapper;
    }

    /**
     * {@return what happened}
     */
    public Operation operation() {
        return switch (change.kind()) {
            case CREATED -> Operation.CREATED;
            case UPDATED -> Operation.UPDATED;
            case DELETED -> Operation.DELETED;
        };
    }

    /**
     * {@return who did it}
     */
    public Origin origin() {
        return switch (change.origin()) {
            case STORED -> Origin.STORED;
            case LOCAL -> Origin.LOCAL;
            case REMOTE -> Origin.REMOTE;
            case ROLLBACK -> Origin.ROLLBACK;
        };
    }

    /**
     * {@return the record's entity}
     */
    public String entity() {
        return change.record().entity();
    }

    /**
     * {@return the record's id}
     */
    public String id() {
        return change.record().id();
    }

    /**
     * {@return the record's version on the server, or -1 if it has none}
     */
    public long version() {
        return change.record().version();
    }

    /**
     * Tells whether writes of this client still waited for their answer when the event was made: then the record may change by
     * being refused, and offline it is not yet anywhere else. When the last of them is settled another event follows, even if it
     * leaves the record as it was; after a delete none does, because the record is gone already.
     *
     * @return whether there were any; never for a record that is local only
     */
    public boolean isPending() {
        return change.pending();
    }

    /**
     * Tells whether the event is about a record of an entity.
     *
     * @param type the entity
     * @return whether it is
     */
    public boolean isOf(EntityType<?> type) {
        return type.name().equals(entity());
    }

    /**
     * The record, after the event; on a delete its last state.
     *
     * @param type the record's entity
     * @param <T> the type of a record
     * @return a new object each time
     * @throws SchemaException if the record is of another entity or does not fit the type
     */
    public <T> T as(EntityType<T> type) {
        if (!isOf(type)) {
            throw new SchemaException("The event is about a %s, not a %s.".formatted(entity(), type.name()));
        }
        return type.read(mapper, change.record().json());
    }

    /**
     * {@return the record as JSON, a new tree each time}
     */
    public ObjectNode json() {
        return Json.readObject(change.record().json());
    }

    @Override
    public String toString() {
        return operation() + " " + entity() + "/" + id() + " v" + version() + " (" + origin()
                + (isPending() ? ", pending)" : ")");
    }
}
