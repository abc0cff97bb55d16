package io.stitch.reactive.internal.mode;

import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * For which scopes hello was said so recently, or so often, that the next one has to wait: one that comes too soon is not answered (protocol
 * sections 4.4 and 4.8). Each scope has a bucket of hellos that is filled by one in a while. That goes on across connections, and when the
 * scope is closed and opened again. On the worker.
 */
public final class HelloBucket {
    /** How many hellos may be said at once where the other side takes more than one (protocol section 4.8). */
    public static final int BURST = 3;

    private final SyncContext context;
    private final Map<String, Taken> scopes = new HashMap<>();

    /** How many hellos a bucket lacks, and what waits for the next one. */
    private static final class Taken {
        private final Disposable.Swap timer = Disposables.swap();
        private int hellos;
        private @Nullable Runnable then;
    }

    /**
     * Begins with full buckets.
     *
     * @param context the store
     */
    public HelloBucket(SyncContext context) {
        this.context = context;
    }

    /**
     * Takes a hello for a scope, if there is one.
     *
     * @param scopeId the scope
     * @param burst how many a full bucket has
     * @param spacing how long it takes until there is one more
     * @return whether it may be said now
     */
    public boolean take(String scopeId, int burst, Duration spacing) {
        Taken taken = scopes.computeIfAbsent(scopeId, id -> new Taken());
        if (taken.hellos >= burst) {
            return false;
        }
        taken.hellos++;
        if (taken.hellos == 1) {
            refillAfter(spacing, scopeId, taken);
        }
        return true;
    }

    /** A timer and not the time, which may be set back or stand still. */
    private void refillAfter(Duration spacing, String scopeId, Taken taken) {
        taken.timer.update(context.after(spacing, () -> {
            taken.hellos--;
            if (taken.hellos == 0) {
                scopes.remove(scopeId, taken);
            } else {
                refillAfter(spacing, scopeId, taken);
            }
            Runnable waiting = taken.then;
            taken.then = null;
            if (waiting != null) {
                waiting.run();
            }
        }));
    }

    /**
     * Does something when a scope has a hello more than now, in place of what was to be done then; not at all if it lacks none.
     *
     * @param scopeId the scope
     * @param task what
     */
    public void whenRefilled(String scopeId, Runnable task) {
        Taken taken = scopes.get(scopeId);
        if (taken != null) {
            taken.then = task;
        }
    }

    /** Ends all waiting; nothing is done at its end. */
    public void close() {
        scopes.values().forEach(taken -> taken.timer.dispose());
        scopes.clear();
    }
}
