package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.intake.InOrder;
import io.stitch.reactive.internal.intake.Submission;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.internal.writes.WriteRefusal;
import io.stitch.reactive.internal.writes.WriteResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;

/**
 * The way of a write from being submitted to being durable: takes what is submitted in one turn, has it kept in one batch, and then puts it
 * in line; or undoes it, if it could not be kept. On the worker.
 */
final class Keeping implements InOrder.Taker {
    private final RecordStore records;
    private final Journal journal;
    private final Lanes lanes;
    private final Taking taking;
    private final Settling settling;
    private final WriteQueue queue;
    private final Runnable counted;
    private List<Taking.Group> taken = new ArrayList<>();

    Keeping(
            RecordStore records,
            Journal journal,
            Lanes lanes,
            Taking taking,
            Settling settling,
            WriteQueue queue,
            Runnable counted) {
        this.records = records;
        this.journal = journal;
        this.lanes = lanes;
        this.taking = taking;
        this.settling = settling;
        this.queue = queue;
        this.counted = counted;
    }

    @Override
    public void take(Submission submission) {
        try {
            requireConnection(submission);
            Taking.Group group = taking.take(submission);
            if (submission.isOnlineOnly()
                    && group.rows.stream().allMatch(each -> each.row().isOnlineOnly())) {
                taken(group);
            } else {
                taken.add(group);
            }
        } catch (RuntimeException e) {
            submission.fail(e);
        } catch (Error e) {
            submission.fail(e);
            throw e;
        }
    }

    /** What is never kept needs the connection of whoever writes it; in a batch with it, all of it does. */
    private void requireConnection(Submission submission) {
        if (!submission.isOnlineOnly() || lanes.areStamped()) {
            return;
        }
        if (settling.isEnding()) {
            throw new ClosedException(
                    "The store is being closed, so nothing is sent any more, and nothing was written. Make a new store.");
        }
        if (!queue.isConnected() || !lanes.isCurrent(submission.user())) {
            throw new RequestFailedException(
                    RequestFailedException.Reason.NOT_CONNECTED,
                    "The store is not connected as whoever writes this, so nothing was written: with WhenOffline.FAIL a write is not queued. Watch connection() and try again, or use WhenOffline.QUEUE.",
                    null);
        }
    }

    /** Nothing of it is kept, so there is nothing to wait for. */
    private void taken(Taking.Group group) {
        records.flushLists();
        counted.run();
        durable(group);
        records.flush();
        counted.run();
    }

    @Override
    public void taken() {
        records.flushLists();
        counted.run(); // Before anybody hears of a write: who knows of one that is queued finds it counted.
        if (!taken.isEmpty()) {
            List<Taking.Group> groups = taken;
            taken = new ArrayList<>();
            journal.commit(failure -> {
                if (failure == null) {
                    groups.forEach(this::durable);
                } else {
                    notDurable(groups, failure);
                }
                records.flush();
                counted.run();
            });
        }
    }

    private void durable(Taking.Group group) {
        group.idle.forEach(Runnable::run);
        for (Taking.Taken taken : group.rows) {
            try {
                durable(taken);
            } catch (RuntimeException defect) { // Of this one; the others are told all the same.
                taken.row().undone(defect);
                Operators.onErrorDropped(defect, Context.empty());
            }
        }
    }

    private void durable(Taking.Taken taken) {
        Lane lane = taken.lane();
        Row row = taken.row();
        if (!row.isOver()) { // Otherwise it was undone with what it was written on.
            if (lane.isHereOnly()) {
                lane.fold(row);
                if (row.isForgotten()) {
                    lane.server(null);
                }
                lanes.dropped(lane, row);
                row.settled(WriteResult.Status.LOCAL, data(taken));
                records.pending().refresh(lane, Origin.LOCAL);
            } else {
                row.durable();
                settling.withResult(taken.after(), () -> queue.durable(lane));
            }
        }
    }

    private static @Nullable ObjectNode data(Taking.Taken taken) {
        return taken.after() == null ? null : taken.after().data();
    }

    /** What could not be kept must not look as if it were. */
    private void notDurable(List<Taking.Group> groups, Throwable failure) {
        WriteRefusal why = WriteRefusal.notDurable(failure);
        for (int i = groups.size() - 1; i >= 0; i--) {
            Taking.Group group = groups.get(i);
            group.rows.forEach(taken -> undoOnTopOf(taken, why));
            taking.undo(group);
            group.rows.forEach(taken -> taken.row().undone(why));
            group.idle.forEach(Runnable::run);
            group.rows.forEach(taken -> queue.left(taken.lane()));
        }
    }

    /** Nor what was written on top of it: of a create that never was, and wherever a write is the whole record. */
    private void undoOnTopOf(Taking.Taken taken, WriteRefusal why) {
        Lane lane = taken.lane();
        Row row = taken.row();
        boolean stamped = lanes.areStamped();
        if (row.isOver() || !(stamped || row.write().kind() == WriteKind.CREATE)) {
            return;
        }
        List<Row> later = stamped ? lane.after(row) : lane.onTopOf(row);
        for (int i = later.size() - 1; i >= 0; i--) {
            taking.undo(lane, later.get(i));
            later.get(i).undone(why);
        }
    }
}
