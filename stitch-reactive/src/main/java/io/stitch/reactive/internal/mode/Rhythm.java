package io.stitch.reactive.internal.mode;

import reactor.core.publisher.Mono;

/** Decides when a set of records is subscribed to and compared with what the other side holds. On the worker. */
public interface Rhythm {
    /** Begins, on a new connection or on the first. */
    void connected();

    /** Stops what needs a connection. */
    void disconnected();

    /**
     * {@return completes when there was a comparison on this connection, or could not be one}
     */
    Mono<Void> compared();

    /** A replay changed something. */
    void changed();

    /** Compares, now or as soon as that is possible. */
    void compare();

    /** A comparison by listing is done. */
    void done();

    /**
     * A hello was answered with a refusal.
     *
     * @param forGood whether no hello on this connection will be taken
     */
    void refused(boolean forGood);

    /**
     * A comparison failed: it is repeated later, unless that is of no use.
     *
     * @param what what was done, for the diagnostics: "listing"
     * @param error the failure
     */
    void failed(String what, Throwable error);

    /**
     * Something failed that a comparison puts right: that comes later.
     *
     * @param what what was done, for the diagnostics: "reading t1"
     * @param error the failure
     */
    void compareLater(String what, Throwable error);
}
