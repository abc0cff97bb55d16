package io.stitch.reactive;

/** What becomes of a write that compares versions when it cannot be done at once. */
public enum WhenOffline {
    /**
     * It fails. It is never kept, so that a comparison which made sense on the screen is not made hours later: without a connection it
     * is not even applied, and whatever an ordinary write would wait for (a lost connection, no answer in time, a server that asks to come back later, an earlier
     * write that waits) undoes it and is told to its caller.
     */
    FAIL,
    /** It is queued and kept like any other write, with the version that it expects, and sent when it can be. */
    QUEUE
}
