package io.stitch.reactive.internal.intake;

import io.stitch.reactive.internal.Subscribers;
import io.stitch.reactive.internal.writes.WriteResult;

import java.util.function.Consumer;

/**
 * Somebody who waits for a write's result, and is told it once. One that went away is told nothing any more; the write goes on.
 * Told on the worker; may leave on any thread.
 */
public final class Caller {
    private final Consumer<WriteResult> success;
    private final Consumer<Throwable> failure;
    private boolean told;
    private volatile boolean gone;

    /**
     * Begins to wait.
     *
     * @param success told a result
     * @param failure told an error
     */
    public Caller(Consumer<WriteResult> success, Consumer<Throwable> failure) {
        this.success = success;
        this.failure = failure;
    }

    /** Waits no more. Any thread. */
    public void leave() {
        gone = true;
    }

    /**
     * Tells a result, unless something was told already.
     *
     * @param result the result
     */
    public void succeed(WriteResult result) {
        if (!told) {
            told = true;
            Subscribers.tell(() -> success.accept(result));
        }
    }

    /**
     * Tells an error, unless something was told already.
     *
     * @param error what became of the write
     * @return whether there was anybody to tell
     */
    public boolean fail(Throwable error) {
        boolean there = !gone;
        if (there && !told) {
            told = true;
            Subscribers.tell(() -> failure.accept(error));
        }
        return there;
    }
}
