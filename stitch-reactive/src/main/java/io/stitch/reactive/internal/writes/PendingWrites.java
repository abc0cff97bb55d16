package io.stitch.reactive.internal.writes;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.writes.PendingRecord.Shown;
import io.stitch.reactive.internal.writes.QueuedWrite.Caller;
import io.stitch.reactive.internal.writes.WriteStamps.Stamped;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The writes that the server has not settled: applied to memory at once, kept with the record in one transaction, sent in order,
 * and settled or undone by the server's answer.
 *
 * <p>Threading: {@link #write} may be subscribed anywhere; everything else runs on the store's worker.
 */
public final class PendingWrites {
    private static final long NO_VERSION = -1;

    private boolean stamped;
    private final RecordStore records;
    private final Journal journal;
    private final WriteRules rules;
    private final Set<String> localOnly;
    private final Supplier<@Nullable String> user;
    private final int bound;
    private final Listener listener;
    private final WriteQueue queue;
    private final WorkerLane<Submission> lane;
    private final Sinks.Many<Integer> counts = Sinks.many().replay().latestOrDefault(0);
    private final List<PendingWrite> ofOthers = new ArrayList<>();
    private volatile Sinks.Empty<Void> ready = Sinks.empty();
    private @Nullable WriteStamps stamps;
    private Function<String, @Nullable Mono<Void>> loading = scope -> null;
    private @Nullable Shown justApplied;
    private long nextSequence = 1;
    private int count;
    private volatile int counted;

    /** Hears what becomes of writes whose callers were told something else, or went away. */
    public interface Listener {
        /**
         * A write was undone, and nobody was waiting for its result.
         *
         * @param rejection what was undone and why
         */
        void rejected(WriteRejection rejection);

        /**
         * A write failed too often to be sent again by itself.
         *
         * @param write the write
         * @param why the last failure
         */
        void parked(PendingWrite write, Throwable why);
    }

    /**
     * Makes an empty queue.
     *
     * @param records where writes are shown
     * @param journal keeps writes
     * @param serial the store's worker
     * @param clock what time it is
     * @param rules what is checked before a write is taken
     * @param localOnly the entities whose records go nowhere else
     * @param user who writes, or {@code null}
     * @param bound how many writes may be pending
     * @param listener hears what nobody waits for
     */
    public PendingWrites(
            RecordStore records,
            Journal journal,
            Scheduler serial,
            Scheduler clock,
            WriteRules rules,
            Set<String> localOnly,
            Supplier<@Nullable String> user,
            int bound,
            Listener listener) {
        this.records = records;
        this.journal = journal;
        this.rules = rules;
        this.localOnly = Set.copyOf(localOnly);
        this.user = user;
        this.bound = bound;
        this.listener = listener;
        this.lane = new WorkerLane<>(serial, this::accept, Submission::fail);
        this.queue = new WriteQueue(
                serial, clock, journal, records.scopeKeys().schema().root(), new Settling());
    }

    private Collection<PendingRecord> all() {
        return records.pending().stream().map(PendingRecord.class::cast).toList();
    }

    private PendingRecord pend(RecordKey key, String scope) {
        return (PendingRecord)
                records.pend(key, scope, server -> new PendingRecord(key, records.scopeKeys(), server, stamped));
    }

    /**
     * Has writes stamped, which makes them part of the records at once. To be called before anything is restored or written.
     *
     * @param mode stamps them
     */
    public void stampedBy(WriteStamps mode) {
        stamps = mode;
        stamped = true;
        queue.stamped();
    }

    /**
     * Has stamped writes wait for what they change: a record that is still being read from disk cannot be changed yet.
     *
     * @param whatIsLoading answers on the worker when a set of records is there, or {@code null} if it is not being loaded
     */
    public void waitFor(Function<String, @Nullable Mono<Void>> whatIsLoading) {
        loading = whatIsLoading;
    }

    /**
     * The writes of a set of records that others have not been told of. On the worker.
     *
     * @param scope its key
     * @return the writes, in the order of their sequences
     */
    public List<PendingWrite> pendingIn(String scope) {
        return all().stream()
                .flatMap(record -> record.writes().stream())
                .map(QueuedWrite::write)
                .filter(write -> write.scope().equals(scope))
                .sorted(Comparator.comparingLong(PendingWrite::sequence))
                .toList();
    }

    /**
     * Writes. Cold; each subscription writes once. Cancelling stops waiting for the result, not the write.
     *
     * @param write the write
     * @return that the server has it, or that it is durably queued; a {@link WriteRefusal} if it breaks a rule here
     */
    public Mono<WriteResult> write(LocalWrite write) {
        Mono<WriteResult> written = Mono.create(sink -> {
            Caller caller = new Caller(sink::success, sink::error);
            sink.onCancel(caller::leave);
            lane.submit(new Submission(List.of(write), List.of(caller)));
        });
        return journal.keepsRecords() ? ready().then(written) : written;
    }

    /**
     * Writes several records at once: all of them or, if one breaks a rule here, none. Subscribers see one change per record,
     * the queue sees each write. Cold.
     *
     * @param writes the writes, in order
     * @return the results, in the order of the writes
     */
    public Flux<WriteResult> writeAll(List<LocalWrite> writes) {
        Flux<WriteResult> written = Flux.defer(() -> {
            List<Caller> callers = new ArrayList<>(writes.size());
            List<Mono<WriteResult>> results = new ArrayList<>(writes.size());
            for (int i = 0; i < writes.size(); i++) {
                Sinks.One<WriteResult> sink = Sinks.one();
                Caller caller = new Caller(sink::tryEmitValue, sink::tryEmitError);
                callers.add(caller);
                results.add(sink.asMono().doOnCancel(caller::leave));
            }
            lane.submit(new Submission(writes, callers));
            return Flux.mergeSequential(results, Math.max(1, results.size()), 1);
        });
        return journal.keepsRecords() ? ready().thenMany(written) : written;
    }

    /** A write takes its place behind those that were kept, so it waits until they are known. */
    private Mono<Void> ready() {
        return Mono.defer(() -> ready.asMono());
    }

    /** Writes that are taken together or not at all, and who waits for the result of each. */
    private record Submission(List<LocalWrite> writes, List<Caller> callers) {
        boolean dependsOnRecords() {
            for (int i = 0; i < writes.size(); i++) { // Without an iterator: most submissions are one write.
                if (writes.get(i).change() != null) {
                    return true;
                }
            }
            return false;
        }

        void fail(Throwable error) {
            callers.forEach(caller -> caller.fail(error));
        }
    }

    /** What was applied for a submission. */
    private record Accepted(Submission submission, List<Applied> applied) {}

    /** Applies what has been submitted, and sends it when all of it is durable. */
    private void accept(List<Submission> submissions) {
        List<Accepted> accepted = new ArrayList<>(submissions.size());
        for (Submission submission : submissions) {
            Mono<Void> missing = stamps == null && !submission.dependsOnRecords() ? null : missing(submission);
            if (missing != null) {
                missing.subscribe(unused -> {}, submission::fail, () -> lane.submit(submission));
                continue;
            }
            List<Applied> applied = new ArrayList<>(submission.writes().size());
            try {
                apply(submission, applied);
                accepted.add(new Accepted(submission, applied));
            } catch (RuntimeException e) {
                submission.fail(e);
            }
        }
        records.flushLists();
        counted(); // Before anybody hears of a write: who knows of one that is queued finds it counted.
        journal.commit(failure -> {
            if (failure == null) {
                accepted.forEach(
                        each -> each.applied().forEach(write -> write.durable().run()));
            } else {
                // What could not be kept must not look as if it were.
                for (int i = accepted.size() - 1; i >= 0; i--) {
                    undo(accepted.get(i).applied());
                    accepted.get(i).submission().fail(WriteRefusal.notDurable(failure));
                }
                records.flush();
            }
            counted();
        });
    }

    private @Nullable Mono<Void> missing(Submission submission) {
        return submission.writes().stream()
                .map(write -> loading.apply(write.scope()))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private void apply(Submission submission, List<Applied> applied) {
        if (submission.writes().size() == 1) {
            LocalWrite write = submission.writes().get(0);
            List<LocalWrite> expanded = rules.expand(write, records);
            if (expanded.size() == 1) {
                applied.add(apply(expanded.get(0), submission.callers(), Set.of()));
                return;
            }
        }
        records.batch(() -> {
            try {
                applyAll(submission.writes(), submission.callers(), applied);
            } catch (RuntimeException e) {
                undo(applied);
                throw e;
            }
        });
    }

    private void applyAll(List<LocalWrite> writes, List<Caller> callers, List<Applied> applied) {
        for (int i = 0; i < writes.size(); i++) {
            LocalWrite write = writes.get(i);
            Set<RecordKey> entailed = new LinkedHashSet<>();
            for (LocalWrite each : rules.expand(write, records)) {
                boolean asked = each.key().equals(write.key());
                List<Caller> told = asked ? List.of(callers.get(i)) : List.of();
                applied.add(apply(each, told, asked ? entailed : Set.of()));
                if (!asked) {
                    entailed.add(each.key());
                }
            }
        }
    }

    /** A write that was applied to memory: what follows when it is durable, and how it is taken back. */
    private record Applied(Runnable durable, Runnable undo) {}

    private Applied applyHereOnly(LocalWrite write, List<Caller> callers) {
        RecordKey key = write.key();
        StoredRecord before = records.get(key);
        if (before == null && write.kind() != WriteKind.CREATE) {
            throw WriteRefusal.notFound(key);
        }
        ObjectNode after = PendingRecord.apply(
                before == null ? null : Json.readObject(before.json()), write.kind(), write.payload());
        if (after == null) {
            records.remove(key, Origin.LOCAL);
        } else {
            records.put(new StoredRecord(key, write.scope(), NO_VERSION, Json.write(after)), Origin.LOCAL);
        }
        return new Applied(
                () -> callers.forEach(caller -> caller.succeed(new WriteResult(WriteResult.Status.LOCAL, after))),
                () -> {
                    if (before == null) {
                        records.remove(key, Origin.ROLLBACK);
                    } else {
                        records.put(before, Origin.ROLLBACK);
                    }
                });
    }

    /** The server need not hear of a change that changes nothing. */
    private Applied leaveAsItIs(LocalWrite write, List<Caller> callers) {
        StoredRecord seen = records.shown(write.key());
        if (seen == null) {
            throw WriteRefusal.notFound(write.key());
        }
        WriteResult.Status status;
        if (localOnly.contains(write.key().entity())) {
            status = WriteResult.Status.LOCAL;
        } else {
            status = records.isPending(write.key()) ? WriteResult.Status.QUEUED : WriteResult.Status.SYNCED;
        }
        WriteResult result = new WriteResult(status, Json.readObject(seen.json()));
        return new Applied(() -> callers.forEach(caller -> caller.succeed(result)), () -> {});
    }

    private Applied apply(LocalWrite write, List<Caller> callers, Set<RecordKey> earlier) {
        if (write.isIdle()) {
            return leaveAsItIs(write, callers);
        }
        if (localOnly.contains(write.key().entity())) {
            return applyHereOnly(write, callers);
        }
        if (count >= bound) {
            throw WriteRefusal.queueFull(bound);
        }
        WriteStamps mode = stamps;
        if (mode != null) {
            return applyStamped(mode, write, callers, earlier);
        }
        PendingRecord record = pend(write.key(), write.scope());
        PendingWrite row = PendingWrite.of(
                nextSequence++, write.key(), write.scope(), write.kind(), Json.write(write.payload()), user.get());
        QueuedWrite queued = new QueuedWrite(row, callers, earlier);
        StoredRecord before = record.writes().isEmpty() ? record.server() : shown(record);
        Shown after = record.shownAfter(before, write.kind(), write.payload());
        StoredRecord visible = after == null ? null : after.record();
        record.writes().addLast(queued);
        count++;
        queue.add(record, write.scope());
        journal.put(row);
        if (record.announce() || !Objects.equals(before, visible)) {
            records.show(write.key(), visible, Origin.LOCAL);
        }
        return new Applied(
                () -> {
                    queued.durable();
                    send(record, after);
                },
                () -> takeBack(record, queued));
    }

    private Applied applyStamped(WriteStamps mode, LocalWrite write, List<Caller> callers, Set<RecordKey> earlier) {
        RecordKey key = write.key();
        List<Stamped> steps = mode.stamp(write, records.server(key));
        PendingRecord record = pend(key, write.scope());
        Deque<QueuedWrite> added = new ArrayDeque<>();
        for (Stamped step : steps) {
            boolean last = added.size() == steps.size() - 1;
            PendingWrite row = PendingWrite.of(
                            nextSequence++, key, step.scope(), step.kind(), step.payload(), user.get())
                    .over(step.before());
            QueuedWrite queued = new QueuedWrite(row, last ? callers : List.of(), earlier);
            added.push(queued);
            record.writes().addLast(queued);
            count++;
            queue.add(record, step.scope());
            journal.put(row);
            mode.apply(key, step);
        }
        return new Applied(
                () -> {
                    added.forEach(QueuedWrite::durable);
                    queue.send(record);
                },
                () -> added.forEach(queued -> {
                    mode.revert(queued.write());
                    takeBack(record, queued);
                }));
    }

    private void send(PendingRecord record, @Nullable Shown after) {
        justApplied = after;
        queue.send(record);
        justApplied = null;
    }

    private void takeBack(PendingRecord record, QueuedWrite queued) {
        if (record.writes().remove(queued)) {
            count--;
            journal.remove(queued.write());
            queue.forget(record);
            records.refresh(record, Origin.ROLLBACK);
        }
    }

    private static void undo(List<Applied> applied) {
        for (int i = applied.size() - 1; i >= 0; i--) {
            applied.get(i).undo().run();
        }
    }

    /** What is visible of a record; where its scope is closed, that must be worked out. */
    private @Nullable StoredRecord shown(PendingRecord record) {
        StoredRecord visible = records.get(record.key());
        return visible == null ? record.shown() : visible;
    }

    /**
     * Takes up the writes that an earlier run left behind.
     *
     * @param kept the writes, in order
     */
    public void restore(List<PendingWrite> kept) {
        for (PendingWrite write : kept) {
            nextSequence = Math.max(nextSequence, write.sequence() + 1);
            if (isOurs(write)) {
                PendingRecord record = pend(write.key(), write.scope());
                QueuedWrite queued = new QueuedWrite(write, List.of(), Set.of());
                queued.durable();
                queued.queued(null);
                record.writes().addLast(queued);
                queue.add(record, write.scope());
                count++;
            } else {
                ofOthers.add(write);
            }
        }
        List.copyOf(all()).forEach(record -> records.refresh(record, Origin.STORED));
        records.flush();
        counted();
    }

    /** Takes writes from now on: all that was kept is restored. */
    public void restored() {
        if (ready.tryEmitEmpty().isFailure()) { // An earlier attempt to read what was kept had failed.
            Sinks.Empty<Void> opened = Sinks.empty();
            opened.tryEmitEmpty();
            ready = opened;
        }
    }

    /**
     * Refuses every write until what was kept has been read all the same.
     *
     * @param why what was kept could not be read
     */
    public void unusable(Throwable why) {
        ready.tryEmitError(why);
    }

    /**
     * Begins to send what is pending, in order.
     *
     * @param sender sends
     * @param compared completes on the worker when the open scopes have been compared with the server: what waited for the
     *     connection is sent after that
     */
    public void connected(WriteSender sender, Mono<Void> compared) {
        queue.connected(sender, compared);
    }

    /** Sends nothing from now on. */
    public void disconnected() {
        queue.disconnected();
    }

    /**
     * Puts away the writes of the user who was authenticated; they stay kept. Those of the one who is authenticated now are
     * taken up.
     */
    public void userChanged() {
        claim();
        boolean allOurs =
                all().stream().flatMap(record -> record.writes().stream()).allMatch(queued -> isOurs(queued.write()));
        if (allOurs && ofOthers.stream().noneMatch(this::isOurs)) {
            return;
        }
        List<PendingWrite> all = new ArrayList<>(ofOthers);
        for (PendingRecord record : all()) {
            record.writes().forEach(queued -> all.add(queued.write()));
        }
        queue.clear();
        ofOthers.clear();
        count = 0;
        records.forgetPending(Origin.ROLLBACK);
        all.sort(Comparator.comparingLong(PendingWrite::sequence));
        restore(all);
    }

    /** What was written before anyone was known is the first user's, and stays theirs after they log out. */
    private void claim() {
        String writer = user.get();
        if (writer == null) {
            return;
        }
        for (PendingRecord record : all()) {
            for (QueuedWrite queued : record.writes()) {
                if (queued.write().user() == null) {
                    queued.write(queued.write().by(writer));
                    journal.put(queued.write());
                }
            }
        }
        journal.commit();
    }

    /** A write from before anyone was known belongs to whoever logs in: with tickets, that is known from the first connection on. */
    private boolean isOurs(PendingWrite write) {
        return write.user() == null || Objects.equals(write.user(), user.get());
    }

    /**
     * Sends parked writes again.
     *
     * @return how many
     */
    public int retryParked() {
        return queue.unpark();
    }

    /**
     * How many writes the server has not settled. Any thread.
     *
     * @return the number now and after each change of it; the newest one for a slow subscriber
     */
    public Flux<Integer> counts() {
        return counts.asFlux().onBackpressureLatest().distinctUntilChanged();
    }

    /** Ends {@link #counts()}. */
    public void close() {
        lane.close();
        queue.clear();
        counts.tryEmitComplete();
    }

    /** {@return the newest of {@link #counts()}} Any thread. */
    public int count() {
        return counted;
    }

    private void counted() {
        counted = count;
        counts.tryEmitNext(count);
    }

    private void removeFirst(PendingRecord record) {
        QueuedWrite first = record.writes().removeFirst();
        journal.remove(first.write());
        count--;
    }

    /** Settles writes as the queue learns their fate. */
    private final class Settling implements WriteQueue.Settlement {
        @Override
        public void settled(PendingRecord record, QueuedWrite first, WriteOutcome outcome) {
            if (outcome instanceof WriteOutcome.Done done) {
                removeFirst(record);
                records.refresh(record, Origin.LOCAL);
                first.synced(done.record());
            } else if (outcome instanceof WriteOutcome.Rejected rejected) {
                reject(record, first, rejected);
            }
            records.flush();
            counted();
        }

        private void reject(PendingRecord record, QueuedWrite first, WriteOutcome.Rejected rejected) {
            StoredRecord localCopy = shown(record);
            WriteStamps mode = stamps;
            if (mode != null) {
                mode.revert(first.write());
            }
            List<QueuedWrite> undone = new ArrayList<>(List.of(first));
            removeFirst(record);
            // What was written on top of a record that will never be is not about anything; until it begins anew.
            boolean refused = first.write().kind() == WriteKind.CREATE;
            boolean ends = mode == null && (refused || rejected.reason() == Rejection.Reason.DELETED_MEANWHILE);
            while (ends && !record.writes().isEmpty()) {
                QueuedWrite next = record.writes().getFirst();
                // A delete of what somebody deleted is done; one of what was never created would hit somebody else's.
                ends = next.write().kind() == WriteKind.UPDATE;
                if (ends || (refused && next.write().kind() == WriteKind.DELETE)) {
                    undone.add(next);
                    removeFirst(record);
                }
            }
            records.refresh(record, Origin.ROLLBACK);
            StoredRecord now = records.get(record.key());
            for (QueuedWrite write : undone) {
                if (!write.failed(rejected.error())) {
                    listener.rejected(
                            new WriteRejection(write.write(), rejected.reason(), rejected.error(), localCopy, now));
                }
            }
        }

        @Override
        public void folded(QueuedWrite gone) {
            journal.remove(gone.write());
            count--;
        }

        @Override
        public void postponed(PendingRecord record, QueuedWrite write) {
            if (write.isDurable()) { // Otherwise it is told when it is.
                write.queued(write.hasCallers() ? data(shown(record)) : null);
            }
        }

        private @Nullable ObjectNode data(@Nullable StoredRecord visible) {
            Shown applied = justApplied;
            if (visible == null || applied == null || !applied.record().equals(visible)) {
                return visible == null ? null : Json.readObject(visible.json());
            }
            justApplied = null; // The tree is one caller's own.
            return applied.data();
        }

        @Override
        public void parked(PendingRecord record, QueuedWrite write, Throwable why) {
            listener.parked(write.write(), why);
        }
    }
}
