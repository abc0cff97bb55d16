package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.Subscribers;
import io.stitch.reactive.spi.RecordChange;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.Supplier;

/**
 * The conflated changes of a {@link ChangeHub}.
 *
 * <p>Written by hand because Reactor has no operator that conflates by key: {@code onBackpressureLatest} keeps one value
 * in all, {@code onBackpressureBuffer} keeps every one, {@code sample} and {@code groupBy} need time or a subscription per
 * key, and none of them can take back a waiting value.
 */
final class ConflatedChanges extends Flux<RecordChange> implements Scannable {
    private final ChangeHub hub;
    private final Supplier<? extends Collection<StoredRecord>> snapshot;
    private final Scheduler serial;
    private final Object owner;

    private ConflatedChanges(
            ChangeHub hub, Supplier<? extends Collection<StoredRecord>> snapshot, Scheduler serial, Object owner) {
        this.hub = hub;
        this.snapshot = snapshot;
        this.serial = serial;
        this.owner = owner;
    }

    static Flux<RecordChange> of(
            ChangeHub hub, Supplier<? extends Collection<StoredRecord>> snapshot, Scheduler serial, Object owner) {
        return onAssembly(new ConflatedChanges(hub, snapshot, serial, owner));
    }

    @Override
    public void subscribe(CoreSubscriber<? super RecordChange> actual) {
        Inner inner = new Inner(this, actual);
        actual.onSubscribe(inner);
        if (!inner.isOver()) {
            hub.admit(inner, serial);
        }
    }

