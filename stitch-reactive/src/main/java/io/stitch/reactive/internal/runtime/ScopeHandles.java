package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.internal.Subscribers;
import io.stitch.reactive.internal.mode.SyncSession;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.writes.Ids;
import io.stitch.reactive.spi.StoreObserver;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/** The handles of open scopes, of which one scope may have many, and which of them is the active one. */
final class ScopeHandles {
    private final DefaultStitchStore store;
    private final LocalState local;
    private final SyncSession session;
    private final RecordStore records;
    private final StoreObserver observer;
    private final Sinks.Many<Scope> active = Sinks.many().replay().latest();
    /** The ids of scopes, each time one is opened that was not. */
    private final Sinks.Many<String> opened = Sinks.many().multicast().directBestEffort();

    private final Object activeLock = new Object();
    private final Set<DefaultScope> open = ConcurrentHashMap.newKeySet();
    /** How many handles each scope has. On the worker. */
    private final Map<String, Integer> counts = new HashMap<>();

    private @Nullable DefaultScope activeScope;

    ScopeHandles(
            DefaultStitchStore store,
            LocalState local,
            SyncSession session,
            RecordStore records,
            StoreObserver observer) {
        this.store = store;
        this.local = local;
        this.session = session;
        this.records = records;
        this.observer = observer;
    }

    Scope replace(String id) {
        synchronized (activeLock) {
            DefaultScope before = activeScope;
            if (before != null && before.id().equals(id) && !before.isClosed()) {
                return before;
            }
            DefaultScope scope = open(id);
            activeScope = scope;
            onWorker(id, () -> active.tryEmitNext(scope));
            if (before != null) {
                before.close();
            }
            return scope;
        }
    }

    DefaultScope open(String id) {
        if (store.isClosing()) {
            throw cannotOpen(id);
        }
        DefaultScope scope = new DefaultScope(store, Ids.require(store.rootEntity(), id));
        open.add(scope);
        onWorker(id, () -> {
            if (counts.merge(id, 1, Integer::sum) == 1) {
                observer.openScopes(counts.size());
                session.statuses().opening(id);
                local.openScope(id, () -> session.openScope(id));
                Subscribers.tell(() -> opened.tryEmitNext(id));
            } else {
                session.openedAnew(id);
            }
            scope.attach(records.open(id));
        });
        return scope;
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
        if (counts.merge(scope.id(), -1, Integer::sum) == 0) {
            counts.remove(scope.id());
            observer.openScopes(counts.size());
            session.closeScope(scope.id());
            session.statuses().closed(scope.id());
            local.closeScope(scope.id());
        }
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
        return Mono.fromSupplier(() -> Set.copyOf(counts.keySet()))
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
                    return Set.copyOf(counts.keySet());
                })
                .subscribeOn(store.inOrder())
                .flatMap(scopes -> Mono.create(sink -> local.writes().inOrder(scopes, sink::success)));
    }

    void complete() {
        active.tryEmitComplete();
        opened.tryEmitComplete();
    }
}
