package io.stitch.reactive.peer;

import io.stitch.reactive.PersistenceException;
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

/** A disk that fails as often as it is told to, and hands over late what it has read at once. */
final class FickleDisk implements Persistence {
    private final Persistence disk;
    private final Scheduler time;
    /** How many openings, readings and batches fail from now on. */
    int failingOpens;

    int failingReads;
    int failingBatches;
    /** How long what was read is on its way. */
    Duration late = Duration.ZERO;

    FickleDisk(Persistence disk, Scheduler time) {
        this.disk = disk;
        this.time = time;
    }

    private static PersistenceException failed(String what) {
        return new PersistenceException(PersistenceException.Reason.FAILED, what + " failed.", null);
    }

    private <T> Flux<T> read(Flux<T> answer) {
        return Flux.defer(() -> {
            if (failingReads > 0) {
                failingReads--;
                return Flux.error(failed("The reading"));
            }
            return late.isZero()
                    ? answer
                    : answer.collectList().delayElement(late, time).flatMapIterable(list -> list);
        });
    }

    @Override
    public Mono<Opened> open(OpenRequest request) {
        return Mono.defer(() -> failingOpens-- > 0 ? Mono.error(failed("The opening")) : disk.open(request));
    }

    @Override
    public Mono<Void> apply(Batch batch) {
        return Mono.defer(() -> failingBatches-- > 0 ? Mono.error(failed("The batch")) : disk.apply(batch));
    }

    @Override
    public Flux<StoredRecord> load(String scope) {
        return read(disk.load(scope));
    }

    @Override
    public Flux<StoredRecord> find(Collection<RecordKey> keys) {
        return read(disk.find(keys));
    }

    @Override
    public Flux<StoredRecord> list(ListRequest request) {
        return read(disk.list(request));
    }

    @Override
    public Flux<Tombstone> tombstones(String scope) {
        return read(disk.tombstones(scope));
    }

    @Override
    public Flux<KnownPeer> peers(String scope) {
        return read(disk.peers(scope));
    }

    @Override
    public Mono<Integer> pruneTombstones(long deletedBefore, long heardSince) {
        return disk.pruneTombstones(deletedBefore, heardSince);
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
