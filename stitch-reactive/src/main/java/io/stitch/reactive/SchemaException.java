package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/** A schema or a configuration that cannot work, or a record that does not fit its entity's type. */
public final class SchemaException extends StitchException {
    private static final long serialVersionUID = 1;

    /**
     * Makes the error.
     *
     * @param message what does not fit, and what to do
     */
    public SchemaException(String message) {
        this(message, null);
    }

    /**
     * Makes the error.
     *
     * @param message what does not fit, and what to do
     * @param cause what noticed it, if anything
     */
    public SchemaException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
