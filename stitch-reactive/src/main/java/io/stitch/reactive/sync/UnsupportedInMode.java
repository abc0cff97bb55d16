package io.stitch.reactive.sync;

/** Something was asked for that the sync mode does not have. */
public final class UnsupportedInMode extends RuntimeException {
    private static final long serialVersionUID = 1;

    /**
     * Makes an exception.
     *
     * @param message what was asked for, and what to use instead
     */
    public UnsupportedInMode(String message) {
        super(message);
    }
}
