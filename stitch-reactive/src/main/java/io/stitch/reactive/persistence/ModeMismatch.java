package io.stitch.reactive.persistence;

import org.jspecify.annotations.Nullable;

/** A database is opened in another sync mode than it was made in. Nothing was read from it. */
public final class ModeMismatch extends PersistenceFailure {
    private static final long serialVersionUID = 1;

    /** The mode that the database was made in. */
    private final String persistedMode;

    /** The mode that the store is configured for. */
    private final String configuredMode;

    private ModeMismatch(String persistedMode, String configuredMode) {
        super(
                Kind.MODE_MISMATCH,
                ("The local database was made in %1$s mode, but the store is configured for %2$s mode, and the records of the two"
                                + " never mix. Configure %1$s mode, or give the store another database, or begin empty with"
                                + " clearLocalData(): writes that were not sent are lost then.")
                        .formatted(persistedMode, configuredMode),
                null);
        this.persistedMode = persistedMode;
        this.configuredMode = configuredMode;
    }

    /**
     * Checks a database's mode.
     *
     * @param persistedMode the mode that it was made in, or {@code null} if it is new
     * @param configuredMode the mode that the store is configured for
     * @throws ModeMismatch if they differ
     */
    public static void check(@Nullable String persistedMode, String configuredMode) {
        if (persistedMode != null && !persistedMode.equals(configuredMode)) {
            throw new ModeMismatch(persistedMode, configuredMode);
        }
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
}
