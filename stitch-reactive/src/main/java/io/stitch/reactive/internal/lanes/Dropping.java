package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.DropResult;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.lanes.PendingWrites.Listener;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.internal.writes.WriteRejection;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Takes writes back that the application does not want any more. Only what nobody can have heard of: what was sent, or is noted as such, may
 * be done at any time. On the worker.
 */
final class Dropping {
    private final RecordStore records;
    private final Journal journal;
    private final Lanes lanes;
    private final Taking taking;
    private final WriteQueue queue;
    private final Listener listener;
    private final Runnable counted;

    /** A row and where it is. */
    private record Found(Lane lane, Row row) {
        long sequence() {
            return row.sequence();
        }
    }

    /** A row that is undone, and the record as it was seen with it. */
    private record Undone(Row row, Lane lane, @Nullable StoredRecord localCopy) {}

    Dropping(
            RecordStore records,
            Journal journal,
            Lanes lanes,
            Taking taking,
            WriteQueue queue,
            Listener listener,
            Runnable counted) {
        this.records = records;
        this.journal = journal;
        this.lanes = lanes;
        this.taking = taking;
        this.queue = queue;
        this.listener = listener;
        this.counted = counted;
    }

    /** Whether a row may have been done, or heard of, or will be part of what others hear of. */
    boolean isInDoubt(Lane lane, Row row) {
        if (lane.turn.underWay.contains(row)) {
            return true;
        }
        if (!lanes.areStamped()) {
            return row.write().isInDoubt();
        }
        // A later write is the whole record, with what was written before it by whomever.
        return row.isPerhapsHeard()
                || lane.rows().stream().anyMatch(later -> later.sequence() > row.sequence() && !lanes.isOurs(later));
    }

    /** The lane of a row that is pending, if the current user wrote it. */
    @Nullable
    Lane laneOf(long sequence) {
        Found found = find(sequence);
        return found == null ? null : found.lane();
    }

    private @Nullable Found find(long sequence) {
        for (Lane lane : lanes.all()) {
            for (Row row : lane.rows()) {
                if (row.sequence() == sequence) {
                    return lane.isHereOnly() || !lanes.isOurs(row) ? null : new Found(lane, row);
                }
            }
        }
        return null;
    }

    /** Takes a row back, when what was taken before is on disk or could not be brought there. */
    void drop(long sequence, Consumer<DropResult> result, Consumer<Throwable> failed) {
        journal.commit(ignored -> dropNow(sequence, result, failed));
    }

    private void dropNow(long sequence, Consumer<DropResult> result, Consumer<Throwable> failed) {
        Found asked = find(sequence);
        if (asked == null) {
            result.accept(DropResult.NOT_PENDING);
            return;
        }
        if (isInDoubt(asked.lane(), asked.row())) {
            result.accept(DropResult.IN_DOUBT);
            return;
        }
        List<Undone> undone = undo(withDependents(asked));
        journal.commit(unkept -> {
            undone.forEach(each -> tell(each, asked.row()));
            if (unkept == null) {
                result.accept(DropResult.DROPPED);
            } else {
                failed.accept(stillKept(asked.row().write(), unkept));
            }
        });
        records.flush();
        counted.run();
    }

    private static PersistenceException stillKept(PendingWrite write, Throwable cause) {
        PersistenceException.Reason reason =
                cause instanceof PersistenceException why ? why.reason() : PersistenceException.Reason.FAILED;
        return new PersistenceException(
                reason,
                "%s is undone, and this store will not send it; but it could not be taken off the disk yet, so a restart before that may. %s"
                        .formatted(subject(write), cause.getMessage()),
                cause);
    }

    // ---- what depends on it ----

    /** The newest first. What may have been heard of stays, and is judged by whoever hears it. */
    private List<Found> withDependents(Found asked) {
        Set<Row> seen = new HashSet<>();
        List<Found> all = new ArrayList<>();
        Deque<Found> next = new ArrayDeque<>(List.of(asked));
        Found each;
        while ((each = next.poll()) != null) {
            if (seen.add(each.row()) && !isInDoubt(each.lane(), each.row())) {
                all.add(each);
                next.addAll(dependents(each));
            }
        }
        all.sort(Comparator.comparingLong(Found::sequence).reversed());
        return all;
    }

