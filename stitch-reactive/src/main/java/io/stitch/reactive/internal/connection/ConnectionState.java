package io.stitch.reactive.internal.connection;

import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.reactive.ServerCapabilities;
import org.jspecify.annotations.Nullable;

/**
 * The state of a store's connection.
 *
 * @param status the state
 * @param cause why it is disconnected or in error, or {@code null}
 * @param capabilities what the server said of itself, while connected
 */
public record ConnectionState(
        Status status, @Nullable Throwable cause, @Nullable ServerCapabilities capabilities) {}
