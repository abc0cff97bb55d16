package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import java.time.Instant;

/**
 * A client that is connected to the server.
 *
 * @param clientId its MQTT client id
 * @param user the user it is logged in as, or {@code null} if it is not logged in
 * @param since when it connected, by the server's clock
 */
public record PresentClient(String clientId, @Nullable String user, Instant since) {}
