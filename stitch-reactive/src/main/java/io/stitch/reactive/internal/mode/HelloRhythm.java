package io.stitch.reactive.internal.mode;

import io.stitch.reactive.DiagnosticCode;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.time.Duration;

/**
 * Decides when a scope is subscribed to and when hello is said for it: at each connect, spaced, again after a failure, again and
 * again while a replay changes the scope (protocol section 4.7), and now and then without a reason. On the worker.
 */
public final class HelloRhythm implements Rhythm {
    /** Who does not answer may take no more than one at once. */
    private static final int AT_ONCE = 1;

    private final SyncContext context;
    private final String scopeId;
    private final Settings settings;
    private final HelloBucket bucket;
    private final int atOnce;
    private final Steps steps;
    private final ConvergenceTimer convergence;
    private final Disposable.Swap subscribing = Disposables.swap();
    private final Disposable.Swap saying = Disposables.swap();
    private final Disposable.Swap retry = Disposables.swap();
    /** Apart from the other: a comparison that is due must not take the place of the subscription that it needs. */
    private final Disposable.Swap subscribingAgain = Disposables.swap();

    private final Disposable.Swap periodic = Disposables.swap();
    private Sinks.Empty<Void> firstHello = Sinks.empty();
    private boolean subscribed;
    private boolean refused;
    private int failures;
    /** Counted apart: a hello that is refused was said without a failure. */
    private int refusals;
    /** A hello was refused for now: none is said for another reason before the time that this takes is over. */
    private boolean heldBack;

    /**
     * How often.
     *
     * @param spacing the shortest time between two hellos
     * @param quietPeriod how long a scope that a replay changed must be quiet before it is compared again
     * @param compareInterval how often it is compared without a reason; zero for never
     */
    public record Settings(Duration spacing, Duration quietPeriod, Duration compareInterval) {}

    /** What is done. */
    public interface Steps {
        /**
         * {@return subscribes; completes on the worker} Cold.
         */
        Mono<Void> subscribe();

        /**
         * {@return says hello with what the scope holds when it is subscribed; completes on the worker} Cold.
         */
        Mono<Void> guessingHello();

        /**
         * Compares in another way where a hello is of no use now. That begins at once and needs no spacing; its end is told with
         * {@link HelloRhythm#done()} or {@link HelloRhythm#failed}.
         *
         * @return whether it does, or is at it already
         */
        default boolean comparesOtherwise() {
            return false;
        }

        /**
         * Hears of a failure.
         *
         * @param error what failed
         * @return whether it will fail again, so that it is not repeated
         */
        boolean isFinal(Throwable error);
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
        this.context = context;
        this.scopeId = scopeId;
        this.settings = settings;
        this.bucket = bucket;
        this.atOnce = atOnce;
        this.steps = steps;
        this.convergence = new ConvergenceTimer(context, settings.quietPeriod(), this::compare);
    }

    @Override
    public void connected() {
        refused = false;
        heldBack = false;
        failures = 0;
        refusals = 0;
        if (Boolean.TRUE.equals(firstHello.scan(Scannable.Attr.TERMINATED))) { // Who waits already waits for this one.
            firstHello = Sinks.empty();
        }
        subscribe();
        armPeriodic();
    }

    @Override
    public void disconnected() {
        subscribed = false;
        firstHello.tryEmitEmpty();
        subscribing.update(Disposables.disposed());
        saying.update(Disposables.disposed());
        retry.update(Disposables.disposed());
        subscribingAgain.update(Disposables.disposed());
        periodic.update(Disposables.disposed());
        convergence.stop();
    }

    @Override
    public Mono<Void> compared() {
        return firstHello.asMono();
    }

    @Override
    public void changed() {
        context.observer().replayed();
        convergence.changed();
    }

    @Override
    public void compare() {
        if (!subscribed || refused || steps.comparesOtherwise() || heldBack) {
            return;
        }
        if (bucket.take(scopeId, atOnce, settings.spacing())) {
            hello();
        } else {
            firstHello.tryEmitEmpty();
            bucket.whenRefilled(scopeId, this::compare);
        }
    }

    @Override
    public void done() {
        failures = 0;
        firstHello.tryEmitEmpty();
    }

    @Override
    public void refused(boolean forGood) {
        if (forGood) {
            refused = true;
            convergence.stop();
        } else {
            refusals++;
            heldBack = true;
            retryAfter(refusals);
        }
    }

    @Override
    public void failed(String what, Throwable error) {
        failed(what, error, () -> retryAfter(failures));
    }

    @Override
    public void compareLater(String what, Throwable error) {
        report(what + " failed", error);
        failures++;
        retryAfter(failures);
    }

    private void subscribe() {
        subscribing.update(steps.subscribe()
                .subscribe(unused -> {}, error -> failed("subscribing", error, this::subscribeLater), () -> {
                    subscribed = true;
                    compare();
                }));
    }

    private void subscribeLater() {
        subscribingAgain.update(context.after(context.backoff(settings.spacing(), failures), this::subscribe));
    }

    private void hello() {
        retry.update(Disposables.disposed()); // This is it.
        saying.update(steps.guessingHello().subscribe(unused -> {}, error -> failed("saying hello", error), () -> {
            done();
            convergence.compared();
        }));
    }

    private void failed(String what, Throwable error, Runnable again) {
        firstHello.tryEmitEmpty();
        if (steps.isFinal(error)) {
            report(what + " failed for good", error);
        } else {
            report(what + " failed", error);
            failures++;
            again.run();
        }
    }

    private void report(String what, Throwable error) {
        context.diagnostics().report(DiagnosticCode.COMPARE_FAILED, scopeId, what + ": " + error.getMessage());
    }

    private void retryAfter(int times) {
        retry.update(context.after(context.backoff(settings.spacing(), times), () -> {
            heldBack = false;
            compare();
        }));
    }

    private void armPeriodic() {
        Duration interval = settings.compareInterval();
        if (!interval.isZero()) {
            periodic.update(context.after(context.jittered(interval), () -> {
                compare();
                armPeriodic();
            }));
        }
    }
}
