package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/** A store has ended by itself, because of an error of the JVM: memory ran out, or a class is missing. Make a new one. */
public final class StoreFailedException extends StitchException {
    private static final long serialVersionUID = 1;

    /**
     * Makes the error.
     *
     * @param message what happened, and what to do
     * @param cause the JVM's error
     */
    public StoreFailedException(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
