package io.stitch.reactive.internal.mode;

import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;

/**
 * Waits until it is some time of the day. A timer alone would miss that by years where the clock is set meanwhile, as on a device that begins
 * in 1970 and asks for the time a little later, and nobody tells when it is set. So it is looked at, after a second first and then after
 * twice as long each time, up to five minutes. On the worker.
 */
public final class ClockWatch {
    private static final Duration FIRST_LOOK = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private final SyncContext context;
    private final Runnable reached;
    private final Disposable.Swap timer = Disposables.swap();
    private boolean waiting;
    private long earliest;
    private Duration pause = FIRST_LOOK;

    /**
     * Makes a watch that waits for nothing yet.
     *
     * @param context the store
     * @param reached hears that it is the time, or later
     */
    public ClockWatch(SyncContext context, Runnable reached) {
        this.context = context;
        this.reached = reached;
    }

    /**
     * Waits for a time; of several, for the one that comes first.
     *
     * @param millis the time, in milliseconds since 1970
     */
    public void await(long millis) {
        if (waiting) {
            earliest = Math.min(earliest, millis);
            return;
        }
        waiting = true;
        earliest = millis;
        pause = FIRST_LOOK;
        arm();
    }

    /** Waits for nothing any more. */
    public void stop() {
        waiting = false;
        timer.update(Disposables.disposed());
    }

    private void arm() {
        long rest = Math.max(1, earliest - context.now());
        timer.update(context.after(Duration.ofMillis(Math.min(rest, pause.toMillis())), this::look));
    }

    private void look() {
        if (context.now() >= earliest) {
            waiting = false;
            reached.run();
            return;
        }
        Duration doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
        arm();
    }
}
