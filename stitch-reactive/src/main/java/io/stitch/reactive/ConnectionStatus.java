package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/**
 * The state of a store's connection.
 *
 * @param status the state
 * @param error why the store is not connected, or {@code null}
 * @param capabilities what the server said of itself, while connected
 */
public record ConnectionStatus(
        Status status, @Nullable Throwable error, @Nullable ServerCapabilities capabilities) {
    /** The states. */
    public enum Status {
        /** An attempt to connect is under way. */
        CONNECTING,
        /** Connected and subscribed. */
        CONNECTED,
        /** Not connected; the next attempt comes by itself. */
        DISCONNECTED,
        /** Not connected, and nothing is tried: not started, or disconnected by the application. */
        OFFLINE,
        /** Not connected, and nothing is tried, because trying again cannot help: the login is invalid. */
        ERROR
    }

    /**
     * {@return whether the store is connected}
     */
    public boolean isConnected() {
        return status == Status.CONNECTED;
    }
}
