package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/**
 * Peer mode: a write was not taken, because its scope is encrypted and the key is not here, or not yet. The scope shows nothing and
 * publishes nothing until the application's keys have one for it; then the write can be made.
 */
public final class KeyMissingException extends StitchException {
    private static final long serialVersionUID = 1;

    /**
     * Makes the error.
     *
     * @param message which scope, and what to do
     * @param cause what noticed it, if anything
     */
    public KeyMissingException(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public boolean isTransient() {
        return true; // When the key has come.
    }
}
