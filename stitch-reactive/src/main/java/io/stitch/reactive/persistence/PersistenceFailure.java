package io.stitch.reactive.persistence;

import org.jspecify.annotations.Nullable;

/**
 * Something could not be kept or read. Its message says what happened, to what, and what to do; the root package turns it into
 * the exception that applications see.
 */
public class PersistenceFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Why. */
    private final Kind kind;

    /** What can go wrong. */
    public enum Kind {
        /** Somebody else has the database open. */
        LOCKED,
        /** A newer version of this library wrote the database. */
        NEWER_VERSION,
        /** The database is damaged. */
        CORRUPT,
        /** The passphrase is not the one that the database was encrypted with. */
        WRONG_PASSPHRASE,
        /** There is no room for what should be kept. Reading goes on, and writing does when there is room again. */
        DISK_FULL,
        /** The place may not be written to. */
        READ_ONLY,
        /** The database was made in the other sync mode; always a {@link ModeMismatch}. */
        MODE_MISMATCH,
        /** It is not open. */
        CLOSED,
        /** Anything else. */
        FAILED
    }

    /**
     * Makes a failure.
     *
     * @param kind why
     * @param message what happened, to what, and what to do
     * @param cause what caused it, or {@code null}
     */
    public PersistenceFailure(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /**
     * {@return why}
     */
    public final Kind kind() {
        return kind;
    }
}
