package io.stitch.samples.desktop;

import io.stitch.reactive.ConnectionStatus;

import java.util.Locale;

/** The connection light. Its colour is never alone: a text says the same. */
enum Light {
    ON("Connected"),
    TRYING("Connecting …"),
    BROKEN("No connection"),
    OFF("Offline"),
    STOPPED("Connection refused");

    private final String text;

    Light(String text) {
        this.text = text;
    }

    static Light of(ConnectionStatus status) {
        return switch (status.status()) {
            case CONNECTED -> ON;
            case CONNECTING -> TRYING;
            case DISCONNECTED -> BROKEN;
            case OFFLINE -> OFF;
            case ERROR -> STOPPED;
        };
    }

    String text() {
        return text;
    }

    /** {@return the style class that gives it its colour} */
    String style() {
        return "light-" + name().toLowerCase(Locale.ROOT);
    }
}
