package io.stitch.reactive.sync;

import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;

/**
 * Decides when a scope that a replay changed is compared again (protocol section 4.7): a broker drops what overflows a
 * queue, so a replay is complete only when two comparisons in a row changed nothing. A repetition comes when the scope has
 * been quiet for the quiet period; the wait doubles, up to five minutes, with each comparison that changed nothing, and begins
 * anew with each that did: what overflowed a small queue may take many rounds, and each brings its part.
 */
final class ConvergenceTimer {
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);
    private static final int CALM_ROUNDS = 2;

    private final ServerSession session;
    private final Runnable compare;
    private final Disposable.Swap timer = Disposables.swap();
    private Duration wait = Duration.ZERO;
    private long lastActivity;
    private int calmRounds;
    private boolean running;
    private boolean changed;

    ConvergenceTimer(ServerSession session, Runnable compare) {
        this.session = session;
        this.compare = compare;
    }

    /** A hello was sent. */
    void compared() {
        lastActivity = session.now();
    }

    /** A replay changed the scope. */
    void changed() {
        changed = true;
        lastActivity = session.now();
        if (!running) {
            running = true;
            calmRounds = 0;
            wait = session.options().quietPeriod();
            arm(wait);
        }
    }

    void stop() {
        running = false;
        changed = false;
        timer.update(Disposables.disposed());
    }

    private void arm(Duration delay) {
        timer.update(session.after(delay, this::fire));
    }

    private void fire() {
        long remaining = lastActivity + wait.toMillis() - session.now();
        if (remaining > 0) {
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
            wait = session.options().quietPeriod();
        } else {
            wait = doubled.compareTo(LONGEST_WAIT) < 0 ? doubled : LONGEST_WAIT;
        }
        changed = false;
        compare.run();
        lastActivity = session.now();
        arm(wait);
    }
}
