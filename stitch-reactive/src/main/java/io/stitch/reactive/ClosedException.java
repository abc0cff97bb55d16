package io.stitch.reactive;

/** The store, or the handle of the scope, was closed before it was asked. Nothing was done. */
public final class ClosedException extends StitchException {
    private static final long serialVersionUID = 1;

    /**
     * Makes the error.
     *
     * @param message what is closed, and what to do
     */
    public ClosedException(String message) {
        super(message, null);
    }

    @Override
    public boolean isTransient() {
        return false;
    }
}
