package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/**
 * Peer mode with signatures: a write was not taken, because the key that this store signs with is not trusted with the record, as far as is
 * known here. When somebody grants it, and this store has heard of that, the write can be made.
 */
public final class NotTrustedException extends StitchException {
    private static final long serialVersionUID = 1;

    /**
     * Makes the error.
     *
     * @param message which record, and what to do
     * @param cause what noticed it, if anything
     */
    public NotTrustedException(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public boolean isTransient() {
        return true; // When it was granted.
    }
}
