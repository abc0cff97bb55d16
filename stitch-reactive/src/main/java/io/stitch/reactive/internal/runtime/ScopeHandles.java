package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.internal.Subscribers;
import io.stitch.reactive.internal.local.LocalState;
import io.stitch.reactive.internal.mode.SyncSession;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.writes.Ids;
import io.stitch.reactive.spi.StoreObserver;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/** The handles of open scopes, of which one scope may have many, and which of them is the active one. */
final class ScopeHandles {
    private final StoreParts store;
    private final LocalState local;
    private final SyncSession session;
    private final RecordStore records;
    private final StoreObserver observer;
    private final Duration keepWarm;
    private final Sinks.Many<Scope> active = Sinks.many().replay().latest();
    /** The ids of scopes, each time one is opened that was not. */
    private final Sinks.Many<String> opened = Sinks.many().multicast().directBestEffort();

    private final Object activeLock = new Object();
    private final Set<DefaultScope> open = ConcurrentHashMap.newKeySet();
    /** How many handles each scope has. On the worker. */
    private final Map<String, Integer> counts = new HashMap<>();
    /** Those among them that may not be shown now. On the worker. */
    private final Set<String> locked = new HashSet<>();

    private final Disposable lockTurns;

    private final WarmScopes warm;

    private @Nullable DefaultScope activeScope;

    ScopeHandles(
            StoreParts store,
            LocalState local,
            SyncSession session,
            RecordStore records,
            StoreObserver observer,
            StoreSettings.KeepWarm keepWarm,
            Scheduler serial,
            Scheduler clock) {
        this.warm = new WarmScopes(keepWarm.most(), serial, clock, observer, this::letGo);
        this.keepWarm = keepWarm.duration();
        this.store = store;
        this.local = local;
        this.session = session;
        this.records = records;
        this.observer = observer;
        this.lockTurns = session.lockTurns().subscribe(this::lockTurned);
        local.whenOpened(this::openStanding);
    }

    private void openStanding() {
        for (String id : session.standingScopes()) {
            if (session.isLocked(id)) {
                lock(id);
            } else {
                session.openScope(id);
            }
        }
        session.restored();
    }

    Scope replace(String id) {
        synchronized (activeLock) {
            DefaultScope before = activeScope;
            if (before != null && before.id().equals(id) && !before.isClosed()) {
                return before;
            }
            DefaultScope scope = open(id, keepWarm);
            activeScope = scope;
            onWorker(id, () -> active.tryEmitNext(scope));
            if (before != null) {
                before.close();
            }
            return scope;
        }
    }

    DefaultScope open(String id) {
        return open(id, keepWarm);
    }

    DefaultScope open(String id, Duration staysWarm) {
        if (store.isClosing()) {
            throw cannotOpen(id);
        }
        DefaultScope scope = new DefaultScope(store, Ids.require(store.rootEntity(), id), staysWarm);
        open.add(scope);
        onWorker(id, () -> {
            boolean first = counts.merge(id, 1, Integer::sum) == 1;
            if (first) {
                observer.openScopes(counts.size());
            }
            if (first && !warm.take(id)) {
                session.statuses().opening(id);
                if (session.isLocked(id)) {
                    lock(id);
                } else {
                    local.openScope(id, () -> session.openScope(id));
                }
                Subscribers.tell(() -> opened.tryEmitNext(id));
            } else {
                session.openedAnew(id);
            }
            scope.attach(records.open(id));
        });
        return scope;
    }

    private void lock(String id) {
        locked.add(id);
        session.heldLocked(id);
    }

    private void lockTurned(String id) {
        if (!held().contains(id) && !session.standingScopes().contains(id)) {
            return;
        }
        boolean isLocked = session.isLocked(id);
        if (isLocked && !locked.contains(id)) {
            session.closeScope(id);
            local.concealScope(id);
            lock(id);
        } else if (!isLocked && locked.remove(id)) {
            records.reveal(id);
            session.statuses().openingAgain(id);
            local.openScope(id, () -> session.openScope(id));
        }
    }

    /** The store may close, and its worker end, after it was asked whether it does. */
    private void onWorker(String id, Runnable task) {
        try {
            store.inOrder().schedule(task);
        } catch (RejectedExecutionException workerEnded) {
            throw cannotOpen(id);
        }
    }

    private static ClosedException cannotOpen(String id) {
        return new ClosedException("Cannot open scope '%s': the store is closed. Make a new one.".formatted(id));
    }

    void release(DefaultScope scope) {
        open.remove(scope);
        try {
            local.writes().inOrder(Set.of(scope.id()), () -> released(scope));
        } catch (RejectedExecutionException e) {
            if (!store.isClosing()) { // A closed store has released all already.
                throw e;
            }
        }
    }

    private void released(DefaultScope scope) {
        scope.detach();
        String id = scope.id();
        warm.closed(id, scope.staysWarm());
        if (counts.merge(id, -1, Integer::sum) == 0) {
            counts.remove(id);
            observer.openScopes(counts.size());
            warm.keep(id);
        }
    }

