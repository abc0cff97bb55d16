package io.stitch.reactive.internal.writes;

import io.stitch.reactive.internal.writes.WriteResult.Status;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** A pending write in the queue, and those who wait for its result. On the worker. */
final class QueuedWrite {
    private final List<Caller> callers;
    private final Set<RecordKey> after;
    private PendingWrite write;
    private boolean durable;
    private boolean waited;

    /** Somebody who waits for a result. A caller that went away is told nothing any more; the write goes on. */
    static final class Caller {
        private final Consumer<WriteResult> success;
        private final Consumer<Throwable> failure;
        private boolean told;
        private volatile boolean gone;

        Caller(Consumer<WriteResult> success, Consumer<Throwable> failure) {
            this.success = success;
            this.failure = failure;
        }

        /** Any thread. */
        void leave() {
            gone = true;
        }

        void succeed(WriteResult result) {
            if (!told) {
                told = true;
                success.accept(result);
            }
        }

        /** {@return whether there was anybody to tell} */
        boolean fail(Throwable error) {
            boolean there = !gone;
            if (there && !told) {
                told = true;
                failure.accept(error);
            }
            return there;
        }
    }

    QueuedWrite(PendingWrite write, List<Caller> callers, Set<RecordKey> after) {
        this.write = write;
        this.callers = new ArrayList<>(callers);
        this.after = after;
    }

    PendingWrite write() {
        return write;
    }

    void write(PendingWrite changed) {
        this.write = changed;
    }

    /** The records whose earlier writes must be answered before this is sent. */
    Set<RecordKey> after() {
        return after;
    }

    /** Says that this is kept, where anything is. */
    void durable() {
        durable = true;
    }

    boolean isDurable() {
        return durable;
    }

    /** Whether this waited for a connection or a better moment, so that others may have written meanwhile. */
    boolean waited() {
        return waited;
    }

    /** Takes over the callers of a write that became part of this one. */
    void absorb(QueuedWrite later) {
        callers.addAll(later.callers);
        waited |= later.waited;
    }

    boolean hasCallers() {
        return !callers.isEmpty();
    }

    void synced(@Nullable ObjectNode record) {
        callers.forEach(caller -> caller.succeed(new WriteResult(Status.SYNCED, record)));
        callers.clear();
    }

    /** Tells the callers that this is durable and will be sent when it can be. */
    void queued(@Nullable ObjectNode shown) {
        waited = true;
        callers.forEach(caller -> caller.succeed(new WriteResult(Status.QUEUED, shown)));
        callers.clear();
    }

    /** {@return whether everybody who wrote a part of this was told; who was told before that it is queued was not} */
    boolean failed(Throwable error) {
        boolean told = !waited && !callers.isEmpty();
        for (Caller caller : callers) {
            told &= caller.fail(error);
        }
        callers.clear();
        return told;
    }
}
