package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import java.util.OptionalInt;

/** The broker could not be reached, refused the connection, or ended it. */
public final class ConnectionException extends StitchException {
    private static final long serialVersionUID = 1;

    /** Why. */
    private final Reason reason;

    /** The MQTT reason code, or -1. */
    private final int reasonCode;

    /** Why. */
    public enum Reason {
        /** The broker could not be reached, or did not answer in time. */
        UNREACHABLE,
        /** The broker refused the connection for another reason than the login. */
        REFUSED,
        /** The login is wrong or not allowed, or its session has ended. Trying again does not help. */
        INVALID_LOGIN,
        /** The ticket provider failed, gave no ticket in time, or asks for patience. */
        TICKET_UNAVAILABLE,
        /** The reconnect validator did not let the connection be used. */
        NOT_VALIDATED,
        /** The store was not started, or disconnected or closed by the application meanwhile. */
        OFFLINE,
        /** The connection was lost, or ended by the broker. */
        LOST
    }

    /**
     * Makes the error.
     *
     * @param reason why
     * @param reasonCode the MQTT 5 reason code, or -1
     * @param message what failed, and what to do
     * @param cause what it was made of, if anything
     */
    public ConnectionException(Reason reason, int reasonCode, @Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
        this.reasonCode = reasonCode;
    }

    /**
     * {@return why}
     */
    public Reason reason() {
        return reason;
    }

    /**
     * {@return the MQTT 5 reason code, where the broker gave one}
     */
    public OptionalInt reasonCode() {
        return reasonCode < 0 ? OptionalInt.empty() : OptionalInt.of(reasonCode);
    }

    @Override
    public boolean isTransient() {
        return reason != Reason.INVALID_LOGIN && reason != Reason.OFFLINE;
    }
}