    private void letGo(String id) {
        locked.remove(id);
        session.closeScope(id);
        session.statuses().closed(id);
        local.closeScope(id);
    }

    /** Nobody comes back to what is kept warm: somebody else logs in. On the worker. */
    void letGoOfWarm() {
        warm.clear();
    }

    List<Scope> open() {
        return List.copyOf(open);
    }

    /** The active scope and each that takes its place. */
    Flux<Scope> active() {
        return active.asFlux().filter(scope -> !scope.isClosed());
    }

    /**
     * Watches every scope that is open, and every one that is opened later, until it is closed.
     *
     * @param view shows one of them; made on the worker
     */
    <E> Flux<E> opened(Function<ScopeRecords, Flux<E>> view) {
        return Mono.fromSupplier(this::held)
                .subscribeOn(store.inOrder())
                // A closed store has no worker any more, and nothing to show.
                .onErrorComplete(RejectedExecutionException.class)
                .flatMapMany(now -> Flux.merge(opened.asFlux(), Flux.fromIterable(now)))
                .flatMap(id -> view.apply(records.open(id)), Integer.MAX_VALUE, 1);
    }

    /** Closes all. Cold; completes on the worker when the last one is closed, those among them that were closed before. */
    Mono<Void> closeAll() {
        return Mono.<Set<String>>fromSupplier(() -> {
                    synchronized (activeLock) {
                        activeScope = null;
                    }
                    open.forEach(DefaultScope::close);
                    return held();
                })
                .subscribeOn(store.inOrder())
                .flatMap(scopes -> Mono.create(sink -> local.writes().inOrder(scopes, () -> {
                    warm.clear();
                    sink.success();
                })));
    }

    /** The scopes that are open, or are kept as if they were. On the worker. */
    private Set<String> held() {
        Set<String> held = new HashSet<>(counts.keySet());
        held.addAll(warm.ids());
        return held;
    }

    void complete() {
        warm.stop();
        lockTurns.dispose();
        active.tryEmitComplete();
        opened.tryEmitComplete();
    }

    /** Scopes that nobody has open, and that are kept as if somebody had: for a time, and at most so many. On the worker. */
    private static final class WarmScopes {
        /** Longer than any process lives, in milliseconds. */
        private static final long FOREVER = Duration.ofDays(36_500).toMillis();

        private final int most;
        private final Scheduler serial;
        private final Scheduler clock;
        private final StoreObserver observer;
        private final Consumer<String> letGo;
        /** The timer of each, the one that was closed longest ago first. */
        private final Map<String, Disposable> timers = new LinkedHashMap<>();
        /** Until when the closed handles of a scope want it to be kept, in milliseconds; also while somebody has it open again. */
        private final Map<String, Long> until = new HashMap<>();

        WarmScopes(int most, Scheduler serial, Scheduler clock, StoreObserver observer, Consumer<String> letGo) {
            this.most = most;
            this.serial = serial;
            this.clock = clock;
            this.observer = observer;
            this.letGo = letGo;
        }

        /** Gives a scope back to somebody who opens it. */
        boolean take(String id) {
            Disposable timer = timers.remove(id);
            if (timer == null) {
                return false;
            }
            timer.dispose();
            observer.warmScopes(timers.size());
            return true;
        }

        /** A handle of a scope was closed that wanted it to be kept. */
        void closed(String id, Duration keepWarm) {
            if (!keepWarm.isZero()) {
                until.merge(id, end(keepWarm), Math::max);
            }
        }

        private long end(Duration keepWarm) {
            long now = now();
            try {
                return Math.addExact(now, keepWarm.toMillis());
            } catch (ArithmeticException forever) {
                return Long.MAX_VALUE;
            }
        }

        private long now() {
            return clock.now(TimeUnit.MILLISECONDS);
        }

        /** Nobody has a scope open any more: it is kept, or let go. */
        void keep(String id) {
            Long end = until.get(id);
            long left = end == null ? 0 : end - now();
            if (left <= 0) {
                until.remove(id);
                letGo.accept(id);
                return;
            }
            if (timers.size() >= most) {
                cool(timers.keySet().iterator().next());
            }
            timers.put(id, serial.schedule(() -> cool(id), Math.min(left, FOREVER), TimeUnit.MILLISECONDS));
            observer.warmScopes(timers.size());
        }

        private void cool(String id) {
            if (take(id)) {
                until.remove(id);
                letGo.accept(id);
            }
        }

        Set<String> ids() {
            return timers.keySet();
        }

        /** Lets go of all. */
        void clear() {
            List.copyOf(timers.keySet()).forEach(this::cool);
            until.clear();
        }

        /** The store ends, and lets go of everything itself. */
        void stop() {
            timers.values().forEach(Disposable::dispose);
            timers.clear();
            until.clear();
        }
    }
}
