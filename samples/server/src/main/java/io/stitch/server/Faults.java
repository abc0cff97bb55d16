package io.stitch.server;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.atomic.AtomicInteger;

/** What goes wrong on purpose, so that tests can see how clients bear it. Thread-safe. */
final class Faults {
    private record Failure(Refusal refusal, AtomicInteger left) {}

    private final AtomicInteger repliesToDrop = new AtomicInteger();
    private volatile boolean dropReplies;
    private volatile boolean dropAnswers;
    private volatile boolean dropEvents;
    private volatile long delayMillis;
    private volatile boolean failCommits;
    private volatile @Nullable Failure failure;

    void dropReplies(boolean drop) {
        repliesToDrop.set(0);
        dropReplies = drop;
    }

    void dropReplies(int count) {
        repliesToDrop.set(count);
    }

    /** Whether the next reply is lost; counts it. */
    boolean loseReply() {
        return dropReplies || takeOne(repliesToDrop);
    }

    void dropAnswers(boolean drop) {
        dropAnswers = drop;
    }

    boolean loseAnswers() {
        return dropAnswers;
    }

    void dropEvents(boolean drop) {
        dropEvents = drop;
    }

    boolean loseEvents() {
        return dropEvents;
    }

    void delayReplies(long millis) {
        delayMillis = millis;
    }

    long delayMillis() {
        return delayMillis;
    }

    void failCommits(boolean fail) {
        failCommits = fail;
    }

    void checkCommit() {
        if (failCommits) {
            throw new IllegalStateException("the database fails on purpose");
        }
    }

    void failRequests(int count, int code, String message) {
        failure = new Failure(new Refusal(code, message), new AtomicInteger(count));
    }

    /** The error that the next request is answered with, or null; counts it. */
    @Nullable
    Refusal refuseRequest() {
        Failure current = failure;
        return current != null && takeOne(current.left()) ? current.refusal() : null;
    }

    private static boolean takeOne(AtomicInteger left) {
        return left.getAndUpdate(each -> Math.max(0, each - 1)) > 0;
    }
}
