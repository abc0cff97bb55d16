package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.UnsupportedInModeException;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.intake.Caller;
import io.stitch.reactive.internal.intake.Submission;
import io.stitch.reactive.internal.lanes.Lane.Shown;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.internal.writes.LocalWrite;
import io.stitch.reactive.internal.writes.LocalWrite.Expected;
import io.stitch.reactive.internal.writes.WriteBounds;
import io.stitch.reactive.internal.writes.WriteRefusal;
import io.stitch.reactive.internal.writes.WriteResult;
import io.stitch.reactive.internal.writes.WriteRules;
import io.stitch.reactive.internal.writes.WriteStamps;
import io.stitch.reactive.internal.writes.WriteStamps.Stamped;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Takes writes: checks them, applies them in memory, and makes rows of them. What was taken together is undone together if one of it
 * breaks a rule, or if its batch cannot be written. On the worker.
 */
final class Taking {
    private final RecordStore records;
    private final Journal journal;
    private final WriteRules rules;
    private final Lanes lanes;
    private final int bound;
    private final BooleanSupplier versionsRise;
    private final Scheduler clock;
    private @Nullable WriteStamps stamps;
    private long nextSequence = 1;

    /** A row that was taken, and what its writer sees with it. */
    record Taken(Lane lane, Row row, @Nullable Shown after) {}

    /** What was taken of one submission, and who waits for writes that leave everything as it is. */
    static final class Group {
        final List<Taken> rows = new ArrayList<>(1);
        final List<Runnable> idle = new ArrayList<>(0);
    }

    Taking(
            RecordStore records,
            Journal journal,
            WriteRules rules,
            Lanes lanes,
            int bound,
            BooleanSupplier versionsRise,
            Scheduler clock) {
        this.clock = clock;
        this.versionsRise = versionsRise;
        this.records = records;
        this.journal = journal;
        this.rules = rules;
        this.lanes = lanes;
        this.bound = bound;
    }

    void stampedBy(WriteStamps mode) {
        stamps = mode;
    }

    /** The sequences up to this one are in use. */
    void after(long sequence) {
        nextSequence = Math.max(nextSequence, sequence + 1);
    }

    /**
     * Takes up a write that an earlier run has left behind.
     *
     * @throws RuntimeException if it cannot be read
     */
    void restore(PendingWrite write) {
        ObjectNode payload = Json.readObject(write.payload());
        Row row = Row.kept(write, rules.references(write.scope(), write.key().entity(), payload, write.before()));
        Lane lane = lanes.of(write.key(), write.scope());
        lane.add(row);
        lanes.added(lane, row);
    }

    /**
     * Takes the writes of a submission: all of them, or none.
     *
     * @throws RuntimeException if one breaks a rule
     */
    Group take(Submission submission) {
        if (stamps != null && submission.isCompared()) {
            throw new UnsupportedInModeException(
                    "updateIf and deleteIf need a server, which counts the versions of a record. Among peers use update and delete: the later write stands.");
        }
        Group group = new Group();
        if (submission.writes().size() == 1) {
            List<LocalWrite> expanded = rules.expand(submission.writes().get(0), records);
            if (expanded.size() == 1) {
                take(expanded.get(0), lanes.writer(submission.user()), submission.callers(), group);
                return group;
            }
        }
        records.batch(() -> {
            try {
                takeAll(submission, group);
            } catch (RuntimeException e) {
                undo(group);
                throw e;
            }
        });
        return group;
    }

    private void takeAll(Submission submission, Group group) {
        for (int i = 0; i < submission.writes().size(); i++) {
            LocalWrite write = submission.writes().get(i);
            for (LocalWrite each : rules.expand(write, records)) {
                boolean asked = each.key().equals(write.key());
                List<Caller> told = asked ? List.of(submission.callers().get(i)) : List.of();
                take(each, lanes.writer(submission.user()), told, group);
            }
        }
    }

    private void take(LocalWrite write, @Nullable String user, List<Caller> callers, Group group) {
        compare(write);
        if (write.isIdle()) {
            leaveAsItIs(write, callers, group);
            return;
        }
        WriteBounds.check(write.key(), write.payload());
        byte[] payload = Json.write(write.payload());
        Lane lane = lanes.of(write.key(), write.scope());
        try {
            String tag = write.tag();
            if (tag == null) {
                take(lane, write, payload, user, callers, group);
            } else {
                int first = group.rows.size();
                records.tagged(tag, () -> take(lane, write, payload, user, callers, group));
                group.rows
                        .subList(first, group.rows.size())
                        .forEach(taken -> taken.row().tag(tag));
            }
        } catch (RuntimeException refused) {
            forgetIfEmpty(lane);
            throw refused;
        }
    }

    /** What cannot succeed any more is not sent, nor applied; where own writes lie on top, the version is still to change. */
    private void compare(LocalWrite write) {
        Expected expected = write.expected();
        StoredRecord known = expected == null ? null : records.server(write.key());
        if (expected == null || known == null || records.pending().has(write.key())) {
            return;
        }
        boolean isLater = known.version() > expected.version() && versionsRise.getAsBoolean();
        if (isLater || (write.isIdle() && known.version() != expected.version())) {
            throw WriteRefusal.otherVersion(write.key(), expected.version(), known.version());
        }
    }

    private void take(
            Lane lane, LocalWrite write, byte[] payload, @Nullable String user, List<Caller> callers, Group group) {
        if (lane.isHereOnly()) {
            takeHere(lane, write, payload, user, callers, group);
            return;
        }
        if (lanes.total() >= bound) {
            throw WriteRefusal.queueFull(bound);
        }
        WriteStamps mode = stamps;
        if (mode == null) {
            takePlain(lane, write, payload, user, callers, group);
        } else {
            takeStamped(mode, lane, write, user, callers, group);
        }
    }

