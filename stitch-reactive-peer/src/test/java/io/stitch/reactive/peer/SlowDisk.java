package io.stitch.reactive.peer;

import io.stitch.reactive.InMemoryPersistence;
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
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.util.Collection;

/** A disk that takes its time. */
final class SlowDisk implements Persistence {
    private final InMemoryPersistence disk;
    private final Scheduler time;
    private final Duration latency;

    SlowDisk(InMemoryPersistence disk, Scheduler time, Duration latency) {
        this.disk = disk;
        this.time = time;
        this.latency = latency;
    }

    private <T> Mono<T> slowly(Mono<T> answer) {
        return Mono.delay(latency, time).then(answer);
    }

    private <T> Flux<T> slowlyMany(Flux<T> answer) {
        return Mono.delay(latency, time).thenMany(answer);
    }

    @Override
    public Mono<Opened> open(OpenRequest request) {
        return slowly(disk.open(request));
    }

    @Override
    public Mono<Void> apply(Batch batch) {
        return slowly(Mono.defer(() -> disk.apply(batch)));
    }

    @Override
    public Flux<StoredRecord> load(String scope) {
        return slowlyMany(disk.load(scope));
    }

    @Override
    public Flux<StoredRecord> find(Collection<RecordKey> keys) {
        return slowlyMany(disk.find(keys));
    }

    @Override
    public Flux<StoredRecord> list(ListRequest request) {
        return slowlyMany(disk.list(request));
    }

    @Override
    public Flux<Tombstone> tombstones(String scope) {
        return slowlyMany(disk.tombstones(scope));
    }

    @Override
    public Flux<KnownPeer> peers(String scope) {
        return slowlyMany(disk.peers(scope));
    }

    @Override
    public Mono<Integer> pruneTombstones(long deletedBefore, long heardSince) {
        return slowly(disk.pruneTombstones(deletedBefore, heardSince));
    }

    @Override
    public Mono<Void> clear() {
        return disk.clear();
    }

    @Override
    public Mono<Void> close() {
        return disk.close();
    }
}
