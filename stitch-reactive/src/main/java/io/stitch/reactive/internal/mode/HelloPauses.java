package io.stitch.reactive.internal.mode;

import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * For which scopes hello was said so recently that the next one has to wait: one that comes too soon may be dropped without a word
 * (protocol section 4.4). A pause goes on across connections, and when its scope is closed and opened again. On the worker.
 */
public final class HelloPauses {
    private final SyncContext context;
    private final Map<String, Pause> pauses = new HashMap<>();

    /** What is to be done at the end of a pause, and what waits for it. */
    private static final class Pause {
        private final Disposable.Swap timer = Disposables.swap();
        private Runnable then = () -> {};
    }

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
        Pause pause = new Pause();
        Pause before = pauses.put(scopeId, pause);
        if (before != null) {
            before.timer.dispose();
        }
        // A timer and not the time, which may be set back or stand still.
        pause.timer.update(context.after(spacing, () -> {
            if (pauses.remove(scopeId, pause)) {
                pause.then.run();
            }
        }));
    }

    boolean isOn(String scopeId) {
        return pauses.containsKey(scopeId);
    }

    /** Does something at the end of a scope's pause, in place of what was to be done then. */
    void whenOver(String scopeId, Runnable task) {
        Pause pause = pauses.get(scopeId);
        if (pause != null) {
            pause.then = task;
        }
    }

    /** Ends all pauses; nothing is done at their ends. */
    public void close() {
        pauses.values().forEach(pause -> pause.timer.dispose());
        pauses.clear();
    }
}
