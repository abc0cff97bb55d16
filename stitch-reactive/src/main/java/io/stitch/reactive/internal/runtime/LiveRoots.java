package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.mode.SyncSession;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeRecords;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/** The live list of roots, kept only while somebody watches it. */
final class LiveRoots {
    private final RecordStore roots;
    private final SyncSession session;
    private final Scheduler serial;
    private final Consumer<Runnable> cleanUps;
    private int watchers; // On the worker, and so is the next one.
    private boolean closed;

    LiveRoots(RecordStore roots, SyncSession session, Scheduler serial, Consumer<Runnable> cleanUps) {
        this.roots = roots;
        this.session = session;
        this.serial = serial;
        this.cleanUps = cleanUps;
    }

    /** Shows the list as long as it is subscribed. Cold. */
    <E> Flux<E> watched(Function<ScopeRecords, Flux<E>> view) {
        return Flux.defer(() -> {
            AtomicBoolean watching = new AtomicBoolean(); // A subscriber that goes at once may never have been counted.
            return Mono.fromSupplier(() -> watch(watching))
                    .subscribeOn(serial)
                    // A closed store has no worker any more, and nothing to show.
                    .onErrorComplete(RejectedExecutionException.class)
                    .flatMapMany(view)
                    .doFinally(signal -> cleanUps.accept(() -> unwatch(watching)));
        });
    }

    /** Completes those who watch; who comes later sees nothing. On the worker. */
    void close() {
        closed = true;
        roots.close();
    }

    private @Nullable ScopeRecords watch(AtomicBoolean watching) {
        if (closed) { // Nobody would close what is opened now.
            return null;
        }
        watching.set(true);
        if (watchers++ == 0) {
            session.watchRoots();
        }
        return roots.open(SyncContext.ROOTS_KEY);
    }

    private void unwatch(AtomicBoolean watching) {
        if (watching.get() && --watchers == 0) {
            session.unwatchRoots();
        }
    }
}
