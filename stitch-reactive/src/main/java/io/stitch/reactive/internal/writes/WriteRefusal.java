package io.stitch.reactive.internal.writes;

import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.time.Duration;

/** A write that was not even taken: nothing was applied, nothing is sent. */
public final class WriteRefusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Why a write is not taken. */
    public enum Rule {
        /** A required field is missing or null. */
        REQUIRED,
        /** A field's value is of the wrong type. */
        TYPE,
        /** Another record has the same value in a unique field. */
        UNIQUE,
        /** A field names a record that is not there. */
        REFERENCE,
        /** The record cannot be deleted, because another one refers to it. */
        RESTRICT,
        /** A record with this id is there already. */
        EXISTS,
        /** The server has a later version than the one that the write expects. */
        OTHER_VERSION,
        /** There is no such record in this store, and it would be nowhere else. */
        NOT_FOUND,
        /** The store's own clock is too far ahead of the time. */
        CLOCK_AHEAD,
        /** The scope is encrypted, and its key is not here. */
        KEY_MISSING,
        /** Peers sign, and this store's key is not trusted with the record. */
        NOT_TRUSTED,
        /** As many writes are pending as the queue takes. */
        QUEUE_FULL,
        /** The write could not be kept on disk. */
        NOT_DURABLE
    }

    /** Why. */
    private final Rule rule;

    /** The entity, or an empty text. */
    private final String entity;

    /** The record, or an empty text. */
    private final String id;

    /** The field, or an empty text. */
    private final String field;

    /** The value as JSON, or an empty text. */
    private final String value;

    private WriteRefusal(
            Rule rule,
            RecordKey key,
            String field,
            @Nullable JsonNode value,
            String message,
            @Nullable Throwable cause) {
        super(ForeignText.message(message), cause);
        this.rule = rule;
        this.entity = key.entity();
        this.id = key.id();
        this.field = field;
        this.value = value == null ? "" : ForeignText.quoted(value.toString());
    }

    private WriteRefusal(Rule rule, RecordKey key, String field, String message) {
        this(rule, key, field, null, message, null);
    }

    static WriteRefusal of(Rule rule, RecordKey key, String field, @Nullable JsonNode value, String why) {
        String subject = "%s '%s', field '%s'".formatted(key.entity(), key.id(), field);
        String stated = value == null || value.isMissingNode()
                ? ""
                : " (value %s)".formatted(ForeignText.quoted(value.toString()));
        return new WriteRefusal(rule, key, field, value, subject + stated + ": " + why, null);
    }

    static WriteRefusal exists(RecordKey key) {
        return new WriteRefusal(
                Rule.EXISTS,
                key,
                "id",
                "exists: there is a %s '%s' already. Update it, or create another id."
                        .formatted(key.entity(), key.id()));
    }

    /**
     * Refuses a write of a record that is not there.
     *
     * @param key the record
     * @return the refusal
     */
    public static WriteRefusal notFound(RecordKey key) {
        return new WriteRefusal(
                Rule.NOT_FOUND,
                key,
                "id",
                "not found: there is no %s '%s' in this store.".formatted(key.entity(), key.id()));
    }

    /**
     * Refuses a write that expects an earlier version than the server is known to have.
     *
     * @param key the record
     * @param expected the version that the write expects
     * @param known the server's version
     * @return the refusal
     */
    public static WriteRefusal otherVersion(RecordKey key, long expected, long known) {
        return new WriteRefusal(
                Rule.OTHER_VERSION,
                key,
                "id",
                "The %s '%s' is at version %d, and not at %d as the write expects. Nothing was written; look at what is there now, and decide again."
                        .formatted(key.entity(), key.id(), known, expected));
    }

    /**
     * Refuses a write that would get a stamp from the future.
     *
     * @param key the record
     * @param ahead how far ahead
     * @return the refusal
     */
    public static WriteRefusal clockAhead(RecordKey key, Duration ahead) {
        return new WriteRefusal(
                Rule.CLOCK_AHEAD,
                key,
                "",
                ("The %s '%s' was not written: this store's clock is ahead of the time by %s, because the time was once wrong"
                                + " here, and peers would not take the write. Set the time right, then mend what was written"
                                + " meanwhile with PeerSync.restamp().")
                        .formatted(key.entity(), key.id(), ahead));
    }

    /**
     * Refuses a write into a scope that shows nothing, because its key is missing.
     *
     * @param key the record
     * @param scope the scope
     * @return the refusal
     */
    public static WriteRefusal keyMissing(RecordKey key, String scope) {
        return new WriteRefusal(
                Rule.KEY_MISSING,
                key,
                "",
                ("The %s '%s' was not written: the key of scope '%s' is missing, so what it holds cannot be seen, and nothing of it"
                                + " may be published. Write again when the application's ScopeKeys has the key.")
                        .formatted(key.entity(), key.id(), scope));
    }

    /**
     * Refuses a write that nobody would take, this store included.
     *
     * @param key the record
     * @return the refusal
     */
    public static WriteRefusal notTrusted(RecordKey key) {
        return new WriteRefusal(
                Rule.NOT_TRUSTED,
                key,
                "",
                ("The %s '%s' was not written: the key that this store signs with is not trusted with it, as far as is known here, so"
                                + " no peer would take it. Have somebody who may do so grant it, and write again.")
                        .formatted(key.entity(), key.id()));
    }

    public static WriteRefusal queueFull(int bound) {
        return new WriteRefusal(
                Rule.QUEUE_FULL,
                new RecordKey("", ""),
                "",
                "%d writes are pending, as many as the queue takes. Wait until some are sent, or allow more."
                        .formatted(bound));
    }

    public static WriteRefusal notDurable(Throwable cause) {
        return new WriteRefusal(
                Rule.NOT_DURABLE,
                new RecordKey("", ""),
                "",
                null,
                "The write could not be kept, so it was undone and is not sent: " + cause.getMessage(),
                cause);
    }

    /**
     * {@return why}
     */
    public Rule rule() {
        return rule;
    }

    /**
     * {@return the entity, or an empty text}
     */
    public String entity() {
        return entity;
    }

    /**
     * {@return the record's id, or an empty text}
     */
    public String id() {
        return id;
    }

    /**
     * {@return the field, or an empty text}
     */
    public String field() {
        return field;
    }

    /**
     * {@return the value as JSON, abbreviated, or an empty text}
     */
    public String value() {
        return value;
    }
}
