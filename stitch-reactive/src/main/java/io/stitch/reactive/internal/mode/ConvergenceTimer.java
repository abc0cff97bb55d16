package io.stitch.reactive.internal.mode;

import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;

/**
 * Decides when a scope that a replay changed is compared again (protocol section 4.7): a broker drops what overflows a
 * queue, so a replay is complete only when two comparisons in a row changed nothing. A repetition comes when the scope has
 * been quiet for the quiet period; the wait doubles, up to five minutes, with each comparison that changed nothing, and begins
 * anew with each that did: what overflowed a small queue may take many rounds, and each brings its part.
 */
public final class ConvergenceTimer {
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);
    private static final int CALM_ROUNDS = 2;

    private final SyncContext context;
    private final Duration quietPeriod;
    private final Runnable compare;
    private final Disposable.Swap timer = Disposables.swap();
    private Duration wait = Duration.ZERO;
    private long lastActivity;
    private int calmRounds;
    private boolean running;
    private boolean changed;

    /**
     * Makes a timer.
     *
     * @param context the store
     * @param quietPeriod how long the scope must be quiet first
     * @param compare compares
     */
    public ConvergenceTimer(SyncContext context, Duration quietPeriod, Runnable compare) {
        this.context = context;
        this.quietPeriod = quietPeriod;
        this.compare = compare;
    }

    /** A hello was sent. */
    public void compared() {
        lastActivity = context.now();
    }

    /** A replay changed the scope. */
    public void changed() {
        changed = true;
        lastActivity = context.now();
        if (!running) {
            running = true;
            calmRounds = 0;
            wait = quietPeriod;
            arm(wait);
        }
    }

    /** There is no connection, or no scope, any more. */
    public void stop() {
        running = false;
        changed = false;
        timer.update(Disposables.disposed());
    }

    private void arm(Duration delay) {
        timer.update(context.after(delay, this::fire));
    }

    private void fire() {
        long remaining = lastActivity + wait.toMillis() - context.now();
        if (remaining > 0
                && remaining <= wait.toMillis()) { // More than the whole wait: somebody has set the clock back.
            arm(Duration.ofMillis(remaining));
            return;
        }
        calmRounds = changed ? 0 : calmRounds + 1;
        if (calmRounds == CALM_ROUNDS) {
            stop();
            return;
        }
        Duration doubled = wait.multipliedBy(2);
        if (calmRounds == 0) {
            wait = quietPeriod;
        } else {
            wait = doubled.compareTo(LONGEST_WAIT) < 0 ? doubled : LONGEST_WAIT;
        }
        changed = false;
        compare.run();
        lastActivity = context.now();
        arm(wait);
    }
}
