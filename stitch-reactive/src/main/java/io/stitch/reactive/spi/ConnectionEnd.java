package io.stitch.reactive.spi;

import java.util.OptionalInt;

/**
 * How a connection ended.
 *
 * @param by who ended it
 * @param reasonCode the DISCONNECT's reason code, if there was one
 * @param message what happened, for a reader
 */
public record ConnectionEnd(By by, OptionalInt reasonCode, String message) {
    /** Who ended a connection. */
    public enum By {
        /** This client. */
        CLIENT,
        /** The broker, with a DISCONNECT. */
        BROKER,
        /** The network, or a broker that closed it without a word. */
        NETWORK
    }

    /**
     * Makes the message fit to be read.
     *
     * @param by who ended it
     * @param reasonCode the DISCONNECT's reason code, if there was one
     * @param message what happened, for a reader
     */
    public ConnectionEnd {
        message = ForeignText.message(message);
    }
}
