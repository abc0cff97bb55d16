package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.internal.writes.WriteOutcome;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.List;

/** Where a lane stands in the queue. On the worker. */
final class Turn {
    /** So many others' writes in a row come first before this one waits a while. */
    private static final int MOST_OUTDATED = 16;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    enum State {
        /** Nothing of it waits to be sent, or nothing can be sent. */
        IDLE,
        /** It is in line. */
        READY,
        /** Another lane comes first. */
        BLOCKED,
        /** Its first write is being noted as sent, is sent, or is being settled. */
        UNDER_WAY,
        /** It failed, and is sent again after a while. */
        WAITING,
        /** It failed so often that it waits for the application's word. */
        PARKED
    }

    final Disposable.Swap timer = Disposables.swap();
    final Disposable.Swap sending = Disposables.swap();
    State state = State.IDLE;
    /** What is noted as sent, sent, or settled, while it is under way. */
    List<Row> underWay = List.of();

    @Nullable
    RecordKey blocker;
    /** Whether it goes first although another lane should: the two wait for one another. */
    boolean jumps;

    int failures;
    int troubles;
    /** How often in a row a write was sent that was worked out over what is not there any more. */
    int outdated;

    /** How long to wait after the last failure: twice as long after each. */
    Duration pause() {
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, 10));
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }

    /** Nothing counts of what came of writes before: somebody wants to see whether they succeed now. */
    void beginAnew() {
        troubles = 0;
        failures = 0;
        jumps = false;
    }

    /** A write has met its end. */
    void succeeded() {
        outdated = 0;
        failures = 0;
        troubles = 0;
    }

    /** A write is to be sent again after a while. */
    void failed(WriteOutcome.Answer answer) {
        outdated = 0;
        failures++;
        switch (answer) {
            case NONE, MOVED -> {} // It tells nothing of the server.
            case NOT_NOW -> troubles = 0;
            case TROUBLE -> troubles++;
        }
    }

    /** Whether a write that has to be worked out anew may be so at once, once more. */
    boolean mayBeOutdated() {
        outdated++;
        return outdated <= MOST_OUTDATED;
    }

    /** Whether a write is about to be sent or being sent. */
    boolean moves() {
        return state == State.READY || state == State.UNDER_WAY;
    }
}
