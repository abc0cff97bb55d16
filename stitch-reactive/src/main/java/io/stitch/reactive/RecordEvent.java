package io.stitch.reactive;

import tools.jackson.databind.node.ObjectNode;

import java.util.Optional;

/** Something that happened to a record, as a subscriber sees it. Immutable. */
public interface RecordEvent {
    /** What happened. */
    enum Operation {
        /** The record is new to the subscriber. */
        CREATED,
        /** The record changed. */
        UPDATED,
        /** The record is gone. */
        DELETED
    }

    /** Who did it. */
    enum Origin {
        /** Nobody: it was there when the subscriber came. */
        STORED,
        /** This client. */
        LOCAL,
        /** The server, or another client. */
        REMOTE,
        /** A write of this client was refused and undone. */
        ROLLBACK
    }

    /**
     * {@return what happened}
     */
    Operation operation();

    /**
     * {@return who did it}
     */
    Origin origin();

    /**
     * {@return the record's entity}
     */
    String entity();

    /**
     * {@return the record's id}
     */
    String id();

    /**
     * {@return the record's version on the server, or -1 if it has none}
     */
    long version();

    /**
     * Tells whether writes of this client still waited for their answer when the event was made: then the record may change by
     * being refused, and offline it is not yet anywhere else. When the last of them is settled another event follows, even if it
     * leaves the record as it was; after a delete none does, because the record is gone already.
     *
     * @return whether there were any; never for a record that is local only
     */
    boolean isPending();

    /**
     * The mark of the write of this store that changed the record, see {@link Mutation#tagged}: when it was applied, confirmed or undone. Where
     * several changes were folded into this event, it is that of the last one.
     *
     * @return the mark; empty if somebody else changed the record, or the write has none
     */
    default Optional<String> tag() {
        return Optional.empty();
    }

    /**
     * Tells whether the event is about a record of an entity.
     *
     * @param type the entity
     * @return whether it is
     */
    default boolean isOf(EntityType<?> type) {
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
    <T> T record(EntityType<T> type);

    /**
     * {@return the record as JSON, a new tree each time}
     */
    ObjectNode json();
}
