package io.stitch.samples.desktop;

import io.stitch.reactive.RequestRefusedException;

/** Tells a user what went wrong and what to do about it. */
final class Advice {
    private Advice() {}

    /** {@return the error's message, which says what to do already, except where only the server knows its rules} */
    static String on(Throwable error) {
        String message = error.getMessage() == null ? error.toString() : error.getMessage();
        if (error instanceof RequestRefusedException refused) {
            return switch (refused.reason()) {
                case CONFLICT -> "The server has something with these values already: choose others. (" + message + ")";
                case FORBIDDEN -> "It is not yours to change: ask whoever owns the board. (" + message + ")";
                case NOT_FOUND ->
                    "Somebody deleted it meanwhile: create it again if it is still needed. (" + message + ")";
                case INVALID -> "The server does not take these values: choose others. (" + message + ")";
                case UNAUTHENTICATED -> "Your login is no longer good: log in again. (" + message + ")";
                case RATE_LIMITED, SERVER -> "The server is in trouble: try again later. (" + message + ")";
            };
        }
        return message;
    }
}
