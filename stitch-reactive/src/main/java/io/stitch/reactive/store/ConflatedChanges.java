package io.stitch.reactive.store;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The conflating publisher. Written by hand because Reactor has no operator that conflates by key: its overflow
 * strategies drop or keep whole events, and here two undelivered events of one record become one.
 */
final class ConflatedChanges extends Flux<RecordChange> {
    private final ChangeHub hub;
    private final Supplier<? extends Collection<StoredRecord>> snapshot;
    private final Scheduler serial;
    private final Object owner;

    ConflatedChanges(
            ChangeHub hub, Supplier<? extends Collection<StoredRecord>> snapshot, Scheduler serial, Object owner) {
        this.hub = hub;
        this.snapshot = snapshot;
        this.serial = serial;
        this.owner = owner;
    }

    @Override
    public void subscribe(CoreSubscriber<? super RecordChange> actual) {
        Inner inner = new Inner(actual, hub);
        actual.onSubscribe(inner);
        inner.registration = serial.schedule(() -> {
            if (!inner.cancelled) {
                // On the worker, so that no change can come between what is there and what comes next.
                inner.begin(snapshot.get());
                hub.register(owner, inner);
                if (inner.cancelled) {
                    hub.remove(inner);
                }
            }
        });
    }

    /** One subscriber: its demand, and at most one undelivered change for each record. */
    static final class Inner implements Subscription, ChangeHub.Listener, Scannable {
        private final CoreSubscriber<? super RecordChange> actual;
        private final ChangeHub hub;
        // Guarded by itself, and never held while the subscriber is called.
        private final Map<RecordKey, RecordChange> pending = new LinkedHashMap<>();
        private final AtomicInteger wip = new AtomicInteger();
        private final AtomicLong requested = new AtomicLong();
        private volatile boolean done;
        private volatile boolean cancelled;
        private volatile @Nullable Throwable violation;
        private volatile @Nullable Disposable registration;

        Inner(CoreSubscriber<? super RecordChange> actual, ChangeHub hub) {
            this.actual = actual;
            this.hub = hub;
        }

        void begin(Collection<StoredRecord> records) {
            synchronized (pending) {
                records.forEach(record -> pending.put(record.key(), ChangeHub.stored(record)));
            }
            drain();
        }

        @Override
        public void changed(RecordChange change) {
            RecordKey key = change.record().key();
            synchronized (pending) {
                RecordChange before = pending.get(key);
                if (before == null) {
                    pending.put(key, change);
                } else {
                    hub.countConflated();
                    RecordChange folded = Conflation.fold(before, change);
                    if (folded == null) {
                        pending.remove(key);
                    } else {
                        pending.put(key, folded);
                    }
                }
            }
            drain();
        }

        @Override
        public void complete() {
            done = true;
            drain();
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                violation = new IllegalArgumentException(
                        "A subscriber requested " + n + " events; Reactive Streams (rule 3.9) wants 1 or more.");
            } else {
                requested.accumulateAndGet(n, Operators::addCap);
            }
            drain();
        }

        @Override
        public void cancel() {
            if (!cancelled) {
                cancelled = true;
                Disposable scheduled = registration;
                if (scheduled != null) {
                    scheduled.dispose();
                }
                hub.remove(this);
                drain();
            }
        }

        /** Emits what demand allows; whoever raises {@code wip} from zero does it for all others. */
        private void drain() {
            if (wip.getAndIncrement() != 0) {
                return;
            }
            int missed = 1;
            do {
                long emitted = 0;
                long demand = requested.get();
                while (!terminated()) {
                    RecordChange next = emitted == demand ? null : poll();
                    if (next == null) {
                        break;
                    }
                    deliver(next);
                    emitted++;
                }
                if (emitted > 0 && demand != Long.MAX_VALUE) {
                    requested.addAndGet(-emitted);
                }
                missed = wip.addAndGet(-missed);
            } while (missed != 0);
        }

        private void deliver(RecordChange next) {
            try {
                actual.onNext(next);
            } catch (Throwable error) {
                // A subscriber must not throw (rule 2.13); one that does must not take the others down with it.
                Exceptions.throwIfFatal(error);
                violation = error;
            }
        }

        private boolean terminated() {
            if (cancelled) {
                synchronized (pending) {
                    pending.clear();
                }
                return true;
            }
            Throwable error = violation;
            if (error != null) {
                cancelled = true;
                hub.remove(this);
                actual.onError(error);
                return true;
            }
            // Read before the map: what was emitted before completion is in it by then.
            if (done && isDrained()) {
                cancelled = true;
                actual.onComplete();
                return true;
            }
            return false;
        }

        private boolean isDrained() {
            synchronized (pending) {
                return pending.isEmpty();
            }
        }

        private @Nullable RecordChange poll() {
            synchronized (pending) {
                Iterator<RecordChange> oldest = pending.values().iterator();
                if (!oldest.hasNext()) {
                    return null;
                }
                RecordChange next = oldest.next();
                oldest.remove();
                return next;
            }
        }

        @Override
        @SuppressWarnings("rawtypes") // As the interface declares it.
        public @Nullable Object scanUnsafe(Attr key) {
            if (key == Attr.ACTUAL) {
                return actual;
            }
            if (key == Attr.CANCELLED) {
                return cancelled;
            }
            if (key == Attr.TERMINATED) {
                return done;
            }
            if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
                return requested.get();
            }
            if (key == Attr.BUFFERED) {
                synchronized (pending) {
                    return pending.size();
                }
            }
            return null;
        }
    }
}
