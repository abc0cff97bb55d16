package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/** A write breaks a rule of the schema, or an id cannot be one. Nothing was applied and nothing is sent. */
public final class ValidationException extends StitchException {
    private static final long serialVersionUID = 1;

    /** The rule that is broken. */
    private final Rule rule;

    /** The record's entity. */
    private final String entity;

    /** The record's id. */
    private final String id;

    /** The field. */
    private final String field;

    /** The value as JSON, abbreviated. */
    private final String value;

    /** The rules. */
    public enum Rule {
        /** An id is empty, too long, reserved, or has characters that it must not have. */
        ID,
        /** A required field is missing or null. */
        REQUIRED,
        /** A field's value is of the wrong type. */
        TYPE,
        /** Another record has the same value in a unique field. */
        UNIQUE,
        /** A field names a record that is not there. */
        REFERENCE,
        /** The record cannot be deleted, because another one refers to it. */
        RESTRICT
    }

    /**
     * Makes the error.
     *
     * @param rule the rule that is broken
     * @param entity the record's entity
     * @param id the record's id
     * @param field the field
     * @param value the value as JSON, abbreviated; empty if it is missing
     * @param message which rule is broken by what, and what to do
     * @param cause what noticed it, if anything
     */
    public ValidationException(
            Rule rule,
            String entity,
            String id,
            String field,
            String value,
            @Nullable String message,
            @Nullable Throwable cause) {
        super(message, cause);
        this.rule = rule;
        this.entity = entity;
        this.id = id;
        this.field = field;
        this.value = value;
    }

    /**
     * {@return the rule that is broken}
     */
    public Rule rule() {
        return rule;
    }

    /**
     * {@return the record's entity}
     */
    public String entity() {
        return entity;
    }

    /**
     * {@return the record's id}
     */
    public String id() {
        return id;
    }

    /**
     * {@return the field}
     */
    public String field() {
        return field;
    }

    /**
     * {@return the value as JSON, abbreviated; empty if it is missing}
     */
    public String value() {
        return value;
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
