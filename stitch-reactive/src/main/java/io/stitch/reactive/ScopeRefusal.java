package io.stitch.reactive;

import io.stitch.reactive.spi.ForeignText;

/**
 * A scope that could not be opened, or may not be seen any more.
 *
 * @param scopeId the scope
 * @param code the protocol's error code. 403 is final until the scope is opened anew or somebody logs in, and what the scope held is
 *     forgotten; with 401 the session is invalid; with any other code it is tried again
 * @param message what was refused, in the server's or broker's words
 */
public record ScopeRefusal(String scopeId, int code, String message) {
    /**
     * Makes the message fit to be read.
     *
     * @param scopeId the scope
     * @param code the protocol's error code
     * @param message what was refused
     */
    public ScopeRefusal {
        message = ForeignText.message(message);
    }
}
