package io.stitch.reactive;

import io.stitch.reactive.persistence.ModeMismatch;

/**
 * The local database was made in the other sync mode. Nothing was read from it or sent. Configure the mode it was made in, give
 * the store another database, or begin empty with {@link StitchStore#clearLocalData()}.
 */
public final class ModeMismatchException extends StitchException {
    private static final long serialVersionUID = 1;

    /** What the persistence found. */
    private final ModeMismatch mismatch;

    ModeMismatchException(ModeMismatch mismatch) {
        super(mismatch.getMessage(), mismatch);
        this.mismatch = mismatch;
    }

    /**
     * {@return the mode that the database was made in}
     */
    public String persistedMode() {
        return mismatch.persistedMode();
    }

    /**
     * {@return the mode that the store is configured for}
     */
    public String configuredMode() {
        return mismatch.configuredMode();
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
