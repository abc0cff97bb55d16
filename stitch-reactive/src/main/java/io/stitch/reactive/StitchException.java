package io.stitch.reactive;

import io.stitch.reactive.spi.ForeignText;
import org.jspecify.annotations.Nullable;

/** The base of every error that this library signals. Its message says what happened, to what, and what to do. */
public abstract sealed class StitchException extends RuntimeException
        permits ConnectionException,
                RequestRefusedException,
                RequestFailedException,
                PersistenceException,
                ModeMismatchException,
                OnlyCopyException,
                SchemaException,
                ValidationException,
                UnsupportedInModeException,
                ClockAheadException,
                KeyMissingException,
                NotTrustedException,
                ClosedException,
                StoreFailedException,
                MutationOverflowException {
    private static final long serialVersionUID = 1;

    StitchException(@Nullable String message, @Nullable Throwable cause) {
        super(ForeignText.messageOrNull(message), cause);
    }

    /**
     * {@return whether the same may succeed later}
     */
    public abstract boolean isTransient();
}
