package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/** A schema or a configuration that cannot work, or a record that does not fit its entity's type. */
public final class SchemaException extends StitchException {
    private static final long serialVersionUID = 1;

    SchemaException(String message) {
        this(message, null);
    }

    SchemaException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
