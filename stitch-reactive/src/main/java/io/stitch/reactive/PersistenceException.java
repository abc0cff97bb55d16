package io.stitch.reactive;

import io.stitch.reactive.persistence.PersistenceFailure;
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

    private PersistenceException(Reason reason, @Nullable String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** Makes an exception that says what {@code error} says, for the reason that is in its cause or in itself. */
    static PersistenceException of(Throwable error) {
        Throwable why = error instanceof PersistenceFailure || error.getCause() == null ? error : error.getCause();
        Reason reason = why instanceof PersistenceFailure failure ? reason(failure.kind()) : Reason.FAILED;
        return new PersistenceException(reason, error.getMessage(), error);
    }

    private static Reason reason(PersistenceFailure.Kind kind) {
        return kind == PersistenceFailure.Kind.MODE_MISMATCH ? Reason.FAILED : Reason.valueOf(kind.name());
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
            case NEWER_VERSION, CORRUPT, WRONG_PASSPHRASE, READ_ONLY, CLOSED -> false;
        };
    }
}
