package io.stitch.samples.benchmarks;

import java.util.List;

/**
 * The server that a scenario wants.
 *
 * @param kind which one
 * @param sizes how many records each of its scopes has
 */
record ServerSpec(Kind kind, List<Integer> sizes) {
    /** Which server. */
    enum Kind {
        /** The reference server, which replays. */
        NEW,
        /** The reference server as an old one, which is listed. */
        OLD,
        /** A broker and nothing else, for peers. */
        PLAIN_BROKER
    }

    static final ServerSpec BROKER = new ServerSpec(Kind.PLAIN_BROKER, List.of());
}
