package io.stitch.reactive.internal.mode;

import io.stitch.reactive.DiagnosticCode;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.time.Duration;

/**
 * What all rhythms do, whoever answers: subscribe at each connect, and again after a failure; let a comparison begin when it may, and put it
 * off until then; compare after failures and refusals, ever more rarely, and now and then without a reason. On the worker.
 */
abstract class PacedRhythm implements Rhythm {
    /** Nobody who refuses a hello keeps a client away for longer. */
    private static final Duration LONGEST_TOLD = Duration.ofMinutes(5);

    final SyncContext context;
    final String scopeId;
    private final Pace pace;
    private final HelloBucket bucket;
    private final Steps steps;
    private final Disposable.Swap subscribing = Disposables.swap();
    private final Disposable.Swap retry = Disposables.swap();
    /** Apart from the other: a comparison that is due must not take the place of the subscription that it needs. */
    private final Disposable.Swap subscribingAgain = Disposables.swap();

    private final Disposable.Swap holdingBack = Disposables.swap();
    private final Disposable.Swap periodic = Disposables.swap();
    private Sinks.Empty<Void> first = Sinks.empty();
    private boolean subscribed;
    private boolean refused;
    /** A hello was refused for now: none is said for another reason before the time that this takes is over. */
    private boolean heldBack;

    private int failures;
    /** Counted apart: a hello that is refused was said without a failure. */
    private int refusals;

    /**
     * How often.
     *
     * @param atOnce how many hellos may be said at once
     * @param spacing how long it takes until one more may be said
     * @param compareInterval how often the scope is compared without a reason; zero for never
     */
    record Pace(int atOnce, Duration spacing, Duration compareInterval) {}

    /** What is done. */
    public interface Steps {
        /**
         * {@return subscribes; completes on the worker} Cold.
         */
        Mono<Void> subscribe();

        /**
         * Compares in another way where a hello is of no use now. That begins at once and needs no spacing; its end is told with
         * {@link Rhythm#done()} or {@link Rhythm#failed}.
         *
         * @return whether it does, or is at it already
         */
        default boolean comparesOtherwise() {
            return false;
        }

        /** A hello was answered, or nothing of it came any more: what is held is what the other side holds, as far as that can be known. */
        default void wasCompared() {}

        /**
         * Hears of a failure.
         *
         * @param error what failed
         * @return whether it will fail again, so that it is not repeated
         */
        boolean isFinal(Throwable error);
    }

    PacedRhythm(SyncContext context, String scopeId, Pace pace, HelloBucket bucket, Steps steps) {
        this.context = context;
        this.scopeId = scopeId;
        this.pace = pace;
        this.bucket = bucket;
        this.steps = steps;
    }

    /** Says hello, which may be said now. */
    abstract void hello();

    /** Ends what is under way: there is no connection any more. */
    abstract void stop();

    @Override
    public void connected() {
        refused = false;
        heldBack = false;
        succeeded();
        if (Boolean.TRUE.equals(first.scan(Scannable.Attr.TERMINATED))) { // Who waits already waits for this one.
            first = Sinks.empty();
        }
        subscribe();
        armPeriodic();
    }

    @Override
    public void disconnected() {
        subscribed = false;
        firstIsOver();
        stop();
        subscribing.update(Disposables.disposed());
        subscribingAgain.update(Disposables.disposed());
        retry.update(Disposables.disposed());
        holdingBack.update(Disposables.disposed());
        periodic.update(Disposables.disposed());
    }

    @Override
    public Mono<Void> compared() {
        return first.asMono();
    }

    /** There was a comparison on this connection, or could not be one. */
    void firstIsOver() {
        first.tryEmitEmpty();
    }

    @Override
    public void changed() {
        context.observer().replayed();
    }

    @Override
    public void compare() {
        if (subscribed && !refused && !steps.comparesOtherwise() && !heldBack) {
            due();
        }
    }

    /** Says hello, or puts it off until it may be said. */
    void due() {
        if (bucket.take(scopeId, pace.atOnce(), pace.spacing())) {
            retry.update(Disposables.disposed()); // This is it.
            hello();
        } else {
            firstIsOver();
            bucket.whenRefilled(scopeId, this::compare);
        }
    }

    /** What comes after a failure or a refusal is the first of its kind again. */
    void succeeded() {
        failures = 0;
        refusals = 0;
    }

    @Override
    public void done() {
        failures = 0;
        firstIsOver();
    }

    @Override
    public void refused(boolean forGood) {
        refused(forGood, Duration.ZERO);
    }

    /** A hello was refused, for good, or for a time that may have been told. */
    void refused(boolean forGood, Duration told) {
        if (forGood) {
            refused = true;
            return;
        }
        refusals++;
        heldBack = true;
        Duration own = context.backoff(pace.spacing(), refusals);
        boolean asTold = !told.isZero() && (refusals == 1 || told.compareTo(own) > 0);
        holdingBack.update(context.after(asTold ? context.jittered(atMostLongest(told)) : own, () -> {
            heldBack = false;
            compare();
        }));
    }

    private static Duration atMostLongest(Duration told) {
        return told.compareTo(LONGEST_TOLD) < 0 ? told : LONGEST_TOLD;
    }

    @Override
    public void failed(String what, Throwable error) {
        failed(what, error, this::retryLater);
    }

    @Override
    public void compareLater(String what, Throwable error) {
        report(what + " failed: " + error.getMessage());
        failures++;
        retryLater();
    }

    private void retryLater() {
        compareAfter(context.backoff(pace.spacing(), failures));
    }

    /** Compares at once if that is the first failure, because a lost message is lost once; ever more rarely if nothing comes. */
    void compareAgain(boolean isFirst) {
        failures = isFirst ? 1 : failures + 1;
        compareAfter(failures == 1 ? Duration.ZERO : context.backoff(pace.spacing(), failures - 1));
    }

    private void compareAfter(Duration delay) {
        retry.update(context.after(delay, this::compare));
    }

    private void subscribe() {
        subscribing.update(steps.subscribe()
                .subscribe(unused -> {}, error -> failed("subscribing", error, this::subscribeLater), () -> {
                    subscribed = true;
                    compare();
                }));
    }

    private void subscribeLater() {
        subscribingAgain.update(context.after(context.backoff(pace.spacing(), failures), this::subscribe));
    }

    private void failed(String what, Throwable error, Runnable again) {
        firstIsOver();
        if (steps.isFinal(error)) {
            report(what + " failed for good: " + error.getMessage());
        } else {
            report(what + " failed: " + error.getMessage());
            failures++;
            again.run();
        }
    }

    void report(String what) {
        context.diagnostics().report(DiagnosticCode.COMPARE_FAILED, scopeId, what);
    }

    private void armPeriodic() {
        Duration interval = pace.compareInterval();
        if (!interval.isZero()) {
            periodic.update(context.after(context.jittered(interval), () -> {
                compare();
                armPeriodic();
            }));
        }
    }
}
