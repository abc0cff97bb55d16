package io.stitch.server;

import org.jspecify.annotations.Nullable;

/**
 * Who published a message, as the broker authenticated it.
 *
 * @param clientId the client
 * @param user its user, or null where it gave none
 */
public record Caller(String clientId, @Nullable String user) {}
