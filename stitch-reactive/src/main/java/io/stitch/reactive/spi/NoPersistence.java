package io.stitch.reactive.spi;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Keeps nothing. */
final class NoPersistence implements Persistence {
    static final Persistence INSTANCE = new NoPersistence();

    private NoPersistence() {}

    @Override
    public Mono<Opened> open(OpenRequest request) {
        return Mono.just(new Opened(Map.of(), List.of()));
    }

    @Override
    public Mono<Void> apply(Batch batch) {
        return Mono.empty();
    }

    @Override
    public Flux<StoredRecord> load(String scope) {
        return Flux.empty();
    }

    @Override
    public Flux<StoredRecord> find(Collection<RecordKey> keys) {
        return Flux.empty();
    }

    @Override
    public Flux<StoredRecord> list(ListRequest request) {
        return Flux.empty();
    }

    @Override
    public Flux<Tombstone> tombstones(String scope) {
        return Flux.empty();
    }

    @Override
    public Flux<KnownPeer> peers(String scope) {
        return Flux.empty();
    }

    @Override
    public Mono<Integer> pruneTombstones(long deletedBefore, long heardSince) {
        return Mono.just(0);
    }

    @Override
    public Mono<Void> clear() {
        return Mono.empty();
    }

    @Override
    public Mono<Void> close() {
        return Mono.empty();
    }

    @Override
    public boolean keepsRecords() {
        return false;
    }
}
