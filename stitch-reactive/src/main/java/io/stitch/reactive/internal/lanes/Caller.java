package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.internal.Subscribers;
import io.stitch.reactive.internal.writes.WriteResult;

import java.util.function.Consumer;

/**
 * Somebody who waits for a write's result, and is told it once. One that went away is told nothing any more; the write goes on.
 * Told on the worker; may leave on any thread.
 */
final class Caller {
    private final Consumer<WriteResult> success;
    private final Consumer<Throwable> failure;
    private boolean told;
    private volatile boolean gone;

    Caller(Consumer<WriteResult> success, Consumer<Throwable> failure) {
        this.success = success;
        this.failure = failure;
    }

    void leave() {
        gone = true;
    }

    void succeed(WriteResult result) {
        if (!told) {
            told = true;
            Subscribers.tell(() -> success.accept(result));
        }
    }

    /** {@return whether there was anybody to tell} */
    boolean fail(Throwable error) {
        boolean there = !gone;
        if (there && !told) {
            told = true;
            Subscribers.tell(() -> failure.accept(error));
        }
        return there;
    }
}
