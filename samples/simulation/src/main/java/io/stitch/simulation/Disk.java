package io.stitch.simulation;

import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KnownPeer;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.Tombstone;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

/** A disk, which outlives the process that uses it. It takes its time, fails, and can be copied. */
public final class Disk {
    private final InMemoryPersistence kept = new InMemoryPersistence();
    private final DiskFaults faults;
    private final String mode;

    /**
     * Makes an empty one.
     *
     * @param faults what goes wrong on it
     * @param mode the name of the sync mode that it is used in
     */
    public Disk(DiskFaults faults, String mode) {
        this.faults = faults;
        this.mode = mode;
    }

    /**
     * {@return what goes wrong on it}
     */
    public DiskFaults faults() {
        return faults;
    }

    /**
     * {@return the pending writes on it, whoever made them}
     */
    public List<PendingWrite> rows() {
        return opened().pending();
    }

    private Persistence.Opened opened() {
        return now(kept.open(OpenRequest.of(mode)));
    }

    /**
     * Lists the records of an entity on it.
     *
     * @param entity the entity
     * @return the records
     */
    public List<StoredRecord> records(String entity) {
        return now(kept.list(new ListRequest(entity, List.of(), List.of(), List.of(), Integer.MAX_VALUE, 0))
                .collectList());
    }

    private static <T> T now(Mono<T> answer) {
        T value = answer.block();
        if (value == null) {
            throw new IllegalStateException("A disk in memory answers at once.");
        }
        return value;
    }

    /**
     * Copies what is on it to another one.
     *
     * @param copy the other one, empty
     * @param entities which entities
     * @param scopes which scopes
     */
    public void copyTo(Disk copy, List<String> entities, List<String> scopes) {
        Batch batch = new Batch();
        opened().facts().forEach(batch::put);
        copy.opened();
        rows().forEach(batch::put);
        entities.forEach(entity -> records(entity).forEach(batch::put));
        for (String scope : scopes) {
            now(kept.tombstones(scope).collectList()).forEach(batch::put);
            now(kept.peers(scope).collectList()).forEach(batch::put);
        }
        copy.kept.apply(batch).block();
    }

    /**
     * Puts it into a machine.
     *
     * @param lane the thread that works with it
     * @return the disk, as a process sees it
     */
    public Mount mount(Lane lane) {
        return new Mount(lane);
    }

    /** A disk in a machine: from the moment it is torn out, it takes and tells nothing any more. */
    public final class Mount implements Persistence {
        private final Lane lane;
        private @Nullable Batch inFlight;
        private boolean writing;
        private boolean behind;
        private long keptAt;
        private boolean torn;
        private boolean unread;
        private int readings;

        Mount(Lane lane) {
            this.lane = lane;
        }

        /** Tears it out. What was being written is on it, as a whole, or is not. */
        public void tear() {
            torn = true;
            Batch batch = inFlight;
            if (batch != null && faults.evenChance()) {
                kept.apply(batch).block();
            }
        }

        /**
         * {@return whether everything is on it that was meant to be: nothing is being written, and the last batch did not fail}
         */
        public boolean isUpToDate() {
            return !writing && !behind;
        }

        /**
         * {@return whether something is being read}
         */
        public boolean isRead() {
            return readings > 0;
        }

        /**
         * {@return when it last took a batch and said so, as the time that had elapsed}
         */
        public long keptAt() {
            return keptAt;
        }

        /**
         * {@return whether a read failed: what was to be read then is shown only when it is read again, or comes from others}
         */
        public boolean isUnread() {
            return unread;
        }

        private static PersistenceException failure(String what) {
            return new PersistenceException(PersistenceException.Reason.FAILED, "The disk fails " + what, null);
        }

        private Mono<Long> after(long millis) {
            return millis == 0 ? Mono.just(0L) : Mono.delay(Duration.ofMillis(millis), lane);
        }

        private <T> Flux<T> read(Flux<T> answer) {
            return Flux.defer(() -> {
                boolean fails = faults.nextReadFails();
                readings++;
                return after(faults.delayMillis() + faults.readDelayMillis)
                        .flatMapMany(waited -> {
                            if (torn) {
                                return Flux.never();
                            }
                            unread |= fails;
                            return fails ? Flux.error(failure("to read.")) : answer;
                        })
                        .doFinally(end -> readings--);
            });
        }

        @Override
        public Mono<Opened> open(OpenRequest request) {
            return read(kept.open(request).flux()).next();
        }

        @Override
        public Mono<Void> apply(Batch batch) {
            return Mono.defer(() -> {
                boolean fails = faults.nextBatchFails();
                boolean writes = !fails || faults.failsAfterWriting;
                inFlight = writes ? batch : null;
                writing = true;
                return after(faults.delayMillis()).flatMap(waited -> {
                    if (torn) {
                        return Mono.<Void>never();
                    }
                    inFlight = null;
                    writing = false;
                    behind = fails;
                    keptAt = fails ? keptAt : Run.current().time().elapsed();
                    Mono<Void> written = writes ? kept.apply(batch) : Mono.empty();
                    return fails ? written.then(Mono.<Void>error(failure("to write."))) : written;
                });
            });
        }

        @Override
        public Flux<StoredRecord> load(String scope) {
            return read(kept.load(scope));
        }

        @Override
        public Flux<StoredRecord> find(Collection<RecordKey> keys) {
            return read(kept.find(keys));
        }

        @Override
        public Flux<StoredRecord> list(ListRequest request) {
            return read(kept.list(request));
        }

        @Override
        public Flux<Tombstone> tombstones(String scope) {
            return read(kept.tombstones(scope));
        }

        @Override
        public Flux<KnownPeer> peers(String scope) {
            return read(kept.peers(scope));
        }

        @Override
        public Mono<Integer> pruneTombstones(long deletedBefore, long heardSince) {
            return read(kept.pruneTombstones(deletedBefore, heardSince).flux()).next();
        }

        @Override
        public Mono<Void> clear() {
            return Mono.defer(() -> torn ? Mono.never() : kept.clear());
        }

        @Override
        public Mono<Void> close() {
            return kept.close();
        }
    }
}
