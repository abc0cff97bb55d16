package io.stitch.reactive.spi;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Optional;

/** There is no ticket: the session is not valid, or whoever hands tickets out cannot now. */
public final class TicketException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Whether asking again is of no use. */
    private final boolean invalid;

    /** When to ask again, or {@code null}. */
    private final @Nullable Duration retryAfter;

    private TicketException(boolean invalid, @Nullable Duration retryAfter, String message, @Nullable Throwable cause) {
        super(ForeignText.message(message), ForeignText.causeOrNull(cause));
        this.invalid = invalid;
        this.retryAfter = retryAfter;
    }

    /**
     * The session is not valid: the user has to log in again, and the store stops connecting.
     *
     * @param message what happened and what to do, without secrets
     * @return the exception
     */
    public static TicketException sessionInvalid(String message) {
        return new TicketException(true, null, message, null);
    }

    /**
     * There is no ticket now; the store tries again later.
     *
     * @param message what happened and what to do, without secrets
     * @param cause the cause, or {@code null}
     * @return the exception
     */
    public static TicketException unavailable(String message, @Nullable Throwable cause) {
        return new TicketException(false, null, message, cause);
    }

    /**
     * Too many tickets were asked for; the store tries again later.
     *
     * @param message what happened, without secrets
     * @param retryAfter the shortest wait; the store heeds it up to two minutes
     * @return the exception
     */
    public static TicketException rateLimited(String message, Duration retryAfter) {
        return new TicketException(false, retryAfter, message, null);
    }

    /**
     * {@return whether the session is not valid, so that asking again is of no use}
     */
    public boolean isSessionInvalid() {
        return invalid;
    }

    /**
     * {@return the shortest wait before the next try, where one was given}
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
