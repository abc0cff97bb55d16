package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.SchemaException;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.spi.JsonBounds;
import io.stitch.reactive.spi.PendingWrite;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Notes on disk what is about to be sent, before it is: which rows become one write, and that it may have been executed from then on. Until
 * that is durable, the rows in memory stay what they are; so a batch that fails leaves nothing half done. On the worker.
 */
final class Noting {
    private final Journal journal;
    private final Lanes lanes;
    private final Scheduler clock;
    private final Runnable counted;
    private final String run =
            Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), Character.MAX_RADIX) + "-w";
    private long nextRequest;

    /**
     * What is to be sent of a lane.
     *
     * @param first the row that is sent, and that is settled with the answer
     * @param absorbed those behind it that become part of it
     * @param write what they are together, or {@code null} if the record came and went unseen
     */
    record Plan(Row first, List<Row> absorbed, @Nullable PendingWrite write) {
        boolean isNothing() {
            return write == null;
        }

        /** What is sent, as one; of what came and went unseen, the row that would have been. */
        List<Row> rows() {
            if (absorbed.isEmpty() || isNothing()) {
                return List.of(first);
            }
            List<Row> rows = new ArrayList<>(absorbed.size() + 1);
            rows.add(first);
            rows.addAll(absorbed);
            return rows;
        }
    }

    Noting(Journal journal, Lanes lanes, Scheduler clock, Runnable counted) {
        this.journal = journal;
        this.lanes = lanes;
        this.clock = clock;
        this.counted = counted;
    }

    /** Works out what is sent of a lane next: one in doubt alone, others with what can be folded into them and is durable. */
    Plan plan(Lane lane, Row first) {
        List<Row> durable = durable(lane, first);
        if (durable.size() == 1) {
            return new Plan(first, List.of(), first.write());
        }
        List<PendingWrite> writes = durable.stream().map(Row::write).toList();
        Consolidation folded = lanes.areStamped() ? Consolidation.ofStamped(writes) : Consolidation.of(writes);
        List<Row> folding = durable.subList(0, folded.count());
        // Whoever still waits for the create of a record that came and went is told the truth only by the server.
        return folded.write() == null && folding.stream().anyMatch(Row::hasCallers)
                ? new Plan(first, List.of(), first.write())
                : new Plan(first, List.copyOf(folding.subList(1, folding.size())), folded.write());
    }

    private static List<Row> durable(Lane lane, Row first) {
        List<Row> durable = new ArrayList<>();
        durable.add(first);
        if (!first.write().isInDoubt()) {
            for (Row row : lane.ours()) {
                if (!row.isDurable()) {
                    break;
                }
                if (!row.equals(first)) {
                    durable.add(row);
                }
            }
        }
        return durable;
    }

    /** Keeps that a write is being sent, and tells when that is durable, or why it is not. */
    void note(Lane lane, Plan plan, Consumer<@Nullable Throwable> done) {
        Row first = plan.first();
        PendingWrite write = plan.write();
        if (write == null || first.write().isInDoubt()) {
            done.accept(null);
            return;
        }
        if (first.isOnlineOnly()) { // It is never kept, so there is nothing to wait for.
            first.write(write.sent(requestId(), now(), lane.server()));
            done.accept(null);
            return;
        }
        if (lanes.areStamped()) { // Sent twice it does no harm, so the disk is not waited for.
            if (!plan.absorbed().isEmpty()) {
                put(plan, write);
                fold(lane, plan, write);
            }
            done.accept(null);
            return;
        }
        if (write.kind() == WriteKind.CREATE) {
            lane.begins();
        }
        PendingWrite noted = workedOut(write.sent(requestId(), now(), lane.server()));
        put(plan, noted);
        journal.commit(failure -> {
            if (failure == null) {
                fold(lane, plan, noted);
            } else {
                journal.put(first.write());
                plan.absorbed().forEach(row -> journal.put(row.write()));
            }
            done.accept(failure);
        });
    }

    private void put(Plan plan, PendingWrite noted) {
        journal.put(noted);
        plan.absorbed().forEach(row -> journal.remove(row.write()));
    }

    private void fold(Lane lane, Plan plan, PendingWrite noted) {
        Row first = plan.first();
        String writer = first.write().user();
        if (writer != null && noted.user() == null) { // Known since.
            first.write(noted.by(writer));
            journal.put(first.write());
        } else {
            first.write(noted);
        }
        for (Row row : plan.absorbed()) {
            first.absorb(row);
            row.folded();
            lanes.drop(lane, row);
        }
        lane.changed();
        counted.run(); // Several have become one.
    }

    /** Nothing is sent of what came and went. */
    void forget(Lane lane, Plan plan) {
        for (Row row : plan.absorbed()) {
            journal.remove(row.write());
            row.folded();
            lanes.drop(lane, row);
        }
    }

    /**
     * The request was answered without being executed.
     *
     * @return whether what it changes is to be worked out anew
     */
    boolean unsent(Lane lane, Row row) {
        PendingWrite write = row.write();
        if (!write.isInDoubt()) {
            return false;
        }
        boolean changes = FieldChange.mayBeIn(write.payload());
        row.write(changes ? withoutValues(write.unsent()) : write.unsent());
        row.putInto(journal);
        if (changes) {
            lane.changed();
        }
        return changes;
    }

    private static PendingWrite withoutValues(PendingWrite write) {
        return write.as(write.kind(), Json.write(FieldChange.unresolved(Json.readObject(write.payload()))));
    }

    /**
     * What is sent is kept with the values that its changes come to, so that it is the same if it is sent again. Without a record here to work them out
     * over, or with one of another kind, it is sent as it is: the sender reads what is there.
     */
    private static PendingWrite workedOut(PendingWrite write) {
        byte[] before = write.before();
        if (before == null || write.kind() != WriteKind.UPDATE || !FieldChange.mayBeIn(write.payload())) {
            return write;
        }
        try {
            ObjectNode values = FieldChange.workedOut(Json.readObject(write.payload()), Json.readObject(before));
            byte[] payload = Json.write(values);
            return JsonBounds.problem(payload) == null ? write.as(write.kind(), payload) : write;
        } catch (SchemaException ofAnotherKind) {
            return write;
        }
    }

    void parked(Row row, boolean parked) {
        row.write(row.write().parked(parked));
        journal.put(row.write());
    }

    /** Hands over what was collected; nobody waits for it. */
    void handOver() {
        journal.commit();
    }

    private String requestId() {
        return run + Long.toString(nextRequest++, Character.MAX_RADIX);
    }

    private long now() {
        return clock.now(TimeUnit.MILLISECONDS);
    }
}
