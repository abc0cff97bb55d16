package io.stitch.reactive;

import io.stitch.reactive.store.WriteRefusal;

/**
 * Peer mode: a write was not taken, because the store's clock is further ahead of the time than peers accept. The time was once wrong
 * here, and the clock never goes back by itself. Set the time right and restamp the store.
 */
public final class ClockAheadException extends StitchException {
    private static final long serialVersionUID = 1;

    ClockAheadException(WriteRefusal cause) {
        super(cause.getMessage(), cause);
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
