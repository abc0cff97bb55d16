package io.stitch.reactive.internal.connection;

import io.stitch.reactive.spi.ForeignText;
import org.jspecify.annotations.Nullable;

/** The application's reconnect validator did not let a new connection be used. */
public final class ConnectionRejectedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Whether the validator said no, rather than failed. */
    private final boolean refused;

    ConnectionRejectedException(boolean refused, String message, @Nullable Throwable cause) {
        super(ForeignText.message(message), cause);
        this.refused = refused;
    }

    /**
     * {@return whether the validator said no; otherwise it failed or took too long}
     */
    public boolean isRefused() {
        return refused;
    }
}
