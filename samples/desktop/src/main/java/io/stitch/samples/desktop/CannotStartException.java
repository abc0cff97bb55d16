package io.stitch.samples.desktop;

/** What runs inside the application did not start. {@link Sentences#cannotStart} says what to do. */
final class CannotStartException extends Exception {
    private static final long serialVersionUID = 1;

    CannotStartException(Throwable cause) {
        super(cause);
    }
}
