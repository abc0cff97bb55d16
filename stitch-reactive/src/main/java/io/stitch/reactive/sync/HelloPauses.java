package io.stitch.reactive.sync;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * For which scopes hello was said so recently that the next one has to wait: one that comes too soon may be dropped without a word
 * (protocol section 4.4). A pause goes on across connections, and when its scope is closed and opened again. On the worker.
 */
public final class HelloPauses {
    private final SyncContext context;
    /** What waits for the end of each pause. */
    private final Map<String, Runnable> waiting = new HashMap<>();

    /**
     * Begins without a pause.
     *
     * @param context the store
     */
    public HelloPauses(SyncContext context) {
        this.context = context;
    }

    /** Hello is said for a scope. */
    void begin(String scopeId, Duration spacing) {
        waiting.put(scopeId, () -> {});
        // A timer and not the time, which may be set back or stand still.
        context.after(spacing, () -> {
            Runnable next = waiting.remove(scopeId);
            if (next != null) {
                next.run();
            }
        });
    }

    boolean isOn(String scopeId) {
        return waiting.containsKey(scopeId);
    }

    /** Does something at the end of a scope's pause, in place of what was to be done then. */
    void whenOver(String scopeId, Runnable task) {
        waiting.replace(scopeId, task);
    }
}
