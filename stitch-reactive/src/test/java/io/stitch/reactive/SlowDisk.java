package io.stitch.reactive;

import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KnownPeer;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.Tombstone;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A persistence that takes as long as a test wants, and fails when it wants. */
final class SlowDisk implements Persistence {
    final List<Batch> applied = new ArrayList<>();
    /** How many records were read. */
    int read;
    /** The sets of records that were read, each as often as it was. */
    final List<String> loads = new ArrayList<>();

    private final InMemoryPersistence kept;
    private Sinks.Empty<Void> gate = open();
    private boolean full;
    private boolean onlyOnce;
    private boolean locked;
    private Sinks.Empty<Void> reads = open();
    private Sinks.Empty<Void> answers = open();
    private boolean unreadable;

    SlowDisk(InMemoryPersistence kept) {
        this.kept = kept;
    }

    private static Sinks.Empty<Void> open() {
        Sinks.Empty<Void> open = Sinks.empty();
        open.tryEmitEmpty();
        return open;
    }

    /** Answers nothing until {@link #resume()}. */
    void stall() {
        gate = Sinks.empty();
    }

    void resume() {
        gate.tryEmitEmpty();
    }

    /** Reads nothing until {@link #resumeReads()}. */
    void stallReads() {
        reads = Sinks.empty();
    }

    void resumeReads() {
        reads.tryEmitEmpty();
    }

    /** Reads, and tells what it has read at {@link #resumeAnswers()}. */
    void stallAnswers() {
        answers = Sinks.empty();
    }

    void resumeAnswers() {
        answers.tryEmitEmpty();
    }

    void failReads(boolean fail) {
        this.unreadable = fail;
    }

    private <T> Flux<T> reading(Flux<T> source) {
        return Flux.defer(() -> unreadable
                ? Flux.error(new PersistenceException(PersistenceException.Reason.FAILED, "It cannot be read.", null))
                : reads.asMono()
                        .thenMany(source)
                        .collectList()
                        .flatMapMany(read -> answers.asMono().thenMany(Flux.fromIterable(read))));
    }

    void full(boolean full) {
        this.full = full;
        onlyOnce = false;
    }

    /** Has no room for one batch, and then again. */
    void fullOnce() {
        full = true;
        onlyOnce = true;
    }

    void locked(boolean locked) {
        this.locked = locked;
    }

    @Override
    public Mono<Opened> open(OpenRequest request) {
        return Mono.defer(() -> locked
                ? Mono.error(
                        new PersistenceException(PersistenceException.Reason.LOCKED, "Another process has it.", null))
                : gate.asMono().then(kept.open(request)));
    }

    @Override
    public Mono<Void> apply(Batch batch) {
        return Mono.defer(() -> gate.asMono().then(Mono.defer(() -> {
            if (full) {
                full = !onlyOnce;
                return Mono.error(
                        new PersistenceException(PersistenceException.Reason.DISK_FULL, "The disk is full.", null));
            }
            applied.add(batch);
            return kept.apply(batch);
        })));
    }

    @Override
    public Flux<StoredRecord> load(String scope) {
        loads.add(scope);
        return reading(kept.load(scope).doOnNext(record -> read++));
    }

    @Override
    public Flux<StoredRecord> find(Collection<RecordKey> keys) {
        return reading(kept.find(keys).doOnNext(record -> read++));
    }

    @Override
    public Flux<StoredRecord> list(ListRequest request) {
        return reading(kept.list(request));
    }

    @Override
    public Flux<Tombstone> tombstones(String scope) {
        return kept.tombstones(scope);
    }

    @Override
    public Flux<KnownPeer> peers(String scope) {
        return kept.peers(scope);
    }

    @Override
    public Mono<Integer> pruneTombstones(long deletedBefore, long heardSince) {
        return kept.pruneTombstones(deletedBefore, heardSince);
    }

    @Override
    public Mono<Void> clear() {
        return kept.clear();
    }

    @Override
    public Mono<Void> close() {
        return kept.close();
    }
}
