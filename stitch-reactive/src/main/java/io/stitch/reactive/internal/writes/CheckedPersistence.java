package io.stitch.reactive.internal.writes;

import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KnownPeer;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.Tombstone;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.Collection;
import java.util.function.Supplier;

/**
 * A persistence that fails in one way only, whoever wrote it: what it throws instead of answering, and errors of the JVM, which operators
 * would rather throw than pass on, come as a {@link PersistenceException} of the one who asked.
 *
 * @param kept the persistence
 */
public record CheckedPersistence(Persistence kept) implements Persistence {
    private static <T> Mono<T> one(Supplier<Mono<T>> question) {
        return Mono.defer(() -> {
                    try {
                        return question.get();
                    } catch (Throwable thrown) {
                        return Mono.error(failed(thrown));
                    }
                })
                .onErrorMap(Exceptions::isJvmFatal, CheckedPersistence::failed);
    }

    private static <T> Flux<T> several(Supplier<Flux<T>> question) {
        return Flux.defer(() -> {
                    try {
                        return question.get();
                    } catch (Throwable thrown) {
                        return Flux.error(failed(thrown));
                    }
                })
                .onErrorMap(Exceptions::isJvmFatal, CheckedPersistence::failed);
    }

    private static Throwable failed(Throwable thrown) {
        return thrown instanceof StitchException told
                ? told
                : new PersistenceException(
                        PersistenceException.Reason.FAILED,
                        "The persistence failed, and not as one does that cannot keep or read something: " + thrown,
                        thrown);
    }

    @Override
    public Mono<Opened> open(OpenRequest request) {
        return one(() -> kept.open(request));
    }

    @Override
    public Mono<Void> apply(Batch batch) {
        return one(() -> kept.apply(batch));
    }

    @Override
    public Flux<StoredRecord> load(String scope) {
        return several(() -> kept.load(scope));
    }

    @Override
    public Flux<StoredRecord> find(Collection<RecordKey> keys) {
        return several(() -> kept.find(keys));
    }

    @Override
    public Flux<StoredRecord> list(ListRequest request) {
        return several(() -> kept.list(request));
    }

    @Override
    public Flux<Tombstone> tombstones(String scope) {
        return several(() -> kept.tombstones(scope));
    }

    @Override
    public Flux<KnownPeer> peers(String scope) {
        return several(() -> kept.peers(scope));
    }

    @Override
    public Mono<Integer> pruneTombstones(long deletedBefore, long heardSince) {
        return one(() -> kept.pruneTombstones(deletedBefore, heardSince));
    }

    @Override
    public Mono<Void> clear() {
        return one(kept::clear);
    }

    @Override
    public Mono<Void> close() {
        return one(kept::close);
    }

    @Override
    public boolean keepsRecords() {
        return kept.keepsRecords();
    }
}
