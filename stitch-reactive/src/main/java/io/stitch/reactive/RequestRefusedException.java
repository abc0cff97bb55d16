package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/** The server refused a request. */
public final class RequestRefusedException extends StitchException {
    private static final long serialVersionUID = 1;

    /** The protocol's error code. */
    private final int code;

    /** Whether it lost against a write at the same time. */
    private final boolean writeConflict;

    /** Why, from the protocol's error code. */
    public enum Reason {
        /** 400: malformed, or fails the server's schema. */
        INVALID,
        /** 401: the session is not valid. */
        UNAUTHENTICATED,
        /** 403: not yours. */
        FORBIDDEN,
        /** 404: no such record. */
        NOT_FOUND,
        /** 409: a unique, foreign-key or not-null rule is broken, or the id exists. */
        CONFLICT,
        /** 412: the record is not at the version that the write expects. */
        PRECONDITION_FAILED,
        /** 429: too many requests. */
        RATE_LIMITED,
        /** Any other code below 500: the same request is refused again. */
        OTHER,
        /** Any code from 500 on: trouble on the server, which may pass. */
        SERVER
    }

    /**
     * Makes the error.
     *
     * @param code the protocol's error code
     * @param message what was refused, and what to do
     * @param cause what it was made of, if anything
     */
    public RequestRefusedException(int code, @Nullable String message, @Nullable Throwable cause) {
        this(code, message, cause, false);
    }

    /**
     * Makes the error.
     *
     * @param code the protocol's error code
     * @param message what was refused, and what to do
     * @param cause what it was made of, if anything
     * @param writeConflict whether it lost against a write at the same time, and may be repeated
     */
    public RequestRefusedException(
            int code, @Nullable String message, @Nullable Throwable cause, boolean writeConflict) {
        super(message, cause);
        this.code = code;
        this.writeConflict = writeConflict;
    }

    /**
     * {@return the protocol's error code}
     */
    public int code() {
        return code;
    }

    /**
     * {@return why}
     */
    public Reason reason() {
        return switch (code) {
            case 400 -> Reason.INVALID;
            case 401 -> Reason.UNAUTHENTICATED;
            case 403 -> Reason.FORBIDDEN;
            case 404 -> Reason.NOT_FOUND;
            case 409 -> Reason.CONFLICT;
            case 412 -> Reason.PRECONDITION_FAILED;
            case 429 -> Reason.RATE_LIMITED;
            default -> code >= 500 ? Reason.SERVER : Reason.OTHER;
        };
    }

    @Override
    public boolean isTransient() {
        return writeConflict || reason() == Reason.RATE_LIMITED || reason() == Reason.SERVER;
    }
}
