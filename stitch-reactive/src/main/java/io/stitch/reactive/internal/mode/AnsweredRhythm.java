package io.stitch.reactive.internal.mode;

import io.stitch.reactive.internal.wire.Hello;
import io.stitch.reactive.internal.wire.HelloAnswer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Compares a scope with a server that answers each hello (protocol sections 4.8 and 4.9): at each connect, when somebody has a reason, when
 * an answer or what it promised does not come, and now and then without a reason. Nothing is guessed, so nothing has to be quiet first. On
 * the worker.
 */
public final class AnsweredRhythm extends PacedRhythm {
    /** So long nothing of an answer may come, at most. */
    private static final Duration SILENCE = Duration.ofSeconds(6);
    /** So long an event that was replayed may come after the word that it was. */
    private static final Duration STRAGGLING = Duration.ofSeconds(1);

    private final Settings settings;
    private final ScopeDigest digest;
    private final Steps steps;
    private final EventGaps gaps;
    private final Disposable.Swap waiting = Disposables.swap();
    private Disposable.Composite saying = Disposables.composite();
    private @Nullable HelloRound round;
    private long activity;
    private boolean again;

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
    public interface Steps extends PacedRhythm.Steps {
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
         * @return whether no hello on this connection will be taken
         */
        boolean refused(int code, String message);
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
        super(
                context,
                scopeId,
                new Pace(settings.burst(), settings.spacing(), settings.compareInterval()),
                bucket,
                steps);
        this.settings = settings;
        this.digest = digest;
        this.steps = steps;
        this.gaps = gaps;
    }

    @Override
    void stop() {
        again = false;
        endRound();
    }

    @Override
    void due() {
        if (round != null) {
            again = true; // What it asked may be older than the reason for this.
        } else {
            super.due();
        }
    }

    @Override
    void hello() {
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
                .subscribe(unused -> {}, error -> notSaid(of, error), this::firstIsOver));
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
            boolean forGood = steps.refused(no.code(), no.message());
            refused(forGood, Duration.ofMillis(no.retryAfterMillis()));
            return;
        }
        endIfWhole(current);
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
            succeeded();
            if (!current.isCutShort()) {
                steps.wasCompared();
            }
            if (again) {
                again = false;
                compare();
            }
        }
    }

    private void incomplete(String why) {
        report(why + "; the scope is compared again");
        // What overflows a queue comes in many parts.
        boolean isFirst = round != null && round.broughtSomething();
        endRound();
        again = false;
        compareAgain(isFirst);
    }

    private void endRound() {
        round = null;
        firstIsOver();
        saying.dispose();
        saying = Disposables.composite();
        waiting.update(Disposables.disposed());
    }

    @Override
    void refused(boolean forGood, Duration told) {
        endRound();
        super.refused(forGood, told);
    }

    @Override
    public void failed(String what, Throwable error) {
        endRound();
        super.failed(what, error);
    }
}
