package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.intake.Caller;
import io.stitch.reactive.internal.intake.InOrder;
import io.stitch.reactive.internal.intake.Submission;
import io.stitch.reactive.internal.lanes.Lanes.Users;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.internal.writes.LocalWrite;
import io.stitch.reactive.internal.writes.WriteRefusal;
import io.stitch.reactive.internal.writes.WriteRejection;
import io.stitch.reactive.internal.writes.WriteResult;
import io.stitch.reactive.internal.writes.WriteRules;
import io.stitch.reactive.internal.writes.WriteSender;
import io.stitch.reactive.internal.writes.WriteStamps;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The writes that the server has not settled: applied to memory at once, kept with the record in one transaction, sent in order, and settled
 * or undone by the server's answer. Each is a {@link Row} in the {@link Lane} of its record; what happens to it (its batch was written or
 * failed, it was answered, somebody else logged in, the store ends) is told to that row.
 *
 * <p>Threading: {@link #write}, {@link #writeAll} and {@link #inOrder} may be called anywhere; everything else runs on the store's worker.
 */
public final class PendingWrites {
    private final RecordStore records;
    private final Journal journal;
    private final Users users;
    private final Lanes lanes;
    private final Taking taking;
    private final Settling settling;
    private final WriteQueue queue;
    private final Keeping keeping;
    private final InOrder order;
    private final Listener listener;
    private final QueueView view;
    private final PendingCounts counts;
    private boolean restored;
    private boolean kept;
    private boolean stopped;

    /** Hears what becomes of writes whose callers were told something else, or went away. */
    public interface Listener {
        /**
         * A write was undone, and nobody was waiting for its result.
         *
         * @param rejection what was undone and why
         */
        void rejected(WriteRejection rejection);

        /**
         * A write that an earlier run left behind cannot be taken up, and stays where it is.
         *
         * @param write the write
         * @param why what is wrong with it
         */
        void setAside(PendingWrite write, Throwable why);

        /**
         * A write failed too often to be sent again by itself.
         *
         * @param write the write
         * @param why the last failure
         */
        void parked(PendingWrite write, Throwable why);

        /**
         * Writes waited for one another, and one of them goes first all the same.
         *
         * @param circle the records, the one that goes first first
         */
        void outOfOrder(List<RecordKey> circle);
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
     * @param user who writes, or {@code null}; asked on any thread
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
        this.users = new Users(user);
        this.lanes = new Lanes(records, Set.copyOf(localOnly), users);
        this.settling = new Settling(records, journal, lanes, listener, this::counted);
        this.queue = new WriteQueue(
                serial,
                lanes,
                new WriteOrder(lanes, users, records.scopeKeys()),
                new Noting(journal, lanes, clock, this::counted),
                settling,
                this::moved);
        this.taking = new Taking(records, journal, rules, lanes, bound, queue::versionsRise, clock);
        this.keeping = new Keeping(records, journal, lanes, taking, settling, queue, this::counted);
        this.listener = listener;
        this.order = new InOrder(serial, bound, journal.keepsRecords(), keeping);
        this.counts = new PendingCounts(lanes, order, serial);
        this.view = new QueueView(
                records,
                lanes,
                queue,
                new Dropping(records, journal, lanes, taking, queue, listener, this::counted),
                order,
                serial);
    }

    // ---- what a mode says ----

    /**
     * Has writes stamped, which makes them part of the records at once. To be called before anything is restored or written.
     *
     * @param mode stamps them
     */
    public void stampedBy(WriteStamps mode) {
        taking.stampedBy(mode);
        settling.stampedBy(mode);
        lanes.stamped();
    }

    /**
     * Has writes wait for the records that they are about, while those are being read from disk.
     *
     * @param isLoading tells on the worker whether a set of records is being read
     */
    public void waitFor(Predicate<String> isLoading) {
        order.waitFor(isLoading);
    }

    /** A set of records was read, or will not be. On the worker. */
    public void loaded() {
        order.loaded();
    }

    /**
     * The writes of a set of records that others have not been told of. On the worker.
     *
     * @param scope its key
     * @return the writes, in the order of their sequences
     */
    public List<PendingWrite> pendingIn(String scope) {
        return lanes.writesIn(scope);
    }

    // ---- writing ----

    /**
     * Writes. Cold; each subscription writes once, as whoever is authenticated when it is made. Cancelling stops waiting for the result, not
     * the write.
     *
     * @param write the write
     * @return that the server has it, or that it is durably queued; a {@link WriteRefusal} if it breaks a rule here
     */
    public Mono<WriteResult> write(LocalWrite write) {
        return Mono.create(sink -> {
            Caller caller = new Caller(sink::success, sink::error);
            sink.onCancel(caller::leave);
            order.submit(Submission.of(List.of(write.captured()), List.of(caller), users.current()));
        });
    }

    /**
     * Writes several records at once: all of them or, if one breaks a rule here, none. Subscribers see one change per record, the queue sees
     * each write. Cold.
     *
     * @param writes the writes, in order
     * @return the results, in the order of the writes
     */
    public Flux<WriteResult> writeAll(List<LocalWrite> writes) {
        return Flux.defer(() -> {
            List<Caller> callers = new ArrayList<>(writes.size());
            List<Mono<WriteResult>> results = new ArrayList<>(writes.size());
            for (int i = 0; i < writes.size(); i++) {
                Sinks.One<WriteResult> sink = Sinks.one();
                Caller caller = new Caller(sink::tryEmitValue, sink::tryEmitError);
                callers.add(caller);
                results.add(sink.asMono().doOnCancel(caller::leave));
            }
            order.submit(Submission.of(writes.stream().map(LocalWrite::captured).toList(), callers, users.current()));
            return Flux.mergeSequential(results, Math.max(1, results.size()), 1);
        });
    }

    /**
     * {@return runs tasks on the worker, none of which overtakes a write that was subscribed before it was handed over} A task for later, or
     * for again and again, is the worker's as always.
     */
    public Scheduler inOrder() {
        return order;
    }

    /**
     * Does something that must not overtake the writes of sets of records, though those wait for them to be read from disk. Any thread.
     *
     * @param scopes the keys of the sets of records
     * @param task runs on the worker
     * @throws java.util.concurrent.RejectedExecutionException if the store has ended
     */
    public void inOrder(Set<String> scopes, Runnable task) {
        order.submit(Submission.of(task, List.copyOf(scopes)));
    }

    // ---- starting and ending ----

    /**
     * Takes up the writes that an earlier run left behind; only once, however often what was kept is read.
     *
     * @param kept the writes, in order
     * @param last the largest sequence that is in use; those to come are after it
     */
    public void restore(List<PendingWrite> kept, long last) {
        if (restored) {
            return;
        }
        restored = true;
        taking.after(last);
        for (PendingWrite write : kept) {
            try {
                taking.restore(write);
            } catch (RuntimeException unreadable) { // One that cannot be taken up keeps no other from it.
                listener.setAside(write, unreadable);
            }
        }
        for (Lane lane : List.copyOf(lanes.all())) {
            queue.restored(lane);
            records.pending().refresh(lane, Origin.STORED);
        }
        records.flush();
        counted();
    }

    /** Takes writes from now on: all that was kept is restored. */
    public void restored() {
        order.restored();
    }

    /**
     * Refuses every write until what was kept has been read all the same.
     *
     * @param why what was kept could not be read
     */
    public void unusable(Throwable why) {
        order.unusable(why);
    }

    /** A connection is there, and is about to be used: others may be told of what is pending, where that is in the records. */
    public void meeting() {
        lanes.connected(true);
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
        lanes.connected(false);
        queue.disconnected();
    }

    /**
     * The store is about to end, before its connection does: that a write waits for the next one would be no news to trust where it is not
     * kept.
     *
     * @param keeps whether what is kept stays kept
     */
    public void ending(boolean keeps) {
        settling.ending();
        kept = keeps && journal.keepsRecords();
        if (!kept) {
            settling.silent();
        }
    }

    /** Takes what was handed over before, and nothing any more, and sends nothing; what was taken is still kept. */
    public void stop() {
        order.close();
        stopped = true;
        counts.stop();
        queue.disconnected();
    }

    /** Ends for good, when what was taken is kept or could not be: whoever still waits is told. */
    public void end() {
        lanes.all().forEach(lane -> lane.rows().forEach(row -> row.ends(kept)));
        counts.end();
        view.end();
    }

    // ---- users ----

    /** Somebody else is authenticated: their writes are shown and sent, and the others' are out of sight, and stay kept. */
    public void userChanged() {
        claim();
        lanes.userChanged();
        for (Lane lane : List.copyOf(lanes.all())) {
            records.pending().refresh(lane, Origin.ROLLBACK);
        }
        queue.userChanged();
        records.flush();
        counted();
    }

    /** What goes nowhere else is forgotten, and so is what of it is being written. */
    public void forgetHereOnly() {
        lanes.all().stream()
                .filter(Lane::isHereOnly)
                .forEach(lane -> lane.rows().forEach(Row::forget));
    }

    /** What was written before anyone was known is the first user's, and stays theirs after they log out. */
    private void claim() {
        String writer = users.current();
        if (writer == null) {
            return;
        }
        for (Lane lane : lanes.all()) {
            for (Row row : lane.rows()) {
                if (row.write().user() == null && !lane.isHereOnly()) {
                    row.write(row.write().by(writer));
                    row.putInto(journal);
                }
            }
        }
        journal.commit();
    }

    // ---- what can be asked ----

    /** {@return what of the current user is pending, one by one, and what can be done about it} */
    public QueueView view() {
        return view;
    }

    /** {@return how many writes of the current user are pending} */
    public PendingCounts counts() {
        return counts;
    }

    private void moved() {
        if (!stopped) {
            view.changed();
        }
    }

    /**
     * Sends parked writes again.
     *
     * @return how many
     */
    public int retryParked() {
        return queue.unpark();
    }

    private void counted() {
        counts.changed();
        moved();
    }
}