    @Override
    @SuppressWarnings("rawtypes") // Reactor declares it so.
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.RUN_ON) {
            return serial;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }

    /**
     * One subscriber. The worker offers and the requester asks; whoever comes while the other is delivering leaves a mark
     * in {@code work} and the other goes round once more, so signals are serial and a request from {@code onNext} does not
     * recurse.
     */
    private static final class Inner implements Subscription, Scannable, ChangeHub.Registration {
        private static final AtomicLongFieldUpdater<Inner> REQUESTED =
                AtomicLongFieldUpdater.newUpdater(Inner.class, "requested");

        private final ConflatedChanges source;
        private final CoreSubscriber<? super RecordChange> actual;
        private final AtomicInteger work = new AtomicInteger();
        private final Object lock = new Object();

        /** Undelivered changes, oldest record first; null once the subscription is over. Guarded by the lock. */
        private @Nullable Map<RecordKey, RecordChange> pending = new LinkedHashMap<>();

        private volatile long requested;
        private volatile boolean ended; // No more changes will come; the pending ones still go out.
        private volatile boolean cancelled;
        private volatile boolean terminated;
        private volatile @Nullable Throwable failure;

        Inner(ConflatedChanges source, CoreSubscriber<? super RecordChange> actual) {
            this.source = source;
            this.actual = actual;
        }

        @Override
        public Object owner() {
            return source.owner;
        }

        @Override
        public void start() {
            Map<RecordKey, RecordChange> stored = new LinkedHashMap<>();
            try {
                for (StoredRecord record : source.snapshot.get()) {
                    stored.put(record.key(), source.hub.stored(record));
                }
            } catch (Throwable e) {
                Subscribers.throwIfFatal(e);
                fail(e);
                return;
            }
            synchronized (lock) {
                if (pending != null) {
                    pending = stored;
                }
            }
            drain();
        }

        @Override
        public void next(RecordChange change) {
            if (deliverAtOnce(change)) {
                return;
            }
            if (hold(change)) {
                source.hub.countConflated();
            }
            drain();
        }

        @Override
        public void end() {
            ended = true;
            drain();
        }

        @Override
        public void fail(Throwable error) {
            failure = error;
            release();
            drain();
        }

        @Override
        public void abandon() {
            cancel();
        }

        @Override
        public boolean isOver() {
            return cancelled || terminated;
        }

        @Override
        public void request(long n) {
            if (isOver()) {
                return;
            }
            if (n <= 0) {
                fail(new IllegalArgumentException(
                        "request(" + n + "): Reactive Streams rule 3.9 allows only numbers above 0"));
                return;
            }
            Operators.addCap(REQUESTED, this, n);
            drain();
        }

        @Override
        public void cancel() {
            cancelled = true;
            release();
        }

        private void release() {
            source.hub.remove(this);
            synchronized (lock) {
                pending = null;
            }
        }

        /** Adds a change to the pending ones; true if it was folded into one of them. */
        private boolean hold(RecordChange change) {
            RecordKey key = change.record().key();
            synchronized (lock) {
                if (pending == null) {
                    return false;
                }
                RecordChange earlier = pending.get(key);
                if (earlier == null) {
                    pending.put(key, change);
                    return false;
                }
                RecordChange folded = Conflation.fold(earlier, change);
                if (folded == null) {
                    pending.remove(key);
                } else {
                    pending.put(key, folded); // Keeps the place of the earlier one.
                }
                return true;
            }
        }

        private @Nullable RecordChange poll() {
            synchronized (lock) {
                if (pending == null || pending.isEmpty()) {
                    return null;
                }
                Iterator<RecordChange> oldest = pending.values().iterator();
                RecordChange change = oldest.next();
                oldest.remove();
                return change;
            }
        }

        private int pendingCount() {
            synchronized (lock) {
                return pending == null ? 0 : pending.size();
            }
        }

        /** Spares a change that nothing waits before and that was requested the way through the pending ones. */
        private boolean deliverAtOnce(RecordChange change) {
            if (requested == 0 || !work.compareAndSet(0, 1)) {
                return false;
            }
            boolean free = !isOver() && failure == null && requested > 0 && pendingCount() == 0;
            if (free) {
                send(change);
                if (requested != Long.MAX_VALUE) {
                    Operators.produced(REQUESTED, this, 1);
                }
            }
            drainLoop();
            return free;
        }

        private void drain() {
            if (work.getAndIncrement() != 0) {
                return;
            }
            drainLoop();
        }

        private void drainLoop() {
            int missed = 1;
            do {
                deliver();
                missed = work.addAndGet(-missed);
            } while (missed != 0);
        }

        private void deliver() {
            long demand = requested;
            long delivered = 0;
            while (!isOver() && !failed()) {
                boolean last = ended; // Read before looking for a change: none is added after it is set.
                RecordChange change = delivered == demand ? null : poll();
                if (change == null) {
                    if (last && pendingCount() == 0) {
                        complete();
                    }
                    break;
                }
                delivered++;
                send(change);
            }
            if (delivered != 0 && demand != Long.MAX_VALUE) {
                Operators.produced(REQUESTED, this, delivered);
            }
        }

        private void send(RecordChange change) {
            try {
                actual.onNext(change);
            } catch (Throwable thrown) {
                Subscribers.throwIfFatal(thrown);
                Throwable error =
                        Operators.onNextError(change, Subscribers.error(thrown), actual.currentContext(), this);
                if (error != null) {
                    terminated = true;
                    release();
                    actual.onError(error);
                }
            }
        }

        /** Delivers the error if there is one. It does not wait for requests or for what is pending. */
        private boolean failed() {
            Throwable error = failure;
            if (error == null) {
                return false;
            }
            terminated = true;
            actual.onError(error);
            return true;
        }

        private void complete() {
            terminated = true;
            release();
            actual.onComplete();
        }

        @Override
        @SuppressWarnings("rawtypes") // Reactor declares it so.
        public @Nullable Object scanUnsafe(Attr key) {
            if (key == Attr.ACTUAL) {
                return actual;
            }
            if (key == Attr.PARENT) {
                return source;
            }
            if (key == Attr.BUFFERED) {
                return pendingCount();
            }
            if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
                return requested;
            }
            if (key == Attr.CANCELLED) {
                return cancelled;
            }
            if (key == Attr.TERMINATED) {
                return terminated;
            }
            if (key == Attr.ERROR) {
                return failure;
            }
            return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
        }
    }
}
