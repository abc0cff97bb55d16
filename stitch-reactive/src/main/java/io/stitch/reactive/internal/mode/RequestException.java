package io.stitch.reactive.internal.mode;

import io.stitch.reactive.spi.ForeignText;

/** A request that did not succeed: refused by the server, or never answered. */
public final class RequestException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Why a request failed. */
    public enum Kind {
        /** The server answered with an error; {@link #code()} says which. */
        REFUSED,
        /** No answer came in time. The request may have been executed. */
        TIMEOUT,
        /** The store is not connected; nothing was sent. */
        NOT_CONNECTED,
        /** The connection ended before the answer came. The request may have been executed. */
        CONNECTION_LOST,
        /** The request is larger than a server takes; nothing was sent. */
        TOO_LARGE,
        /** Too many requests wait already; nothing was sent. */
        OVERFLOW,
        /** The server's answer is not what was asked for. */
        UNEXPECTED_REPLY,
        /** No answer came, and somebody else has written the same since: whose write was first is unknown. */
        OVERTAKEN
    }

    /** Why. */
    private final Kind kind;

    /** The protocol's error code, or 0. */
    private final int code;

    /** The server's own words, or an empty text. */
    private final String serverMessage;

    /**
     * Makes an exception.
     *
     * @param kind why
     * @param code the protocol's error code, 0 where the server did not answer
     * @param message what happened, to what, and what to do
     */
    public RequestException(Kind kind, int code, String message) {
        this(kind, code, message, "");
    }

    /**
     * Makes an exception that quotes the server.
     *
     * @param kind why
     * @param code the protocol's error code
     * @param message what happened, to what, and what to do
     * @param serverMessage the server's own words
     */
    public RequestException(Kind kind, int code, String message, String serverMessage) {
        super(ForeignText.message(message));
        this.kind = kind;
        this.code = code;
        this.serverMessage = serverMessage;
    }

    /**
     * {@return the server's own words, or an empty text}
     */
    public String serverMessage() {
        return serverMessage;
    }

    /**
     * {@return why the request failed}
     */
    public Kind kind() {
        return kind;
    }

    /**
     * {@return the error code (protocol section 3.1), or 0}
     */
    public int code() {
        return code;
    }

    /**
     * {@return whether the same may succeed later} With 401 the session has ended, and what was asked waits for the next one.
     */
    public boolean isTransient() {
        return code == 401 || code == 429 || code >= 500 || (code == 409 && serverMessage.startsWith("conflict:"));
    }
}
