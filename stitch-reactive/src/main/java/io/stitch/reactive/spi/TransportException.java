package io.stitch.reactive.spi;

import org.jspecify.annotations.Nullable;

import java.util.OptionalInt;

/** Something that the broker refused or the network prevented. */
public final class TransportException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What went wrong. */
    public enum Kind {
        /** The broker could not be reached. */
        CONNECT_FAILED,
        /** The broker did not answer in time. */
        CONNECT_TIMEOUT,
        /** The broker refused the connection; {@link #reasonCode()} says why. */
        CONNECT_REFUSED,
        /** There is no connection; nothing was sent. */
        NOT_CONNECTED,
        /** The connection ended before the broker acknowledged. */
        CONNECTION_LOST,
        /**
         * The broker refused a subscription or a publish, or more publishes wait for it than it can tell apart; {@link #reasonCode()} says
         * why.
         */
        REFUSED
    }

    /** What went wrong. */
    private final Kind kind;

    /** The MQTT reason code, or -1. */
    private final int reasonCode;

    /**
     * Makes an exception.
     *
     * @param kind what went wrong
     * @param reasonCode the MQTT reason code, or -1
     * @param message what happened, to what, and what to do
     * @param cause the cause, or {@code null}
     */
    public TransportException(Kind kind, int reasonCode, String message, @Nullable Throwable cause) {
        super(ForeignText.message(message), ForeignText.causeOrNull(cause));
        this.kind = kind;
        this.reasonCode = reasonCode;
    }

    /**
     * {@return what went wrong}
     */
    public Kind kind() {
        return kind;
    }

    /**
     * {@return whether the broker refused a subscription or a publish with 0x87, not authorized: no repetition will change that}
     */
    public boolean isNotAuthorized() {
        return kind == Kind.REFUSED && reasonCode == ReasonCodes.NOT_AUTHORIZED;
    }

    /**
     * {@return the MQTT 5 reason code, where the broker gave one}
     */
    public OptionalInt reasonCode() {
        return reasonCode < 0 ? OptionalInt.empty() : OptionalInt.of(reasonCode);
    }
}
