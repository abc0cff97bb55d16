package io.stitch.server;

/** What a server can do beyond version 2 of the protocol. It lists it on each connection, in {@code stitch-features}. */
public enum Feature {
    /** A hello may ask for a replay that goes to nobody but the one who asks. */
    DIRECT_REPLAY("direct-replay"),
    /** A repeated write is answered from memory. */
    REQUEST_IDS("request-ids"),
    /** The last word on a hello says how much was replayed, or why nothing was. */
    ANSWERS("answers"),
    /** An update or delete may say which version it is meant for. */
    EXPECTED_VERSION("expected-version"),
    /** Scopes are compared by their digests; there is none without {@link #ANSWERS}. */
    DIGEST("digest"),
    /** The events of a scope are numbered. */
    EVENT_COUNT("event-count");

    private final String word;

    Feature(String word) {
        this.word = word;
    }

    /**
     * How it is called on the wire.
     *
     * @return a word such as {@code direct-replay}
     */
    public String word() {
        return word;
    }
}
