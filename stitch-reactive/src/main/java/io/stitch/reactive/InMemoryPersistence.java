package io.stitch.reactive;

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

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Keeps everything in the memory of this process, beyond the life of one store: for tests that close a store and open it
 * again. Thread-safe; never blocks for longer than copying a batch takes.
 */
public final class InMemoryPersistence implements Persistence {
    private final Map<RecordKey, StoredRecord> records = new HashMap<>();
    private final NavigableMap<Long, PendingWrite> pending = new TreeMap<>();
    private final Map<Batch.Place, Tombstone> tombstones = new HashMap<>();
    private final Map<Batch.Heard, KnownPeer> peers = new HashMap<>();
    private final Map<String, String> facts = new HashMap<>();
    private final Object lock = new Object();

    /** Makes an empty one. */
    public InMemoryPersistence() {}

    @Override
    public Mono<Opened> open(OpenRequest request) {
        return locked(() -> {
            request.requireSameMode(facts.get(SYNC_MODE));
            facts.put(SYNC_MODE, request.mode());
            return new Opened(facts, new ArrayList<>(pending.values()));
        });
    }

    @Override
    public Mono<Void> apply(Batch batch) {
        return locked(() -> {
                    if (batch.forgetsRecords()) {
                        records.clear();
                        tombstones.clear();
                        peers.clear();
                    }
                    batch.keptRecords().forEach(record -> records.put(record.key(), record));
                    batch.removedRecords().forEach(records::remove);
                    batch.keptWrites().forEach(write -> pending.put(write.sequence(), write));
                    batch.removedWrites().forEach(pending::remove);
                    batch.keptTombstones()
                            .forEach(each -> tombstones.put(new Batch.Place(each.scope(), each.key()), each));
                    batch.removedTombstones().forEach(tombstones::remove);
                    batch.keptPeers().forEach(each -> peers.put(new Batch.Heard(each.scope(), each.peer()), each));
                    batch.removedPeers().forEach(peers::remove);
                    facts.putAll(batch.facts());
                    return batch;
                })
                .then();
    }

    @Override
    public Flux<StoredRecord> load(String scope) {
        return sorted(records, record -> record.scope().equals(scope), Comparator.comparing(StoredRecord::key));
    }

    @Override
    public Flux<StoredRecord> find(Collection<RecordKey> keys) {
        return Flux.fromIterable(keys).mapNotNull(this::get);
    }

    private @Nullable StoredRecord get(RecordKey key) {
        synchronized (lock) {
            return records.get(key);
        }
    }

    @Override
    public Flux<StoredRecord> list(ListRequest request) {
        return locked(() -> request.answeredFrom(records.values())).flatMapIterable(list -> list);
    }

    @Override
    public Flux<Tombstone> tombstones(String scope) {
        return sorted(
                tombstones,
                each -> each.scope().equals(scope),
                Comparator.comparingLong(Tombstone::deletedAt).thenComparing(Tombstone::key));
    }

    @Override
    public Flux<KnownPeer> peers(String scope) {
        return sorted(
                peers,
                each -> each.scope().equals(scope),
                Comparator.comparingLong(KnownPeer::heardAt).thenComparing(KnownPeer::peer));
    }

    @Override
    public Mono<Integer> pruneTombstones(long deletedBefore, long heardSince) {
        return locked(() -> {
            int before = tombstones.size();
            tombstones.values().removeIf(each -> each.deletedAt() < deletedBefore && !isNeeded(each, heardSince));
            return before - tombstones.size();
        });
    }

    private boolean isNeeded(Tombstone tombstone, long heardSince) {
        return peers.values().stream()
                .anyMatch(peer -> peer.scope().equals(tombstone.scope())
                        && peer.heardAt() >= heardSince
                        && peer.cleanAt() <= tombstone.deletedAt());
    }

    @Override
    public Mono<Void> clear() {
        return Mono.fromRunnable(() -> {
            synchronized (lock) {
                records.clear();
                pending.clear();
                tombstones.clear();
                peers.clear();
                facts.clear();
            }
        });
    }

    @Override
    public Mono<Void> close() {
        return Mono.empty();
    }

    private <T> Mono<T> locked(Supplier<T> task) {
        return Mono.fromSupplier(() -> {
            synchronized (lock) {
                return task.get();
            }
        });
    }

    private <T> Flux<T> sorted(Map<?, T> from, Predicate<T> which, Comparator<T> order) {
        return locked(() -> from.values().stream().filter(which).sorted(order).toList())
                .flatMapIterable(list -> list);
    }
}
