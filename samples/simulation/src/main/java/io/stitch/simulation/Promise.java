package io.stitch.simulation;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

import java.util.function.Consumer;

/**
 * Something that an application waits for, which must end exactly once.
 *
 * @param <T> what it is told
 */
public class Promise<T> implements CoreSubscriber<T> {
    private final String what;
    private final long at = Run.current().time().elapsed();
    private @Nullable Subscription subscription;
    private boolean ended;
    private boolean abandoned;

    /**
     * Begins to wait with the subscription.
     *
     * @param what what for, for a reader
     */
    public Promise(String what) {
        this.what = what;
    }

    /**
     * A value has come.
     *
     * @param value the value
     */
    protected void next(T value) {}

    /**
     * It failed.
     *
     * @param error why
     */
    protected void failed(Throwable error) {}

    /** It is done. */
    protected void done() {}

    /**
     * Waits for an end.
     *
     * @param what what for, for a reader
     * @param end is told of it, with the error if there is one
     * @param <T> what it is told before
     * @return what waits
     */
    public static <T> Promise<T> of(String what, Consumer<@Nullable Throwable> end) {
        return new Promise<>(what) {
            @Override
            protected void failed(Throwable error) {
                end.accept(error);
            }

            @Override
            protected void done() {
                end.accept(null);
            }
        };
    }

    @Override
    public void onSubscribe(Subscription given) {
        subscription = given;
        given.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(T value) {
        if (ended) {
            Run.current().problem("told after the end", what + " had ended and was told " + value);
        }
        if (!abandoned) {
            next(value);
        }
    }

    @Override
    public void onError(Throwable error) {
        if (ends()) {
            Run.current().trace(() -> what + " fails: " + error);
            failed(error);
        }
    }

    @Override
    public void onComplete() {
        if (ends()) {
            Run.current().trace(() -> what + " is done");
            done();
        }
    }

    private boolean ends() {
        if (ended) {
            Run.current().problem("told twice", what + " ended twice");
            return false;
        }
        ended = true;
        return !abandoned;
    }

    /** Nobody waits any more: the process has died, say. */
    public void abandon() {
        abandoned = true;
    }

    /** Goes away, as an application does that has waited for long enough. */
    public void cancel() {
        abandoned = true;
        if (subscription != null) {
            subscription.cancel();
        }
    }

    /**
     * {@return whether it still waits}
     */
    public boolean isOpen() {
        return !ended && !abandoned;
    }

    /**
     * {@return since when, as the time that had elapsed}
     */
    public long at() {
        return at;
    }

    @Override
    public String toString() {
        return "%s, asked at %d ms".formatted(what, at);
    }
}