    private List<Found> dependents(Found of) {
        List<Found> dependents = new ArrayList<>();
        later(of.lane(), of.row()).forEach(row -> dependents.add(new Found(of.lane(), row)));
        if (of.row().write().kind() == WriteKind.CREATE) {
            RecordKey key = of.lane().key();
            addCreates(lanes.naming(key), of.row(), row -> row.references().contains(key), dependents);
            if (key.entity().equals(records.scopeKeys().schema().root())) {
                addCreates(
                        lanes.in(key.id()), of.row(), row -> row.write().scope().equals(key.id()), dependents);
            }
        }
        if (lanes.areStamped()) {
            addOtherHalf(of.row(), dependents);
        }
        return dependents;
    }

    /** Of the same record: what was written on a record that will not be, on one that will not be deleted, or, among peers, on all of it. */
    private List<Row> later(Lane lane, Row row) {
        if (lanes.areStamped()) {
            return lane.after(row);
        }
        return switch (row.write().kind()) {
            case CREATE -> lane.onTopOf(row);
            case UPDATE -> List.of();
            case DELETE -> lane.after(row);
        };
    }

    /** What was created to belong to a record that will not be. */
    private void addCreates(Collection<Lane> candidates, Row create, Predicate<Row> names, List<Found> dependents) {
        for (Lane candidate : candidates) {
            for (Row row : candidate.ours()) {
                if (row.write().kind() == WriteKind.CREATE && row.sequence() > create.sequence() && names.test(row)) {
                    dependents.add(new Found(candidate, row));
                }
            }
        }
    }

    /** Among peers a record moves to another scope by a delete there and, right after it, a create here: both or neither. */
    private void addOtherHalf(Row row, List<Found> dependents) {
        boolean leaves = row.write().kind() == WriteKind.DELETE;
        boolean comes = row.write().kind() == WriteKind.CREATE;
        Found half = leaves || comes ? find(row.sequence() + (leaves ? 1 : -1)) : null;
        if (half != null
                && half.row().write().kind() == (leaves ? WriteKind.CREATE : WriteKind.DELETE)
                && half.lane().key().entity().equals(row.write().key().entity())
                && half.lane().key().id().equals(row.write().key().id())
                && !half.lane().key().equals(row.write().key())) {
            dependents.add(half);
        }
    }

    // ---- undoing ----

    private List<Undone> undo(List<Found> newestFirst) {
        Set<Lane> from = new LinkedHashSet<>();
        Set<Lane> begun = new LinkedHashSet<>();
        List<Undone> undone = new ArrayList<>();
        for (Found each : newestFirst) {
            from.add(each.lane());
            undone.add(new Undone(each.row(), each.lane(), each.lane().shown()));
            if (each.row().equals(each.lane().firstOfOurs())) {
                begun.add(each.lane());
            }
        }
        records.batch(() -> newestFirst.forEach(each -> taking.undo(each.lane(), each.row())));
        queue.dropped(from, begun);
        return undone;
    }

    private void tell(Undone undone, Row asked) {
        RequestFailedException why = new RequestFailedException(
                RequestFailedException.Reason.DROPPED,
                undone.row().equals(asked)
                        ? subject(asked.write())
                                + " was dropped by the application. It was undone, and nothing was sent."
                        : "%s was undone, and nothing was sent, because it depends on one that the application dropped: %s."
                                .formatted(subject(undone.row().write()), subject(asked.write())),
                null);
        if (!undone.row().refused(why)) {
            Lane lane = undone.lane();
            listener.rejected(new WriteRejection(
                    undone.row().write(),
                    Rejection.Reason.DROPPED,
                    why,
                    undone.localCopy(),
                    lane.isOver() ? lane.server() : lane.shown()));
        }
    }

    private static String subject(PendingWrite write) {
        return "The %s of %s '%s'"
                .formatted(
                        write.kind().name().toLowerCase(Locale.ROOT),
                        write.key().entity(),
                        write.key().id());
    }
}
