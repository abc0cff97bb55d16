package io.stitch.reactive.internal.mode;

import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

import java.time.Duration;

/**
 * Decides when a scope is subscribed to and when hello is said for it: at each connect, spaced, again after a failure, again and
 * again while a replay changes the scope (protocol section 4.7), and now and then without a reason. On the worker.
 */
public final class HelloRhythm extends PacedRhythm {
    /** Who does not answer may take no more than one at once. */
    private static final int AT_ONCE = 1;

    private final Steps steps;
    private final ConvergenceTimer convergence;
    private final Duration quietPeriod;
    private final Disposable.Swap saying = Disposables.swap();
    private final Disposable.Swap quiet = Disposables.swap();
    private int changes;

    /**
     * How often.
     *
     * @param spacing the shortest time between two hellos
     * @param quietPeriod how long a scope that a replay changed must be quiet before it is compared again
     * @param compareInterval how often it is compared without a reason; zero for never
     */
    public record Settings(Duration spacing, Duration quietPeriod, Duration compareInterval) {}

    /** What is done. */
    public interface Steps extends PacedRhythm.Steps {
        /**
         * {@return says hello with what the scope holds when it is subscribed; completes on the worker} Cold.
         */
        Mono<Void> guessingHello();
    }

    /**
     * Makes a rhythm, which begins with {@link #connected()}.
     *
     * @param context the store
     * @param scopeId the scope
     * @param settings how often
     * @param bucket how many hellos may be said, some of which may have been said before this rhythm
     * @param steps what is done
     */
    public HelloRhythm(SyncContext context, String scopeId, Settings settings, HelloBucket bucket, Steps steps) {
        this(context, scopeId, settings, bucket, AT_ONCE, steps);
    }

    /**
     * Makes a rhythm where several hellos may be said at once.
     *
     * @param context the store
     * @param scopeId the scope
     * @param settings how often
     * @param bucket how many hellos may be said, some of which may have been said before this rhythm
     * @param atOnce how many at most
     * @param steps what is done
     */
    public HelloRhythm(
            SyncContext context, String scopeId, Settings settings, HelloBucket bucket, int atOnce, Steps steps) {
        super(context, scopeId, new Pace(atOnce, settings.spacing(), settings.compareInterval()), bucket, steps);
        this.steps = steps;
        this.quietPeriod = settings.quietPeriod();
        this.convergence = new ConvergenceTimer(context, settings.quietPeriod(), this::compare);
    }

    @Override
    void stop() {
        saying.update(Disposables.disposed());
        quiet.update(Disposables.disposed());
        convergence.stop();
    }

    @Override
    public void changed() {
        super.changed();
        changes++;
        convergence.changed();
    }

    @Override
    void refused(boolean forGood, Duration told) {
        super.refused(forGood, told);
        quiet.update(Disposables.disposed());
        if (forGood) {
            convergence.stop();
        }
    }

    @Override
    void hello() {
        saying.update(steps.guessingHello().subscribe(unused -> {}, error -> failed("saying hello", error), () -> {
            done();
            convergence.compared();
            awaitQuiet();
        }));
    }

    /** Nobody says when a replay is over, or that there is none: that is assumed when nothing of it has come for a while. */
    private void awaitQuiet() {
        int before = changes;
        quiet.update(context.after(quietPeriod, () -> {
            if (changes == before) {
                steps.wasCompared();
            } else {
                awaitQuiet();
            }
        }));
    }
}
