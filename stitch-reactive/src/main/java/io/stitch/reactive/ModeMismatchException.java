package io.stitch.reactive;

/** A local database was made in another sync mode than the store is configured for. Nothing was read and nothing changed. */
public final class ModeMismatchException extends StitchException {
    private static final long serialVersionUID = 1;

    /** The mode that the database was made in. */
    private final String persistedMode;

    /** The mode that the store is configured for. */
    private final String configuredMode;

    /**
     * Makes the error; a {@link io.stitch.reactive.spi.Persistence} signals it.
     *
     * @param persistedMode the mode that the database was made in
     * @param configuredMode the mode that the store is configured for
     */
    public ModeMismatchException(String persistedMode, String configuredMode) {
        super(
                ("The local database was made in %1$s mode, but the store is configured for %2$s mode, and the records of the two"
                                + " never mix. Configure %1$s mode, or give the store another database, or begin empty with"
                                + " clearLocalData(): writes that were not sent are lost then.")
                        .formatted(persistedMode, configuredMode),
                null);
        this.persistedMode = persistedMode;
        this.configuredMode = configuredMode;
    }

    /**
     * {@return the mode that the database was made in}
     */
    public String persistedMode() {
        return persistedMode;
    }

    /**
     * {@return the mode that the store is configured for}
     */
    public String configuredMode() {
        return configuredMode;
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
