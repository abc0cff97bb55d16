package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/** Something could not be kept on disk or read from it. */
public final class PersistenceException extends StitchException {
    private static final long serialVersionUID = 1;

    PersistenceException(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public boolean isTransient() {
        return true;
    }
}
