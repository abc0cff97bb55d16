package io.stitch.reactive;

import io.stitch.reactive.persistence.Batch;
import io.stitch.reactive.persistence.KnownPeer;
import io.stitch.reactive.persistence.ListRequest;
import io.stitch.reactive.persistence.OpenRequest;
import io.stitch.reactive.persistence.Persistence;
import io.stitch.reactive.persistence.RecordKey;
import io.stitch.reactive.persistence.StoredRecord;
import io.stitch.reactive.persistence.Tombstone;
import io.stitch.reactive.store.StoreObserver;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.util.Collection;
import java.util.concurrent.TimeUnit;

/** A persistence whose batches are timed for an observer. */
record ObservedPersistence(Persistence persistence, StoreObserver observer, Scheduler clock) implements Persistence {
    @Override
    public Mono<Void> apply(Batch batch) {
        return Mono.defer(() -> {
            int changes = batch.size();
            long began = clock.now(TimeUnit.NANOSECONDS);
            return persistence
                    .apply(batch)
                    .doOnSuccess(unused -> observer.persisted(changes, true, since(began)))
                    .doOnError(failure -> observer.persisted(changes, false, since(began)));
        });
    }

    private long since(long began) {
        return clock.now(TimeUnit.NANOSECONDS) - began;
    }

    @Override
    public Mono<Opened> open(OpenRequest request) {
        return persistence.open(request);
    }

    @Override
    public Flux<StoredRecord> load(String scope) {
        return persistence.load(scope);
    }

    @Override
    public Flux<StoredRecord> find(Collection<RecordKey> keys) {
        return persistence.find(keys);
    }

    @Override
    public Flux<StoredRecord> list(ListRequest request) {
        return persistence.list(request);
    }

    @Override
    public Flux<Tombstone> tombstones(String scope) {
        return persistence.tombstones(scope);
    }

    @Override
    public Flux<KnownPeer> peers(String scope) {
        return persistence.peers(scope);
    }

    @Override
    public Mono<Integer> pruneTombstones(long deletedBefore, long heardSince) {
        return persistence.pruneTombstones(deletedBefore, heardSince);
    }

    @Override
    public Mono<Void> clear() {
        return persistence.clear();
    }

    @Override
    public Mono<Void> close() {
        return persistence.close();
    }

    @Override
    public boolean keepsRecords() {
        return persistence.keepsRecords();
    }
}
