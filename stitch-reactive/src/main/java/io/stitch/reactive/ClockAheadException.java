package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/**
 * Peer mode: a write was not taken, because the store's clock is further ahead of the time than peers accept. The time was once wrong
 * here, and the clock never goes back by itself. Set the time right and restamp the store.
 */
public final class ClockAheadException extends StitchException {
    private static final long serialVersionUID = 1;

    /**
     * Makes the error.
     *
     * @param message how far the clock is ahead, and what to do
     * @param cause what noticed it, if anything
     */
    public ClockAheadException(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
