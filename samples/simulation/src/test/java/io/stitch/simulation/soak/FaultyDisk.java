package io.stitch.simulation.soak;

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

import java.time.Duration;
import java.util.Collection;

/** A database on a disk that can be told to fail. */
final class FaultyDisk implements Persistence {
    private static final Duration SLOW = Duration.ofMillis(150);

    private final Persistence database;
    private final Faults faults;

    /** What is wrong with a disk; it outlives the databases that are opened on it. Thread-safe. */
    static final class Faults {
        private volatile boolean full;
        private volatile boolean unreadable;
        private volatile boolean slow;

        void full(boolean isFull) {
            full = isFull;
        }

        void unreadable(boolean isUnreadable) {
            unreadable = isUnreadable;
        }

        void slow(boolean isSlow) {
            slow = isSlow;
        }

        void heal() {
            full = false;
            unreadable = false;
            slow = false;
        }
    }

    FaultyDisk(Persistence database, Faults faults) {
        this.database = database;
        this.faults = faults;
    }

    private <T> Mono<T> writing(Mono<T> action) {
        return Mono.defer(() -> {
            if (faults.full) {
                return Mono.error(
                        new PersistenceException(PersistenceException.Reason.DISK_FULL, "The disk is full.", null));
            }
            return faults.slow ? Mono.delay(SLOW).then(action) : action;
        });
    }

    private <T> Flux<T> reading(Flux<T> action) {
        return Flux.defer(() -> {
            if (faults.unreadable) {
                return Flux.error(
                        new PersistenceException(PersistenceException.Reason.FAILED, "It cannot be read.", null));
            }
            return faults.slow ? Mono.delay(SLOW).thenMany(action) : action;
        });
    }

    @Override
    public Mono<Opened> open(OpenRequest request) {
        return writing(database.open(request));
    }

    @Override
    public Mono<Void> apply(Batch batch) {
        return writing(database.apply(batch));
    }

    @Override
    public Flux<StoredRecord> load(String scope) {
        return reading(database.load(scope));
    }

    @Override
    public Flux<StoredRecord> find(Collection<RecordKey> keys) {
        return reading(database.find(keys));
    }

    @Override
    public Flux<StoredRecord> list(ListRequest request) {
        return reading(database.list(request));
    }

    @Override
    public Flux<Tombstone> tombstones(String scope) {
        return reading(database.tombstones(scope));
    }

    @Override
    public Flux<KnownPeer> peers(String scope) {
        return reading(database.peers(scope));
    }

    @Override
    public Mono<Integer> pruneTombstones(long deletedBefore, long heardSince) {
        return writing(database.pruneTombstones(deletedBefore, heardSince));
    }

    @Override
    public Mono<Void> clear() {
        return writing(database.clear());
    }

    @Override
    public Mono<Void> close() {
        return database.close();
    }
}
