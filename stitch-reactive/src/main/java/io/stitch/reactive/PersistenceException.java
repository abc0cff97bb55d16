package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/** Something could not be kept on disk or read from it. */
public final class PersistenceException extends StitchException {
    private static final long serialVersionUID = 1;

    /** Why. */
    private final Reason reason;

    /** What can go wrong with a local database. */
    public enum Reason {
        /** Another store or process has it open. */
        LOCKED,
        /** A newer version of this library wrote it. */
        NEWER_VERSION,
        /** It is damaged. */
        CORRUPT,
        /** It is somebody else's, or has something in it that could run code. */
        FOREIGN,
        /** The passphrase is not the one that it was encrypted with. */
        WRONG_PASSPHRASE,
        /** There is no room for what should be kept. Reading goes on, and writing does when there is room again. */
        DISK_FULL,
        /** Its place may not be written to. */
        READ_ONLY,
        /** It is not open. */
        CLOSED,
        /** Anything else. */
        FAILED
    }

    /**
     * Makes the error; a {@link io.stitch.reactive.spi.Persistence} signals it.
     *
     * @param reason why
     * @param message what failed, with the database's place, and what to do
     * @param cause what noticed it, if anything
     */
    public PersistenceException(Reason reason, @Nullable String message, @Nullable Throwable cause) {
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
            case LOCKED, DISK_FULL, FAILED -> true;
            case NEWER_VERSION, CORRUPT, FOREIGN, WRONG_PASSPHRASE, READ_ONLY, CLOSED -> false;
        };
    }
}
