package io.stitch.reactive.internal.mode;

import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;

/**
 * Has a scope compared once more soon after its root was deleted (protocol section 4.7): what is deleted with a root comes as a burst of
 * events, and of a burst some get lost. The comparison waits until no delete came for a while, and not all clients make it at once. On the
 * worker.
 */
public final class CascadeWatch {
    private static final Duration QUIET = Duration.ofSeconds(1);

    private final SyncContext context;
    private final Runnable compare;
    private final Disposable.Swap timer = Disposables.swap();
    private boolean cascading;

    /**
     * Makes a watch.
     *
     * @param context the store
     * @param compare compares the scope
     */
    public CascadeWatch(SyncContext context, Runnable compare) {
        this.context = context;
        this.compare = compare;
    }

    /** The root of the scope was deleted. */
    public void rootDeleted() {
        cascading = true;
        deleted();
    }

    /** Something in the scope was deleted, which may be a part of it. */
    public void deleted() {
        if (cascading) {
            long spread = (long) (QUIET.toMillis() * context.jitter().getAsDouble());
            timer.update(context.after(QUIET.plusMillis(spread), () -> {
                cascading = false;
                compare.run();
            }));
        }
    }

    /** There is no connection, or no scope, any more; at the next one it is compared anyway. */
    public void stop() {
        cascading = false;
        timer.update(Disposables.disposed());
    }
}
