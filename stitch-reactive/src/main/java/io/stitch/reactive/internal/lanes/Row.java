package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.internal.intake.Caller;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.internal.writes.WriteResult;
import io.stitch.reactive.internal.writes.WriteResult.Status;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A write on its way, from when it was taken until it is settled or refused, and those who wait for its result. It is named by its
 * sequence, and its user was fixed when its writer subscribed. On the worker.
 */
final class Row {
    private enum State {
        /** It is applied in memory, and its batch is not written yet. */
        TAKEN,
        /** It is kept, where anything is, and may be sent. */
        DURABLE,
        /** It is over. */
        ENDED
    }

    private final List<Caller> callers;
    private final Set<RecordKey> references;
    private final boolean onlineOnly;
    private PendingWrite write;
    private State state;
    private boolean waited;
    private boolean overDeleted;
    private boolean forgotten;
    private boolean heard;
    private int attempts;
    private @Nullable Throwable failure;
    private @Nullable String tag;

    private Row(PendingWrite write, List<Caller> callers, Set<RecordKey> references, boolean onlineOnly, State state) {
        this.write = write;
        this.callers = new ArrayList<>(callers);
        this.references = references;
        this.onlineOnly = onlineOnly;
        this.state = state;
    }

    /** A write that was applied just now. */
    static Row taken(PendingWrite write, List<Caller> callers, Set<RecordKey> references) {
        return new Row(write, callers, references, false, State.TAKEN);
    }

    /** A write that was applied just now, and that is never kept: it ends with the connection. */
    static Row onlineOnly(PendingWrite write, List<Caller> callers, Set<RecordKey> references) {
        return new Row(write, callers, references, true, State.TAKEN);
    }

    /** A write that an earlier run of the store has left behind; its writer was told that it is queued. */
    static Row kept(PendingWrite write, Set<RecordKey> references) {
        Row row = new Row(write, List.of(), references, false, State.DURABLE);
        row.waited = true;
        row.heard = true; // That run may have been connected since.
        return row;
    }

    PendingWrite write() {
        return write;
    }

    /** What the events of this are marked with, or {@code null}. */
    @Nullable
    String tag() {
        return tag;
    }

    void tag(String mark) {
        tag = mark;
    }

    /** It is sent once more. */
    void attempted() {
        attempts++;
    }

    int attempts() {
        return attempts;
    }

    void failed(Throwable why) {
        failure = why;
    }

    /** What came of the last attempt, if that failed since the store was started. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    /** The store is connected while this is pending: where writes are in the records at once, others may be told of it. */
    void mayBeHeard() {
        heard = true;
    }

    boolean isPerhapsHeard() {
        return heard;
    }

    long sequence() {
        return write.sequence();
    }

    /** Takes what changed of what is kept: that it is being sent, say, or whose it is. */
    void write(PendingWrite changed) {
        this.write = changed;
    }

    boolean isOfSameUser(Row other) {
        return Objects.equals(write.user(), other.write.user());
    }

    /** The records that this write names, or that its record named before it. */
    Set<RecordKey> references() {
        return references;
    }

    /** Whether it is in memory only, and is undone where another one would wait. */
    boolean isOnlineOnly() {
        return onlineOnly;
    }

    /** Has this kept as it is now, if it is to be kept at all. */
    void putInto(Journal journal) {
        if (!onlineOnly) {
            journal.put(write);
        }
    }

    void removeFrom(Journal journal) {
        if (!onlineOnly) {
            journal.remove(write);
        }
    }

    void durable() {
        if (state == State.TAKEN) {
            state = State.DURABLE;
        }
    }

    boolean isDurable() {
        return state == State.DURABLE;
    }

    boolean isOver() {
        return state == State.ENDED;
    }

    /** Whether this waited for a connection or a better moment, so that others may have written meanwhile. */
    boolean waited() {
        return waited;
    }

    /** Whether the record was there when this was written, though the server has deleted it since. */
    boolean isOverDeleted() {
        return overDeleted;
    }

    void overDeleted() {
        overDeleted = true;
    }

    /** Whoever wrote this has logged out, and what goes nowhere else is forgotten then. */
    void forget() {
        forgotten = true;
    }

    boolean isForgotten() {
        return forgotten;
    }

    /** Takes over the callers of a write that became part of this one. */
    void absorb(Row later) {
        callers.addAll(later.callers);
        later.callers.clear();
        waited |= later.waited;
    }

    boolean hasCallers() {
        return !callers.isEmpty();
    }

    /** It was taken back before it was durable. */
    void undone(Throwable why) {
        state = State.ENDED;
        callers.forEach(caller -> caller.fail(why));
        callers.clear();
    }

    /** It became part of another row, or nothing needs to be sent of it. */
    void folded() {
        state = State.ENDED;
    }

    void settled(Status how, @Nullable ObjectNode record) {
        state = State.ENDED;
        tell(how, record);
    }

    /** Tells the callers that this is durable and will be sent when it can be. */
    void queued(@Nullable ObjectNode shown) {
        waited = true;
        tell(Status.QUEUED, shown);
    }

    private void tell(Status how, @Nullable ObjectNode record) {
        int last = callers.size() - 1;
        for (int i = 0; i <= last; i++) { // Each may change what it gets.
            ObjectNode own = record == null || i == last ? record : record.deepCopy();
            callers.get(i).succeed(new WriteResult(how, own));
        }
        callers.clear();
    }

    /** {@return whether everybody who wrote a part of this was told; who was told before that it is queued was not} */
    boolean refused(Throwable error) {
        state = State.ENDED;
        boolean told = !waited && !callers.isEmpty();
        for (Caller caller : callers) {
            told &= caller.fail(error);
        }
        callers.clear();
        return told;
    }

    /** Tells those who still wait when the store ends: what becomes of it, they cannot be told any more. */
    void ends(boolean kept) {
        if (kept && isDurable() && !onlineOnly) {
            queued(null);
            return;
        }
        ClosedException closed = closed();
        callers.forEach(caller -> caller.fail(closed));
        callers.clear();
    }

    /** Says what is known of a write that is not kept, when the store ends before its answer comes. */
    ClosedException closed() {
        return new ClosedException(
                write.isInDoubt()
                        ? "The store was closed before the write was answered, so it is not known whether it was done. Make a new store."
                        : "The store was closed before the write was sent, and did not keep it, so it is not done. Make a new store.");
    }

    @Override
    public String toString() {
        return "Row[" + write.sequence() + ' ' + write.kind() + ' ' + write.key() + ' ' + state + ']';
    }
}
