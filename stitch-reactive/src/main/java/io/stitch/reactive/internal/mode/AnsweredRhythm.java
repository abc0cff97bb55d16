package io.stitch.reactive.internal.mode;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.wire.Hello;
import io.stitch.reactive.internal.wire.HelloAnswer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Compares a scope with a server that answers each hello (protocol sections 4.8 and 4.9): at each connect, when somebody has a reason, when
 * an answer or what it promised does not come, and now and then without a reason. Nothing is guessed, so nothing has to be quiet first. On
 * the worker.
 */
public final class AnsweredRhythm implements Rhythm {
    /** So long nothing of an answer may come, at most. */
    private static final Duration SILENCE = Duration.ofSeconds(6);
    /** So long an event that was replayed may come after the word that it was. */
    private static final Duration STRAGGLING = Duration.ofSeconds(1);
    /** No server keeps a client away for longer. */
    private static final Duration LONGEST_TOLD = Duration.ofMinutes(5);

    private final SyncContext context;
    private final String scopeId;
    private final Settings settings;
    private final HelloBucket bucket;
    private final ScopeDigest digest;
    private final Steps steps;
    private final EventGaps gaps;
    private final Disposable.Swap subscribing = Disposables.swap();
    private final Disposable.Swap resubscribing = Disposables.swap();
    private final Disposable.Swap retry = Disposables.swap();
    private final Disposable.Swap holdingBack = Disposables.swap();
    private final Disposable.Swap waiting = Disposables.swap();
    private final Disposable.Swap periodic = Disposables.swap();
    private Disposable.Composite saying = Disposables.composite();
    private Sinks.Empty<Void> firstHello = Sinks.empty();
    private @Nullable HelloRound round;
    private long activity;
    private boolean subscribed;
    private boolean refused;
    /** A hello was refused for now: none is said for another reason before the time that this takes is over. */
    private boolean heldBack;

    private boolean again;
    private int failures;
    private int refusals;

    /**
     * How often.
     *
     * @param burst how many hellos may be said at once
     * @param spacing how long it takes until one more may be said
     * @param compareInterval how often the scope is compared without a reason; zero for never
     * @param digests whether fingerprints are compared
     */
    public record Settings(int burst, Duration spacing, Duration compareInterval, boolean digests) {}

    /** What is done. */
    public interface Steps {
        /**
         * {@return subscribes; completes on the worker} Cold.
         */
        Mono<Void> subscribe();

        /**
         * Compares in another way where a hello is of no use now; its end is told with {@link Rhythm#done} or {@link Rhythm#failed}.
         *
         * @return whether it does, or is at it already
         */
        boolean comparesOtherwise();

        /** Lists the scope, because what would have to be said of it is too large. */
        void compareTooLarge(int bytes);

        /**
         * {@return how hellos are written on this connection}
         */
        Hello hello();

        /**
         * {@return the largest message that may be said, in bytes}
         */
        int largestHello();

        /**
         * {@return says something; completes on the worker} Cold.
         *
         * @param message the message
         */
        Mono<Void> say(byte[] message);

        /**
         * Hears that the server refused a hello.
         *
         * @param code the protocol's error code
         * @param message the server's words
         */
        void refused(int code, String message);

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
     * @param bucket how many hellos may be said
     * @param digest the scope's fingerprints
     * @param gaps notices lost events, and is told what was compared
     * @param steps what is done
     */
    public AnsweredRhythm(
            SyncContext context,
            String scopeId,
            Settings settings,
            HelloBucket bucket,
            ScopeDigest digest,
            EventGaps gaps,
            Steps steps) {
        this.context = context;
        this.scopeId = scopeId;
        this.settings = settings;
        this.bucket = bucket;
        this.digest = digest;
        this.steps = steps;
        this.gaps = gaps;
    }

    @Override
    public void connected() {
        refused = false;
        heldBack = false;
        again = false;
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
        endRound();
        subscribing.update(Disposables.disposed());
        resubscribing.update(Disposables.disposed());
        retry.update(Disposables.disposed());
        holdingBack.update(Disposables.disposed());
        periodic.update(Disposables.disposed());
    }

    @Override
    public Mono<Void> compared() {
        return firstHello.asMono();
    }

    @Override
    public void changed() {
        context.observer().replayed();
    }

    @Override
    public void compare() {
        if (!subscribed || refused || steps.comparesOtherwise() || heldBack) {
            return;
        }
        if (round != null) {
            again = true; // What it asked may be older than the reason for this.
        } else if (bucket.take(scopeId, settings.burst(), settings.spacing())) {
            begin();
        } else {
            firstHello.tryEmitEmpty();
            bucket.whenRefilled(scopeId, this::compare);
        }
    }

    private void begin() {
        retry.update(Disposables.disposed()); // This is it.
        HelloRound begun = new HelloRound(freshRound(), steps.hello(), steps.largestHello());
        byte[] first = settings.digests()
                ? begun.first(digest.tree())
                : begun.whole(context.records().serverRecords(scopeId));
        if (first.length > steps.largestHello()) {
            steps.compareTooLarge(first.length);
            return;
        }
        round = begun;
        say(begun, List.of(first));
    }

