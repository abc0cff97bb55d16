package io.stitch.samples.desktop;

/** Who owns the truth. */
enum Mode {
    SERVER("Server"),
    PEERS("Peers");

    private final String text;

    Mode(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }

    Mode other() {
        return this == SERVER ? PEERS : SERVER;
    }
}