    private void takePlain(
            Lane lane, LocalWrite write, byte[] payload, @Nullable String user, List<Caller> callers, Group group) {
        StoredRecord before = lane.shown();
        Shown after = lane.shownAfter(write.kind(), write.payload());
        StoredRecord visible = after == null ? null : after.record();
        check(write.key(), visible);
        Row row = row(lane, write, payload, user, callers, before);
        if (lanes.isOurs(row)) {
            lane.add(row, visible);
        } else {
            lane.add(row);
        }
        added(lane, row, after, group);
        records.pending().written(lane, lanes.isOurs(row) && !Objects.equals(before, visible));
    }

    private static void check(RecordKey key, @Nullable StoredRecord record) {
        if (record != null) {
            WriteBounds.checkRecord(key, record.json());
        }
    }

    /** A record that goes nowhere else is kept as it is with the write, in the same batch. */
    private void takeHere(
            Lane lane, LocalWrite write, byte[] payload, @Nullable String user, List<Caller> callers, Group group) {
        StoredRecord before = lane.shown();
        if (before == null && write.kind() != WriteKind.CREATE) {
            throw WriteRefusal.notFound(write.key());
        }
        Shown after = lane.shownAfter(write.kind(), write.payload());
        check(write.key(), after == null ? null : after.record());
        PendingWrite made = PendingWrite.of(nextSequence++, write.key(), write.scope(), write.kind(), payload, user);
        Row row = Row.taken(made.at(now()), callers, Set.of());
        lane.add(row, after == null ? null : after.record());
        lanes.added(lane, row);
        keepHere(lane);
        group.rows.add(new Taken(lane, row, after));
        records.pending().written(lane, true);
    }

    private void keepHere(Lane lane) {
        StoredRecord now = lane.shown();
        if (now == null) {
            journal.remove(lane.key());
        } else {
            journal.put(now);
        }
    }

    private void takeStamped(
            WriteStamps mode, Lane lane, LocalWrite write, @Nullable String user, List<Caller> callers, Group group) {
        List<Stamped> steps = mode.stamp(write, lane.server());
        for (int i = 0; i < steps.size(); i++) {
            Stamped step = steps.get(i);
            boolean last = i == steps.size() - 1;
            RecordKey key = step.key();
            Lane target = key.equals(lane.key()) ? lane : lanes.of(key, step.scope());
            PendingWrite made = PendingWrite.of(nextSequence++, key, step.scope(), step.kind(), step.payload(), user)
                    .over(step.before())
                    .at(now());
            Row row = Row.taken(
                    made,
                    last ? callers : List.of(),
                    rules.references(step.scope(), key.entity(), write.payload(), null));
            target.writtenIn(step.scope());
            target.add(row);
            added(target, row, null, group);
            mode.apply(step);
            records.pending().written(target, false);
        }
    }

    private Row row(
            Lane lane,
            LocalWrite write,
            byte[] payload,
            @Nullable String user,
            List<Caller> callers,
            @Nullable StoredRecord before) {
        Set<RecordKey> references = rules.references(
                write.scope(), lane.key().entity(), write.payload(), before == null ? null : before.json());
        PendingWrite made = PendingWrite.of(nextSequence++, lane.key(), write.scope(), write.kind(), payload, user)
                .at(now());
        Expected expected = write.expected();
        if (expected == null) {
            return Row.taken(made, callers, references);
        }
        PendingWrite compared = made.expecting(expected.version());
        return write.isOnlineOnly()
                ? Row.onlineOnly(compared, callers, references)
                : Row.taken(compared, callers, references);
    }

    private long now() {
        return clock.now(TimeUnit.MILLISECONDS);
    }

    private void added(Lane lane, Row row, @Nullable Shown after, Group group) {
        lanes.added(lane, row);
        row.putInto(journal);
        group.rows.add(new Taken(lane, row, after));
    }

    /** The server need not hear of a change that changes nothing. */
    private void leaveAsItIs(LocalWrite write, List<Caller> callers, Group group) {
        StoredRecord seen = records.shown(write.key());
        if (seen == null) {
            throw WriteRefusal.notFound(write.key());
        }
        WriteResult.Status status = lanes.isHereOnly(write.key())
                ? WriteResult.Status.LOCAL
                : records.pending().has(write.key()) ? WriteResult.Status.QUEUED : WriteResult.Status.SYNCED;
        WriteResult result = new WriteResult(status, Json.readObject(seen.json()));
        group.idle.add(() -> callers.forEach(caller -> caller.succeed(result)));
    }

    private void forgetIfEmpty(Lane lane) {
        if (lane.isOver()) {
            records.pending().refresh(lane, Origin.LOCAL);
        }
    }

    /** Leaves the rows of a group out again, the last one first. */
    void undo(Group group) {
        for (int i = group.rows.size() - 1; i >= 0; i--) {
            undo(group.rows.get(i));
        }
    }

    private void undo(Taken taken) {
        undo(taken.lane(), taken.row());
    }

    /** Leaves a row out again, unless it is left out already. */
    void undo(Lane lane, Row row) {
        if (!lane.rows().contains(row)) {
            return;
        }
        lanes.drop(lane, row);
        if (lane.isHereOnly()) {
            keepHere(lane);
        } else {
            WriteStamps mode = stamps;
            if (mode != null) {
                mode.revert(row.write());
            }
            row.removeFrom(journal);
        }
        records.tagged(row.tag(), () -> records.pending().refresh(lane, Origin.ROLLBACK));
    }
}
