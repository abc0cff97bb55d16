package io.stitch.reactive.sync;

import io.stitch.reactive.wire.DiagnosticCode;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.time.Duration;

/**
 * Decides when a scope is subscribed to and when hello is said for it: at each connect, spaced, again after a failure, again and
 * again while a replay changes the scope (protocol section 4.7), and now and then without a reason. On the worker.
 */
public final class HelloRhythm {
    private final SyncContext context;
    private final String scopeId;
    private final Settings settings;
    private final Steps steps;
    private final ConvergenceTimer convergence;
    private final Disposable.Swap subscribing = Disposables.swap();
    private final Disposable.Swap saying = Disposables.swap();
    private final Disposable.Swap retry = Disposables.swap();
    private final Disposable.Swap periodic = Disposables.swap();
    private final Disposable.Swap pause = Disposables.swap();
    private Sinks.Empty<Void> firstHello = Sinks.empty();
    private boolean subscribed;
    private int failures;
    private boolean pausing;
    private boolean wanted;

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
        Mono<Void> hello();

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
     * @param steps what is done
     */
    public HelloRhythm(SyncContext context, String scopeId, Settings settings, Steps steps) {
        this.context = context;
        this.scopeId = scopeId;
        this.settings = settings;
        this.steps = steps;
        this.convergence = new ConvergenceTimer(context, settings.quietPeriod(), this::compare);
    }

    /** Begins, on a new connection or on the first. */
    public void connected() {
        failures = 0;
        firstHello = Sinks.empty();
        subscribe();
        armPeriodic();
    }

    /** Stops what needs a connection. */
    public void disconnected() {
        subscribed = false;
        wanted = false;
        firstHello.tryEmitEmpty();
        subscribing.update(Disposables.disposed());
        saying.update(Disposables.disposed());
        retry.update(Disposables.disposed());
        periodic.update(Disposables.disposed());
        convergence.stop();
    }

    /** Ends for good. */
    public void close() {
        disconnected();
        pause.dispose();
    }

    /**
     * {@return completes when hello was said on this connection, or could not be}
     */
    public Mono<Void> compared() {
        return firstHello.asMono();
    }

    /** A replay changed the scope. */
    public void changed() {
        context.observer().replayed();
        convergence.changed();
    }

    /** Says hello, now or as soon as it may be said again. */
    public void compare() {
        if (!subscribed) {
            return;
        }
        if (pausing) {
            firstHello.tryEmitEmpty();
            wanted = true;
        } else {
            hello();
        }
    }

    private void subscribe() {
        subscribing.update(steps.subscribe()
                .subscribe(unused -> {}, error -> failed("subscribing", error, this::subscribe), () -> {
                    subscribed = true;
                    compare();
                }));
    }

    private void hello() {
        wanted = false;
        pausing = true;
        // A timer and not the time, which may be set back or stand still. It goes on across connections.
        pause.update(context.after(settings.spacing(), () -> {
            pausing = false;
            if (wanted) {
                compare();
            }
        }));
        saying.update(
                steps.hello().subscribe(unused -> {}, error -> failed("saying hello", error, this::compare), () -> {
                    failures = 0;
                    context.observer().saidHello();
                    firstHello.tryEmitEmpty();
                    convergence.compared();
                }));
    }

    private void failed(String what, Throwable error, Runnable again) {
        firstHello.tryEmitEmpty();
        context.diagnostics()
                .report(DiagnosticCode.COMPARE_FAILED, scopeId, "%s failed: %s".formatted(what, error.getMessage()));
        if (!steps.isFinal(error)) {
            failures++;
            retry.update(context.after(context.backoff(settings.spacing(), failures), again));
        }
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
