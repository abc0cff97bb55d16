package io.stitch.reactive;

/** Something was asked for that the store's sync mode does not have. The message says what to use instead. */
public final class UnsupportedInModeException extends StitchException {
    private static final long serialVersionUID = 1;

    /**
     * Makes the error.
     *
     * @param message what the mode cannot do, and what to do instead
     */
    public UnsupportedInModeException(String message) {
        super(message, null);
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