    /** Only this client's own hellos for this scope need to be told apart. */
    private static String freshRound() {
        return Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), Character.MAX_RADIX);
    }

    private void say(HelloRound of, List<byte[]> messages) {
        Duration silence = silence();
        waitFor(of, silence, () -> incomplete("no answer to a hello came for " + silence.toMillis() + " ms"));
        saying.add(Flux.fromIterable(messages)
                .concatMap(steps::say)
                .subscribe(unused -> {}, error -> notSaid(of, error), firstHello::tryEmitEmpty));
    }

    /** Who says hello more often than usual does not wait longer than that for an answer. */
    private Duration silence() {
        Duration spacing = settings.spacing();
        Duration atLeast = spacing.compareTo(STRAGGLING) > 0 ? spacing : STRAGGLING;
        return atLeast.compareTo(SILENCE) < 0 ? atLeast : SILENCE;
    }

    private void notSaid(HelloRound of, Throwable error) {
        if (round == of) { // Else it was answered all the same, and the connection ended before the broker had said so.
            failed("saying hello", error);
        }
    }

    /** Does something if nothing of a round comes for a while. */
    private void waitFor(HelloRound of, Duration duration, Runnable otherwise) {
        long before = activity;
        waiting.update(context.after(duration, () -> {
            if (round != of) {
                return;
            }
            if (activity == before) {
                otherwise.run();
            } else {
                waitFor(of, duration, otherwise);
            }
        }));
    }

    /**
     * Something was answered to a hello.
     *
     * @param answer the answer; one to a hello that is over is of no use
     */
    public void answered(HelloAnswer answer) {
        HelloRound current = round;
        if (current == null || !current.answers(answer.round())) {
            return;
        }
        activity++;
        if (answer instanceof HelloAnswer.Nodes nodes) {
            gaps.compared(nodes.newest());
            List<byte[]> next = current.next(nodes.children(), digest.tree());
            if (!next.isEmpty()) {
                say(current, next);
            }
        } else if (answer instanceof HelloAnswer.Whole whole) {
            gaps.compared(whole.newest());
            current.promise(whole.events());
        } else if (answer instanceof HelloAnswer.Refused no) {
            steps.refused(no.code(), no.message());
            refused(isFinal(no.code()), Duration.ofMillis(no.retryAfterMillis()));
            return;
        }
        endIfWhole(current);
    }

    private static boolean isFinal(int code) {
        return code == 401 || code == 403;
    }

    /** An event came that was replayed, whatever it changed. */
    public void replayed() {
        HelloRound current = round;
        if (current != null) {
            activity++;
            current.replayed();
            endIfWhole(current);
        }
    }

    private void endIfWhole(HelloRound current) {
        if (!current.isAnswered()) {
            return;
        }
        long missing = current.missing();
        if (missing > 0) {
            waitFor(current, STRAGGLING, () -> incomplete(missing + " events of a replay did not come"));
        } else if (missing < 0) {
            incomplete("others' replays came with the own one, so nobody knows whether that was whole");
        } else {
            again |= current.isCutShort();
            saying = Disposables.composite(); // The broker's acknowledgements may come behind the answers.
            endRound();
            failures = 0;
            refusals = 0;
            if (again) {
                again = false;
                compare();
            }
        }
    }

    /** Compares again: at once if that is the first time, because a lost message is lost once; ever more rarely if nothing comes. */
    private void incomplete(String why) {
        context.diagnostics().report(DiagnosticCode.COMPARE_FAILED, scopeId, why + "; the scope is compared again");
        HelloRound current = round;
        if (current != null && current.broughtSomething()) {
            failures = 0; // What overflows a queue comes in many parts.
        }
        endRound();
        again = false;
        failures++;
        compareAfter(failures == 1 ? Duration.ZERO : context.backoff(settings.spacing(), failures - 1));
    }

    private void endRound() {
        round = null;
        firstHello.tryEmitEmpty();
        saying.dispose();
        saying = Disposables.composite();
        waiting.update(Disposables.disposed());
    }

    @Override
    public void done() {
        failures = 0;
        firstHello.tryEmitEmpty();
    }

    @Override
    public void refused(boolean forGood) {
        refused(forGood, Duration.ZERO);
    }

    private void refused(boolean forGood, Duration told) {
        endRound();
        firstHello.tryEmitEmpty();
        refused |= forGood;
        if (!forGood) {
            refusals++;
            heldBack = true;
            Duration own = context.backoff(settings.spacing(), refusals);
            boolean asTold = !told.isZero() && (refusals == 1 || told.compareTo(own) > 0);
            holdingBack.update(context.after(asTold ? context.jittered(shorter(told)) : own, () -> {
                heldBack = false;
                compare();
            }));
        }
    }

    private static Duration shorter(Duration told) {
        return told.compareTo(LONGEST_TOLD) < 0 ? told : LONGEST_TOLD;
    }

    @Override
    public void failed(String what, Throwable error) {
        endRound();
        firstHello.tryEmitEmpty();
        if (steps.isFinal(error)) {
            report(what + " failed for good", error);
        } else {
            compareLater(what, error);
        }
    }

    @Override
    public void compareLater(String what, Throwable error) {
        report(what + " failed", error);
        failures++;
        compareAfter(context.backoff(settings.spacing(), failures));
    }

    private void compareAfter(Duration delay) {
        retry.update(context.after(delay, this::compare));
    }

    private void subscribe() {
        subscribing.update(steps.subscribe().subscribe(unused -> {}, this::notSubscribed, () -> {
            subscribed = true;
            compare();
        }));
    }

    private void notSubscribed(Throwable error) {
        firstHello.tryEmitEmpty();
        if (steps.isFinal(error)) {
            report("subscribing failed for good", error);
            return;
        }
        report("subscribing failed", error);
        failures++;
        resubscribing.update(context.after(context.backoff(settings.spacing(), failures), this::subscribe));
    }

    private void report(String what, Throwable error) {
        context.diagnostics().report(DiagnosticCode.COMPARE_FAILED, scopeId, what + ": " + error.getMessage());
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
