package io.stitch.reactive;

/**
 * A scope that could not be opened.
 *
 * @param scopeId the scope
 * @param code the protocol's error code; 401 and 403 are final until the scope is opened anew or another user logs in
 * @param message what was refused, in the server's or broker's words
 */
public record ScopeRefusal(String scopeId, int code, String message) {}
