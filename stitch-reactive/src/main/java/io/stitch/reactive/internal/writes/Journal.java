package io.stitch.reactive.internal.writes;

import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoreObserver;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Collects what changes mean for the persistence and hands it over, one batch after another: what is collected while one is
 * being written goes with the next, and what nobody waits for goes after a quarter of a second or when half of what may wait is
 * there: the disk's work would slow down the opening of a scope. Memory never waits for it. On the worker, unless a method says
 * otherwise.
 *
 * <p>What could not be written is not lost: it goes with the next batch, which is tried when somebody waits for a write of his
 * own, and otherwise after a second, doubling up to 30.
 *
 * <p>At most {@link #MAX_CHANGES} changes or {@link #MAX_BYTES} of JSON wait before {@link #whenKeptUp} holds back those who
 * bring more. What was asked of the broker before that still comes on top.
 */
public final class Journal extends Collecting {
    /** How many changes may wait for the disk before the broker is asked for less. */
    public static final int MAX_CHANGES = 16_384;

    /** How many bytes of JSON may wait for the disk before the broker is asked for less. */
    public static final int MAX_BYTES = 16 * 1024 * 1024;

    /** What nobody waits for is written together, when the worker is likely to have less to do. */
    private static final Duration LULL = Duration.ofMillis(250);

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    private final Persistence persistence;
    private final Scheduler serial;
    private final Consumer<Throwable> onFailure;
    private final Scheduler clock;
    private final StoreObserver observer;
    private final Disposable.Swap applying = Disposables.swap();
    private final Disposable.Swap retry = Disposables.swap();
    private final Disposable.Swap lull = Disposables.swap();
    private final Sinks.Empty<Void> drained = Sinks.empty();
    private final List<Runnable> heldBack = new ArrayList<>();
    private Supplier<Map<String, String>> facts = Map::of;
    private @Nullable Batch inFlight;
    private Duration retryDelay = FIRST_RETRY;
    private List<Completion> waiting = new ArrayList<>();
    private List<Completion> waitingInFlight = new ArrayList<>();
    private boolean waitsForLull;
    private boolean failing;
    private boolean closing;
    private boolean abandoned;

    /** Is told when what was collected before it is durable, or why it is not. */
    @FunctionalInterface
    public interface Completion {
        void done(@Nullable Throwable failure);
    }

    /**
     * Makes a journal.
     *
     * @param persistence where batches go
     * @param serial the store's worker
     * @param onFailure is told of a batch that could not be written
     */
    public Journal(Persistence persistence, Scheduler serial, Consumer<Throwable> onFailure) {
        this(persistence, serial, onFailure, serial, StoreObserver.NONE);
    }

    /**
     * Makes a journal that is observed.
     *
     * @param persistence where batches go
     * @param serial the store's worker
     * @param onFailure is told of a batch that could not be written
     * @param clock what time it is
     * @param observer is told of each batch
     */
    public Journal(
            Persistence persistence,
            Scheduler serial,
            Consumer<Throwable> onFailure,
            Scheduler clock,
            StoreObserver observer) {
        super(persistence.keepsRecords());
        this.persistence = persistence;
        this.serial = serial;
        this.onFailure = onFailure;
        this.clock = clock;
        this.observer = observer;
    }

    /**
     * Keeps a fact about the database.
     *
     * @param name its name
     * @param value its value
     */
    public void put(String name, String value) {
        collected.put(name, value);
        commit();
    }

    /**
     * Keeps facts with each batch, so that what they say is never older than what the batch changes.
     *
     * @param current answers on the worker what the facts are
     */
    public void keepWithEach(Supplier<Map<String, String>> current) {
        facts = current;
    }

    /**
     * Waits for the disk. Cold; to be subscribed on the worker.
     *
     * @return completes on the worker when all that was collected is durable; an error if it is not
     */
    public Mono<Void> settled() {
        return Mono.create(sink -> commit(failure -> {
            if (failure == null) {
                sink.success();
            } else {
                sink.error(failure);
            }
        }));
    }

    /** Hands over what was collected, a moment later: nobody waits for it. */
    @Override
    public void commit() {
        if (collected.isEmpty() || inFlight != null || failing) {
            return;
        }
        if (collected.size() >= MAX_CHANGES / 2 || collected.bytes() >= MAX_BYTES / 2) {
            applyNext();
        } else if (!waitsForLull) {
            waitsForLull = true;
            lull.update(serial.schedule(this::applyNext, LULL.toMillis(), TimeUnit.MILLISECONDS));
        }
    }

    /**
     * Hands over what was collected, and tells when all of it is durable: at once where nothing is kept.
     *
     * @param completion is told on the worker
     */
    public void commit(Completion completion) {
        if (inFlight == null && collected.isEmpty()) {
            completion.done(null);
            return;
        }
        waiting.add(completion);
        if (inFlight == null) {
            applyNext();
        }
    }

    /**
     * Holds back what would bring more changes until the disk has kept up.
     *
     * @param task runs on the worker: at once, or when there is room again
     */
    public void whenKeptUp(Runnable task) {
        if (isBehind()) {
            heldBack.add(task);
        } else {
            task.run();
        }
    }

    private boolean isBehind() {
        return collected.size() >= MAX_CHANGES || collected.bytes() >= MAX_BYTES;
    }

    /**
     * {@return what was changed and may not be on disk yet: where it names a record, what is read from disk is old}
     */
    public Batch unwritten() {
        Batch all = new Batch();
        if (inFlight != null) {
            all.addAll(inFlight);
        }
        all.addAll(collected);
        return all;
    }

    /** What comes back from a batch that failed may have been written all the same. */
    @Override
    public boolean isCollected(RecordKey key) {
        return !failing && super.isCollected(key);
    }

    private void applyNext() {
        if (abandoned) {
            return;
        }
        Batch batch = collected;
        facts.get().forEach(batch::put);
        collected = new Batch();
        waitingInFlight = waiting;
        waiting = new ArrayList<>();
        inFlight = batch;
        waitsForLull = false;
        lull.update(Disposables.disposed());
        retry.update(Disposables.disposed());
        applying.update(apply(batch)
                .publishOn(serial)
                .subscribe(unused -> {}, failure -> applied(batch, failure), () -> applied(batch, null)));
    }

    private Mono<Void> apply(Batch batch) {
        if (!keepsRecords()) {
            return persistence.apply(batch);
        }
        int changes = batch.size();
        long began = clock.now(TimeUnit.NANOSECONDS);
        return persistence
                .apply(batch)
                .doOnSuccess(unused -> observer.persisted(changes, true, clock.now(TimeUnit.NANOSECONDS) - began))
                .doOnError(failure -> observer.persisted(changes, false, clock.now(TimeUnit.NANOSECONDS) - began));
    }

    private void applied(Batch batch, @Nullable Throwable failure) {
        List<Completion> told = waitingInFlight;
        waitingInFlight = new ArrayList<>(); // They are told once, however the journal ends.
        inFlight = null;
        failing = failure != null;
        if (failure == null) {
            retryDelay = FIRST_RETRY;
        } else {
            batch.addAll(collected);
            collected = batch;
            retryLater();
            onFailure.accept(failure);
        }
        tell(told, failure);
        if (inFlight == null && (!waiting.isEmpty() || (closing && !failing && !collected.isEmpty()))) {
            applyNext();
        } else if (closing && inFlight == null) {
            finish(failure);
        } else {
            commit();
        }
        releaseHeldBack();
    }

    /** Whatever comes of telling one of them, the others are told. */
    private static void tell(List<Completion> told, @Nullable Throwable failure) {
        for (Completion completion : told) {
            try {
                completion.done(failure);
            } catch (RuntimeException defect) {
                Operators.onErrorDropped(defect, Context.empty());
            }
        }
    }

    private void retryLater() {
        retry.update(serial.schedule(this::applyNext, retryDelay.toMillis(), TimeUnit.MILLISECONDS));
        Duration doubled = retryDelay.multipliedBy(2);
        retryDelay = doubled.compareTo(LONGEST_RETRY) < 0 ? doubled : LONGEST_RETRY;
    }

    private void releaseHeldBack() {
        if (!heldBack.isEmpty() && !isBehind()) {
            List<Runnable> released = List.copyOf(heldBack);
            heldBack.clear();
            released.forEach(Runnable::run);
        }
    }

    private void finish(@Nullable Throwable failure) {
        retry.dispose();
        lull.dispose();
        if (failure == null) {
            drained.tryEmitEmpty();
        } else {
            drained.tryEmitError(failure);
        }
    }

    /**
     * Ends the journal. Cold; may be subscribed from any thread.
     *
     * @return completes when everything that was collected is durable; an error if it could not be written
     */
    public Mono<Void> close() {
        return Mono.<Void>defer(() -> {
                    closing = true;
                    if (inFlight == null && collected.isEmpty()) {
                        finish(null);
                    } else if (inFlight == null) {
                        applyNext();
                    }
                    return drained.asMono();
                })
                .subscribeOn(serial);
    }

    /** Ends the journal; what was collected is not written any more, and whoever waits for it is told so. */
    public void abandon() {
        abandoned = true;
        retry.dispose();
        lull.dispose();
        applying.dispose();
        List<Completion> told = new ArrayList<>(waitingInFlight);
        told.addAll(waiting);
        waitingInFlight = new ArrayList<>();
        waiting = new ArrayList<>();
        PersistenceException cleared = new PersistenceException(
                PersistenceException.Reason.CLOSED, "The local data is being deleted, and the store ends.", null);
        tell(told, cleared);
    }
}
