package io.stitch.reactive.store;

import io.stitch.reactive.persistence.Batch;
import io.stitch.reactive.persistence.PendingWrite;
import io.stitch.reactive.persistence.Persistence;
import io.stitch.reactive.persistence.RecordKey;
import io.stitch.reactive.persistence.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Collects what changes mean for the persistence and hands it over, one batch after another: what is collected while one is
 * being written goes with the next. Memory never waits for it. On the worker, unless a method says otherwise.
 */
public final class Journal {
    private final Persistence persistence;
    private final Scheduler serial;
    private final Consumer<Throwable> onFailure;
    private final Disposable.Swap applying = Disposables.swap();
    private final Sinks.Empty<Void> drained = Sinks.empty();
    private Batch collected = new Batch();
    private List<Completion> waiting = new ArrayList<>();
    private boolean busy;
    private boolean closing;

    /** Is told when what was collected before it is durable, or why it is not. */
    @FunctionalInterface
    interface Completion {
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
        this.persistence = persistence;
        this.serial = serial;
        this.onFailure = onFailure;
    }

    void put(StoredRecord record) {
        if (persistence.keepsRecords()) {
            collected.put(record);
        }
    }

    void remove(RecordKey key) {
        if (persistence.keepsRecords()) {
            collected.remove(key);
        }
    }

    void put(PendingWrite write) {
        if (persistence.keepsRecords()) {
            collected.put(write);
        }
    }

    void remove(PendingWrite write) {
        if (persistence.keepsRecords()) {
            collected.remove(write);
        }
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

    /** Forgets every record that is kept. Goes with the next batch. */
    public void forgetRecords() {
        if (persistence.keepsRecords()) {
            collected.forgetRecords();
        }
    }

    /** Hands over what was collected. */
    void commit() {
        if (!collected.isEmpty() && !busy) {
            applyNext();
        }
    }

    /** Hands over what was collected, and tells when all of it is durable: at once where nothing is kept. */
    void commit(Completion completion) {
        if (!busy && collected.isEmpty()) {
            completion.done(null);
            return;
        }
        waiting.add(completion);
        commit();
    }

    private void applyNext() {
        Batch batch = collected;
        List<Completion> told = waiting;
        collected = new Batch();
        waiting = new ArrayList<>();
        busy = true;
        applying.update(persistence
                .apply(batch)
                .publishOn(serial)
                .subscribe(unused -> {}, failure -> applied(told, failure), () -> applied(told, null)));
    }

    private void applied(List<Completion> told, @Nullable Throwable failure) {
        busy = false;
        if (failure != null) {
            onFailure.accept(failure);
        }
        told.forEach(completion -> completion.done(failure));
        if (!busy && (!collected.isEmpty() || !waiting.isEmpty())) {
            applyNext();
        } else if (closing && !busy) {
            drained.tryEmitEmpty();
        }
    }

    /**
     * Ends the journal. Cold; may be subscribed from any thread.
     *
     * @return completes when everything that was collected is durable
     */
    public Mono<Void> close() {
        return Mono.<Void>defer(() -> {
                    closing = true;
                    commit();
                    if (!busy) {
                        drained.tryEmitEmpty();
                    }
                    return drained.asMono();
                })
                .subscribeOn(serial);
    }
}
