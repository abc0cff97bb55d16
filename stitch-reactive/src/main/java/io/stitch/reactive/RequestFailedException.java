package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/** A request got no usable answer. */
public final class RequestFailedException extends StitchException {
    private static final long serialVersionUID = 1;

    /** Why. */
    private final Reason reason;

    /** Why. */
    public enum Reason {
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
        OVERTAKEN,
        /** A write that is not to be queued would have had to wait for one that waits already; nothing was sent. */
        HELD_UP,
        /** The application dropped the write, or one that it depends on; nothing was sent. */
        DROPPED
    }

    /**
     * Makes the error.
     *
     * @param reason why
     * @param message what failed, and what to do
     * @param cause what it was made of, if anything
     */
    public RequestFailedException(Reason reason, @Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /**
     * {@return why}
     */
    public Reason reason() {
        return reason;
    }

    @Override
    public boolean isTransient() {
        return switch (reason) {
            case TIMEOUT, NOT_CONNECTED, CONNECTION_LOST, OVERFLOW, HELD_UP -> true;
            case TOO_LARGE, UNEXPECTED_REPLY, OVERTAKEN, DROPPED -> false;
        };
    }
}
