package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.StoreFailedException;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.GuardedScheduler;
import io.stitch.reactive.internal.local.Errors;
import io.stitch.reactive.internal.local.LocalState;
import io.stitch.reactive.spi.StoreObserver;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/**
 * The end of a store, which comes once: because somebody closes it, or because an error of the JVM makes what it holds unreliable. What is
 * asked of it from then on is refused.
 */
final class StoreEnding {
    private static final Logger LOG = LoggerFactory.getLogger(StoreEnding.class);
    private static final Duration LONGEST = Duration.ofSeconds(5);

    private final Scheduler scheduler;
    private final boolean ownsScheduler;
    private final GuardedScheduler serial;
    private final StoreObserver observer;
    private final Diagnostics diagnostics;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final AtomicBoolean clearing = new AtomicBoolean();
    private final AtomicBoolean finished = new AtomicBoolean();
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private final AtomicReference<@Nullable Mono<Void>> ending = new AtomicReference<>();
    /** When a store that fails has ended, whatever becomes of its parts. */
    private final Disposable.Swap lastLimit = Disposables.swap();

    private volatile @Nullable Parts parts;
    private volatile @Nullable Throwable failure;

    /**
     * What ends.
     *
     * @param local what the store holds, which ends last
     * @param connection what it is connected by, which ends first
     * @param told what is told in between, on the worker: those who look on
     */
    record Parts(LocalState local, StoreConnection connection, List<Runnable> told) {}

    StoreEnding(Scheduler scheduler, boolean ownsScheduler, StoreObserver observer) {
        this.scheduler = scheduler;
        this.ownsScheduler = ownsScheduler;
        this.observer = observer;
        this.serial = GuardedScheduler.serial(scheduler, this::fail);
        this.diagnostics = new Diagnostics(scheduler, observer);
    }

    /** {@return the store's worker, whose errors end the store} */
    GuardedScheduler serial() {
        return serial;
    }

    /** {@return what the store reports, its failure at last} */
    Diagnostics diagnostics() {
        return diagnostics;
    }

    /** The store is put together; nothing has run before. */
    void of(Parts store) {
        parts = store;
    }

    private Parts parts() {
        Parts store = parts;
        if (store == null) {
            throw new IllegalStateException("The store is not put together yet.");
        }
        return store;
    }

    boolean isClosing() {
        return closing.get();
    }

    /** {@return whether what is kept is being deleted, or was} */
    boolean isClearing() {
        return clearing.get();
    }

    /** {@return why nothing is taken any more, if so} */
    @Nullable
    ClosedException closed() {
        return closing.get() ? Errors.storeClosed() : null;
    }

    /** {@return what completes, or fails, with the end} */
    Mono<Void> onEnd() {
        return ended.asMono();
    }

    /** What may wait for the worker, which drops what it has not done when the store ends, is told of the end by the store itself. */
    <T> Mono<T> untilEnded(Mono<T> action) {
        Mono<T> end = ended.asMono().onErrorComplete().then(Mono.error(Errors::storeClosed));
        return whileOpen(Mono.firstWithSignal(action, end));
    }

    /** What a closed store cannot do is refused with words of its own, whatever would have become of it. */
    <T> Mono<T> whileOpen(Mono<T> action) {
        return Mono.defer(() -> closing.get() ? Mono.error(Errors.storeClosed()) : action)
                .onErrorMap(Errors::translate);
    }

    <T> Flux<T> whileOpen(Flux<T> action) {
        return Flux.defer(() -> closing.get() ? Flux.error(Errors.storeClosed()) : action)
                .onErrorMap(Errors::translate);
    }

    /** Runs a clean-up on the worker; a closed store has cleaned up already. */
    void onWorker(Runnable cleanUp) {
        try {
            serial.schedule(cleanUp);
        } catch (RejectedExecutionException e) {
            if (!closing.get()) {
                throw e;
            }
        }
    }

    /** Ends the store and keeps what was taken. Cold. */
    Mono<Void> close() {
        return Mono.defer(() -> once(parts().local().close(), true, before -> before));
    }

    /** Ends the store and deletes what it kept, also if it ended before. Cold. */
    Mono<Void> clear() {
        return Mono.defer(() -> {
            clearing.set(true);
            LocalState local = parts().local();
            return once(
                    local.clear(),
                    false,
                    before -> before.onErrorComplete().then(local.deleteKept()).onErrorMap(Errors::translate));
        });
    }

    /** Ends the store, or does what is left to do where it ended before. */
    private Mono<Void> once(Mono<Void> last, boolean keeps, UnaryOperator<Mono<Void>> endedBefore) {
        Mono<Void> end = Mono.firstWithSignal(endWith(last, keeps), ended.asMono())
                .onErrorMap(Errors::translate)
                .cache();
        Mono<Void> before = ending.compareAndExchange(null, end);
        return before == null ? end : endedBefore.apply(before);
    }

    private Mono<Void> endWith(Mono<Void> last, boolean keeps) {
        Parts store = parts();
        return Mono.<Void>fromRunnable(() -> closing.set(true))
                // What was subscribed before is taken before.
                .then(Mono.<Void>fromRunnable(() -> store.local().writes().ending(keeps))
                        .subscribeOn(store.local().writes().inOrder()))
                .then(store.connection().close())
                .then(Mono.<Void>fromRunnable(() -> tell(store.told())).subscribeOn(serial))
                .then(last)
                .doFinally(signal -> finish());
    }

    private void tell(List<Runnable> told) {
        for (Runnable step : told) {
            try {
                step.run();
            } catch (VirtualMachineError | LinkageError error) { // Of a subscriber: the others are told all the same.
                fail(error);
            }
        }
        diagnostics.complete();
    }

    /** Frees what the store holds, and tells of its end; once. */
    private void finish() {
        if (!finished.compareAndSet(false, true)) {
            return;
        }
        lastLimit.dispose();
        try {
            if (failure == null) {
                serial.end(this::endScheduler);
            } else { // Whatever the worker is in the middle of.
                serial.dispose();
                endScheduler();
            }
            observer.closed();
        } finally { // Whatever comes of that, whoever waits for the end is told.
            Throwable why = failure;
            if (why == null) {
                ended.tryEmitEmpty();
            } else {
                ended.tryEmitError(new StoreFailedException(
                        "The store has ended because of an error of the JVM: %s. What was durable is kept. Mend the cause and make a new store."
                                .formatted(why),
                        why));
            }
        }
    }

    private void endScheduler() {
        if (ownsScheduler) {
            scheduler.dispose();
        }
    }

    /** An error of the JVM in the middle of a change: what the store holds cannot be relied on any more, so it ends. Any thread. */
    void fail(Throwable error) {
        if (failure != null) {
            return;
        }
        failure = error;
        String store = parts().local().clientId();
        try {
            LOG.error("{} ends because of an error of the JVM", store, error);
            diagnostics.report(DiagnosticCode.FATAL_ERROR, store, "the store ends: " + error);
        } finally {
            // Not here: the thread is in the middle of the task that failed. And what that left half done may hold up
            // the end.
            // Where waiting is allowed: a thread is ended under a lock.
            lastLimit.update(
                    Schedulers.boundedElastic().schedule(this::finish, LONGEST.toMillis(), TimeUnit.MILLISECONDS));
            close().subscribeOn(Schedulers.boundedElastic())
                    .subscribe(unused -> {}, next -> LOG.warn("{} did not end cleanly", store, next));
        }
    }
}
