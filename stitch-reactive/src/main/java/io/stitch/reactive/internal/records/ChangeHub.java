package io.stitch.reactive.internal.records;

import io.stitch.reactive.MutationOverflowException;
import io.stitch.reactive.RecordEvent.Operation;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.Subscribers;
import io.stitch.reactive.spi.RecordChange;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.StoredRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;
import reactor.core.publisher.BufferOverflowStrategy;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.scheduler.Scheduler;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Fans the changes of one scope out to its subscribers, each at its own pace.
 *
 * <p>Threading: {@link #emit} and both {@code complete} methods are called by one serial worker, and the scheduler that
 * is handed to {@link #conflated} and {@link #mutations} runs its tasks on that same worker, in order. So a subscriber
 * misses no change and gets none twice between the snapshot and its registration. Subscribing, requesting, cancelling and
 * the counters are safe from any thread. A change is delivered on the serial worker, or on the thread that requests it;
 * a subscriber that blocks moves away from the worker with {@code publishOn(scheduler, 1)} (a larger prefetch takes that
 * many changes out of conflation).
 *
 * <p>A subscriber that throws from {@code onNext} loses its own subscription and disturbs no other. A conflated one gets
 * what it threw as its error. One to every change gets no signal, because the operators in between cannot give it one any
 * more: it is deregistered at once if it threw on the worker, and when its buffer is full if it threw on the thread that
 * requested.
 */
public final class ChangeHub {
    private static final Logger log = LoggerFactory.getLogger(ChangeHub.class);

    private final List<Registration> registrations = new CopyOnWriteArrayList<>();
    private final LongAdder conflated = new LongAdder();
    private final Predicate<RecordKey> pending;
    private final StoreObserver observer;
    private volatile boolean completed;

    /** Makes a hub without subscribers, of records without pending writes. */
    public ChangeHub() {
        this(key -> false, StoreObserver.NONE);
    }

    /**
     * Makes a hub without subscribers.
     *
     * @param pending tells whether a record has pending writes; asked on the worker, for each record of a snapshot
     * @param observer is told of what happens to changes
     */
    ChangeHub(Predicate<RecordKey> pending, StoreObserver observer) {
        this.pending = pending;
        this.observer = observer;
    }

    /**
     * Hands a change to every registered subscriber. Never blocks and never fails because of a subscriber. Called on the
     * serial worker.
     *
     * @param change the change
     */
    public void emit(RecordChange change) {
        for (Registration registration : registrations) {
            guarded(registration, () -> registration.next(change));
        }
    }

    /**
     * {@return whether it has ended} Any thread.
     */
    boolean isCompleted() {
        return completed;
    }

    /**
     * Completes every subscriber, after what is still undelivered to it, and those that come later at once. Called on the
     * serial worker.
     */
    public void complete() {
        completed = true;
        registrations.forEach(this::end);
    }

    /**
     * Completes the subscribers that were registered with this owner, after what is still undelivered to them. Others go
     * on, and so does one that is registered with this owner later. Called on the serial worker.
     *
     * @param owner the owner, compared with {@code equals}
     */
    public void complete(Object owner) {
        for (Registration registration : registrations) {
            if (registration.owner().equals(owner)) {
                end(registration);
            }
        }
    }

    /**
     * {@return what is there, as {@code CREATED} changes of origin {@code STORED}, then the changes, at most one
     * undelivered change per record}
     *
     * <p>Hot: each subscriber gets the snapshot of the moment when it is registered on the serial worker, then every
     * change after it.
     *
     * <p>Backpressure: obeyed. A change that was not requested yet waits; a newer one of the same record is folded into it
     * and keeps its place. So the memory of a subscriber is bounded by the number of records, it never overflows, and a
     * slow subscriber gets the newest state instead of all the ones in between. Cancelling frees that memory.
     *
     * <p>Errors: whatever the snapshot throws; {@link IllegalArgumentException} if the subscriber requests less than one;
     * {@link RejectedExecutionException} if the worker has been shut down.
     *
     * @param snapshot the records that are there; called on the serial worker, once per subscriber
     * @param serial runs tasks on the serial worker
     * @param owner whom {@link #complete(Object)} completes it with
     */
    public Flux<RecordChange> conflated(
            Supplier<? extends Collection<StoredRecord>> snapshot, Scheduler serial, Object owner) {
        Objects.requireNonNull(snapshot, "snapshot is null: pass the supplier of the records that are there");
        requireWorkerAndOwner(serial, owner);
        return ConflatedChanges.of(this, snapshot, serial, owner);
    }

    /**
     * {@return every change, in order, from the registration of the subscriber on}
     *
     * <p>Hot, without a snapshot: a change before the registration, which happens on the serial worker, is not seen.
     *
     * <p>Backpressure: obeyed, with a buffer of {@code bufferSize} changes per subscriber. If it is full when one more
     * change comes, the subscriber is deregistered, gets the buffered changes as it requests them, and then
     * {@link MutationOverflowException}. Cancelling frees the buffer.
     *
     * <p>Errors: {@link MutationOverflowException}; {@link RejectedExecutionException} if the worker has been shut down.
     *
     * @param bufferSize how many changes may wait, at least 1
     * @param serial runs tasks on the serial worker
     * @param owner whom {@link #complete(Object)} completes it with
     */
    public Flux<RecordChange> mutations(int bufferSize, Scheduler serial, Object owner) {
        if (bufferSize < 1) {
            throw new IllegalArgumentException("bufferSize is " + bufferSize
                    + ": pass how many changes may wait for a slow subscriber, at least 1");
        }
        requireWorkerAndOwner(serial, owner);
        // IGNORE, because the buffer behind it requests without bound and does the counting.
        return Flux.<RecordChange>push(sink -> connect(sink, serial, owner), FluxSink.OverflowStrategy.IGNORE)
                .onBackpressureBuffer(bufferSize, BufferOverflowStrategy.ERROR)
                .onErrorMap(Exceptions::isOverflow, e -> new MutationOverflowException(bufferSize, e));
    }

    /**
     * {@return how many subscribers are registered now} One that was completed but still has changes to take no longer
     * counts.
     */
    public int subscriberCount() {
        return registrations.size();
    }

    /**
     * {@return how many changes were folded into an undelivered one so far, over all subscribers}
     */
    public long conflatedCount() {
        return conflated.sum();
    }

    /** Registers a subscriber on the serial worker, so that no change comes between its snapshot and its registration. */
    void admit(Registration registration, Scheduler serial) {
        if (completed) {
            registration.end();
            return;
        }
        try {
            serial.schedule(() -> guarded(registration, () -> register(registration)));
        } catch (RejectedExecutionException e) {
            registration.fail(e);
        }
    }

    /** What a subscriber who comes now is told of a record that is there. */
    RecordChange stored(StoredRecord record) {
        return new RecordChange(Operation.CREATED, record, Origin.STORED, pending.test(record.key()));
    }

    void remove(Registration registration) {
        registrations.remove(registration);
    }

    void countConflated() {
        conflated.increment();
        observer.conflated();
    }

    private void register(Registration registration) {
        if (completed) {
            registration.end();
            return;
        }
        registrations.add(registration);
        if (registration.isOver()) { // Cancelled before it was added, so its removal found nothing.
            registrations.remove(registration);
            return;
        }
        registration.start();
    }

    private void end(Registration registration) {
        registrations.remove(registration);
        guarded(registration, registration::end);
    }

    /** Keeps what one subscriber throws away from the others and from the worker. */
    private void guarded(Registration registration, Runnable signal) {
        try {
            signal.run();
        } catch (Throwable e) {
            Subscribers.throwIfFatal(e);
            registrations.remove(registration);
            log.warn("A subscriber threw instead of handling a signal; its subscription is cancelled", e);
            registration.abandon();
        }
    }

    private void connect(FluxSink<RecordChange> sink, Scheduler serial, Object owner) {
        SinkRegistration registration = new SinkRegistration(sink, owner);
        sink.onDispose(() -> remove(registration));
        admit(registration, serial);
    }

    private static void requireWorkerAndOwner(Scheduler serial, Object owner) {
        Objects.requireNonNull(serial, "serial is null: pass the scheduler of the worker that calls emit");
        Objects.requireNonNull(owner, "owner is null: pass the object to complete the subscription with");
    }

    /** One subscriber as the hub sees it. All but {@link #isOver} and {@link #fail} is called on the serial worker. */
    interface Registration {
        Object owner();

        /** Begins, before any {@link #next}. */
        void start();

        void next(RecordChange change);

        /** Completes after what is undelivered. */
        void end();

        /** Ends with an error. */
        void fail(Throwable error);

        /** Stops without a signal: the subscriber cannot take one. */
        void abandon();

        /** {@return whether it was cancelled or has ended} */
        boolean isOver();
    }

    /** A subscriber to every change: all the rest is done by the operators behind the sink. */
    private static final class SinkRegistration implements Registration {
        private final FluxSink<RecordChange> sink;
        private final Object owner;

        SinkRegistration(FluxSink<RecordChange> sink, Object owner) {
            this.sink = sink;
            this.owner = owner;
        }

        @Override
        public Object owner() {
            return owner;
        }

        @Override
        public void start() {}

        @Override
        public void next(RecordChange change) {
            sink.next(change);
        }

        @Override
        public void end() {
            sink.complete();
        }

        @Override
        public void fail(Throwable error) {
            sink.error(error);
        }

        @Override
        public void abandon() {}

        @Override
        public boolean isOver() {
            return sink.isCancelled();
        }
    }
}
