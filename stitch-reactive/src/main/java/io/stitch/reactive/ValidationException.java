package io.stitch.reactive;

import io.stitch.reactive.store.WriteRefusal;
import io.stitch.reactive.wire.Names;

/** A write breaks a rule of the schema, or an id cannot be one. Nothing was applied and nothing is sent. */
public final class ValidationException extends StitchException {
    private static final long serialVersionUID = 1;

    /** The refusal, which knows the details. */
    private final WriteRefusal refusal;

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

    /** Checks an id that an application passed in. */
    static String requireId(String entity, String id) {
        String problem = Names.idProblem(id);
        if (problem != null) {
            throw new ValidationException(WriteRefusal.badId(entity, id, problem));
        }
        return id;
    }

    ValidationException(WriteRefusal refusal) {
        super(refusal.getMessage(), refusal);
        this.refusal = refusal;
    }

    /**
     * {@return the rule that is broken}
     */
    public Rule rule() {
        return Rule.valueOf(refusal.rule().name());
    }

    /**
     * {@return the record's entity}
     */
    public String entity() {
        return refusal.entity();
    }

    /**
     * {@return the record's id}
     */
    public String id() {
        return refusal.id();
    }

    /**
     * {@return the field}
     */
    public String field() {
        return refusal.field();
    }

    /**
     * {@return the value as JSON, abbreviated; empty if it is missing}
     */
    public String value() {
        return refusal.value();
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
