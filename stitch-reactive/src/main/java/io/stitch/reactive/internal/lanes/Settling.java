package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.lanes.Lane.Shown;
import io.stitch.reactive.internal.lanes.PendingWrites.Listener;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.internal.writes.WriteOutcome;
import io.stitch.reactive.internal.writes.WriteRejection;
import io.stitch.reactive.internal.writes.WriteResult.Status;
import io.stitch.reactive.internal.writes.WriteStamps;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/** Settles rows as their fate becomes known: takes them out of memory and off the disk, and tells whoever waits. On the worker. */
final class Settling implements Fate {
    private final RecordStore records;
    private final Journal journal;
    private final Lanes lanes;
    private final Listener listener;
    private final Runnable counted;
    private @Nullable WriteStamps stamps;
    private @Nullable Shown justApplied;
    private boolean silent;
    private boolean ending;

    Settling(RecordStore records, Journal journal, Lanes lanes, Listener listener, Runnable counted) {
        this.records = records;
        this.journal = journal;
        this.lanes = lanes;
        this.listener = listener;
        this.counted = counted;
    }

    void stampedBy(WriteStamps mode) {
        stamps = mode;
    }

    /** Tells nobody any more that a write is queued: it is not. */
    void silent() {
        silent = true;
    }

    /** The store is about to end: what is not kept ends with it, whatever comes first. */
    void ending() {
        ending = true;
    }

    boolean isEnding() {
        return ending;
    }

    /** While something runs, a result that is what a writer has just seen need not be read again. */
    void withResult(@Nullable Shown after, Runnable action) {
        justApplied = after;
        action.run();
        justApplied = null;
    }

    @Override
    public void settled(Lane lane, Row row, WriteOutcome outcome) {
        if (outcome instanceof WriteOutcome.Done done) {
            drop(lane, row);
            records.tagged(row.tag(), () -> records.pending().refresh(lane, Origin.LOCAL));
            row.settled(Status.SYNCED, done.record());
        } else if (outcome instanceof WriteOutcome.Rejected rejected) {
            reject(lane, row, rejected);
        }
        records.flush();
        counted.run();
    }

    @Override
    public void gaveUp(Lane lane, Row row, RuntimeException why) {
        reject(lane, row, new WriteOutcome.Rejected(Rejection.Reason.REFUSED, ending ? row.closed() : why));
        records.flush();
        counted.run();
    }

    private void drop(Lane lane, Row row) {
        row.removeFrom(journal);
        lanes.drop(lane, row);
    }

    private void reject(Lane lane, Row first, WriteOutcome.Rejected rejected) {
        StoredRecord localCopy = lane.shown();
        WriteStamps mode = stamps;
        if (mode != null) {
            mode.revert(first.write());
        }
        List<Row> undone = undoneWith(lane, first, rejected.reason(), mode != null);
        undone.forEach(row -> drop(lane, row));
        records.tagged(first.tag(), () -> records.pending().refresh(lane, Origin.ROLLBACK));
        StoredRecord now = lane.isOver() ? lane.server() : lane.shown();
        Consumer<Row> telling = row -> {
            if (!row.refused(rejected.error())) {
                listener.rejected(new WriteRejection(row.write(), rejected.reason(), rejected.error(), localCopy, now));
            }
        };
        undone.stream().filter(Row::isOnlineOnly).forEach(telling);
        List<Row> kept = undone.stream().filter(row -> !row.isOnlineOnly()).toList();
        if (!kept.isEmpty()) {
            // When it is off the disk: after a restart, what was told to be undone must not be sent again.
            journal.commit(unkept -> kept.forEach(telling));
        }
    }

    /** What was written on top of a record that will never be is not about anything. */
    private static List<Row> undoneWith(Lane lane, Row first, Rejection.Reason reason, boolean stamped) {
        List<Row> undone = new ArrayList<>(List.of(first));
        boolean refused = first.write().kind() == WriteKind.CREATE;
        if (!stamped && (refused || reason == Rejection.Reason.DELETED_MEANWHILE)) {
            for (Row row : lane.onTopOf(first)) {
                // A delete of what somebody deleted is done; one of what was never created would hit somebody else's.
                if (refused || row.write().kind() != WriteKind.DELETE) {
                    undone.add(row);
                }
            }
        }
        return undone;
    }

    /** Tells those who do not know yet; what is before one that waits already was told before. */
    @Override
    public void postponed(Lane lane) {
        if (silent) {
            return;
        }
        Deque<Row> untold = new ArrayDeque<>(1);
        Iterator<Row> newestFirst = lane.rows().descendingIterator();
        while (newestFirst.hasNext()) {
            Row row = newestFirst.next();
            if (row.waited() && !row.hasCallers()) {
                break;
            }
            if (row.isDurable() && !row.isOnlineOnly()) { // Otherwise it is told when it is.
                untold.push(row);
            }
        }
        untold.forEach(row -> row.queued(row.hasCallers() ? data(lane, row) : null));
    }

    private @Nullable ObjectNode data(Lane lane, Row row) {
        StoredRecord visible = lane.shownToWriterOf(row);
        Shown applied = justApplied;
        if (visible == null || applied == null || !applied.record().equals(visible)) {
            return visible == null ? null : Json.readObject(visible.json());
        }
        justApplied = null; // The tree is one caller's own.
        return applied.data();
    }

    @Override
    public void workedOutAnew(Lane lane) {
        records.pending().refresh(lane, Origin.REMOTE);
        records.flush();
    }

    @Override
    public void parked(Row row, Throwable why) {
        listener.parked(row.write(), why);
    }

    @Override
    public void outOfOrder(List<Lane> circle) {
        List<RecordKey> keys = circle.stream().map(Lane::key).toList();
        listener.outOfOrder(keys);
    }
}
