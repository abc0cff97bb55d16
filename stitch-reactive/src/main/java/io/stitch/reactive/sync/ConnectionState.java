package io.stitch.reactive.sync;

import io.stitch.reactive.wire.ServerCapabilities;
import org.jspecify.annotations.Nullable;

/**
 * The state of a store's connection.
 *
 * @param status the state
 * @param cause why it is disconnected or in error, or {@code null}
 * @param capabilities what the server said of itself, while connected
 */
public record ConnectionState(
        Status status, @Nullable Throwable cause, @Nullable ServerCapabilities capabilities) {
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
}
