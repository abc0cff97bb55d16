package io.stitch.reactive;

import io.stitch.reactive.sync.ConnectionState;
import io.stitch.reactive.wire.ServerCapabilities;
import org.jspecify.annotations.Nullable;

/**
 * The state of a store's connection.
 *
 * @param status the state
 * @param error why the store is not connected, or {@code null}
 * @param capabilities what the server said of itself, while connected
 */
public record ConnectionStatus(
        ConnectionState.Status status,
        @Nullable Throwable error,
        @Nullable ServerCapabilities capabilities) {
    static ConnectionStatus of(ConnectionState state) {
        Throwable cause = state.cause();
        return new ConnectionStatus(
                state.status(), cause == null ? null : Errors.translate(cause), state.capabilities());
    }

    /**
     * {@return whether the store is connected}
     */
    public boolean isConnected() {
        return status == ConnectionState.Status.CONNECTED;
    }
}
