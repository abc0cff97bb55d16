package io.stitch.reactive;

import io.stitch.reactive.sync.UnsupportedInMode;

/** Something was asked for that the store's sync mode does not have. The message says what to use instead. */
public final class UnsupportedInModeException extends StitchException {
    private static final long serialVersionUID = 1;

    UnsupportedInModeException(UnsupportedInMode cause) {
        super(cause.getMessage(), cause);
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
