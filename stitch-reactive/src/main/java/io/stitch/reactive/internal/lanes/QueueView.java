package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.DropResult;
import io.stitch.reactive.QueuedWrite;
import io.stitch.reactive.QueuedWrite.Behind;
import io.stitch.reactive.QueuedWrite.State;
import io.stitch.reactive.internal.Subscribers;
import io.stitch.reactive.internal.intake.InOrder;
import io.stitch.reactive.internal.intake.Submission;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * The pending writes of the current user one by one, and what can be done about one of them. What is asked runs on the worker, and does not
 * overtake a write that was subscribed before.
 */
public final class QueueView {
    /** A list costs the worker some microseconds for each write, so it is not made anew for each change while many are settled. */
    private static final Duration PAUSE = Duration.ofMillis(20);

    private static final Duration PAUSE_FOR_EACH = Duration.ofNanos(10_000);
    /** No set of records in particular: it waits until what was kept is there. */
    private static final Set<String> ANYTHING_KEPT = Set.of("");

    private final Lanes lanes;
    private final WriteQueue queue;
    private final Dropping dropping;
    private final InOrder order;
    private final Scheduler serial;
    private final WireSchema schema;
    private final Sinks.Many<Integer> changes = Sinks.many().multicast().directBestEffort();

    QueueView(RecordStore records, Lanes lanes, WriteQueue queue, Dropping dropping, InOrder order, Scheduler serial) {
        this.lanes = lanes;
        this.queue = queue;
        this.dropping = dropping;
        this.order = order;
        this.serial = serial;
        this.schema = records.scopeKeys().schema();
    }

    /** Something may be another than it was. On the worker. */
    void changed() {
        if (changes.currentSubscriberCount() > 0) {
            Subscribers.tell(() -> changes.tryEmitNext(0));
        }
    }

    void end() {
        changes.tryEmitComplete();
    }

    /**
     * Lists what is pending, now and after each change. Any thread.
     *
     * @param also each signal of which is a change, too
     * @param loginNeeded whether there is no connection because the login is not valid
     * @param told what becomes of an error
     * @return the lists, in the order of writing; the newest one for a slow subscriber
     */
    public Flux<List<QueuedWrite>> lists(
            Publisher<?> also, BooleanSupplier loginNeeded, UnaryOperator<Throwable> told) {
        Mono<Void> ended = changes.asFlux().ignoreElements().then();
        return Mono.firstWithSignal(order.taken().onErrorComplete(RejectedExecutionException.class), ended)
                .thenMany(Flux.merge(changes.asFlux(), Flux.from(also).map(signal -> 0), Mono.just(0))
                        .onBackpressureLatest()
                        .concatMap(turn -> listThenRest(loginNeeded, told), 1)
                        .takeUntilOther(ended))
                .distinctUntilChanged()
                .onBackpressureLatest()
                // A closed store has no worker any more, and nothing to list.
                .onErrorComplete(RejectedExecutionException.class);
    }

    private Flux<List<QueuedWrite>> listThenRest(BooleanSupplier loginNeeded, UnaryOperator<Throwable> told) {
        return Mono.fromSupplier(() -> list(loginNeeded, told))
                .subscribeOn(serial)
                .flatMapMany(list -> Flux.concat(
                        Mono.just(list),
                        Mono.delay(PAUSE.plus(PAUSE_FOR_EACH.multipliedBy(list.size())), serial)
                                .then(Mono.empty())));
    }

    private List<QueuedWrite> list(BooleanSupplier loginNeeded, UnaryOperator<Throwable> told) {
        List<QueuedWrite> list = new ArrayList<>(lanes.ours());
        boolean login = loginNeeded.getAsBoolean();
        for (Lane lane : lanes.all()) {
            if (!lane.isHereOnly()) {
                lane.ours().forEach(row -> list.add(shown(lane, row, login, told)));
            }
        }
        list.sort(Comparator.comparingLong(QueuedWrite::sequence));
        return List.copyOf(list);
    }

    private QueuedWrite shown(Lane lane, Row row, boolean login, UnaryOperator<Throwable> told) {
        PendingWrite write = row.write();
        RecordKey key = write.key();
        State state = state(lane, row, login);
        Throwable failure = row.failure();
        boolean scoped = key.entity().equals(schema.root()) || schema.children().containsKey(key.entity());
        return new QueuedWrite(
                row.sequence(),
                key.entity(),
                key.id(),
                scoped ? write.scope() : null,
                write.kind(),
                write.writtenAt() == 0 ? null : Instant.ofEpochMilli(write.writtenAt()),
                row.attempts(),
                state,
                state == State.BEHIND ? behind(lane, row) : null,
                dropping.isInDoubt(lane, row),
                failure == null ? null : told.apply(failure),
                row.tag());
    }

    private State state(Lane lane, Row row, boolean login) {
        Turn turn = lane.turn;
        if (turn.underWay.contains(row)) {
            return State.SENDING;
        }
        if (!row.isDurable()) {
            return State.KEEPING;
        }
        boolean first = row.equals(lane.firstOfOurs());
        if (turn.state == Turn.State.PARKED) {
            return first ? State.PARKED : State.BEHIND;
        }
        if (!queue.isConnected()) {
            return login ? State.LOGIN : State.OFFLINE;
        }
        if (!first) {
            return State.BEHIND;
        }
        return switch (turn.state) {
            case BLOCKED -> State.BEHIND;
            case WAITING -> State.RETRYING;
            case PARKED -> State.PARKED;
            case IDLE, READY, UNDER_WAY -> queue.isHeld() ? State.COMPARING : State.IN_LINE;
        };
    }

    private static Behind behind(Lane lane, Row row) {
        RecordKey blocker = row.equals(lane.firstOfOurs()) ? lane.turn.blocker : null;
        RecordKey key = blocker == null ? lane.key() : blocker;
        return new Behind(key.entity(), key.id());
    }

    /**
     * Undoes a write that was never sent, and what depends on it. Cold.
     *
     * @param sequence names it
     * @return what became of it, when that is on disk
     */
    public Mono<DropResult> drop(long sequence) {
        return Mono.create(sink -> order.submit(
                Submission.of(() -> dropping.drop(sequence, sink::success, sink::error), List.copyOf(ANYTHING_KEPT))));
    }

    /**
     * Sends a write now that is parked or waits for its time. Cold.
     *
     * @param sequence names it
     * @return whether it was one of these
     */
    public Mono<Boolean> retry(long sequence) {
        return Mono.create(sink -> order.submit(Submission.of(
                () -> {
                    @Nullable Lane lane = dropping.laneOf(sequence);
                    sink.success(lane != null && queue.retry(lane));
                },
                List.copyOf(ANYTHING_KEPT))));
    }
}
