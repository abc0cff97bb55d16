package io.stitch.reactive.persistence;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Keeps everything in the memory of this process, beyond the life of one store: for tests that close a store and open it
 * again. Thread-safe; never blocks for longer than copying a batch takes.
 */
public final class InMemoryPersistence implements Persistence {
    private final Map<RecordKey, StoredRecord> records = new HashMap<>();
    private final NavigableMap<Long, PendingWrite> pending = new TreeMap<>();
    private final Map<String, String> metadata = new HashMap<>();

    /** Makes an empty one. */
    public InMemoryPersistence() {}

    @Override
    public Mono<Opened> open() {
        return Mono.fromSupplier(() -> {
            synchronized (records) {
                return new Opened(metadata, new ArrayList<>(pending.values()));
            }
        });
    }

    @Override
    public Mono<Void> apply(Batch batch) {
        return Mono.fromRunnable(() -> {
            synchronized (records) {
                if (batch.forgetsRecords()) {
                    records.clear();
                }
                batch.keptRecords().forEach(record -> records.put(record.key(), record));
                batch.removedRecords().forEach(records::remove);
                batch.keptWrites().forEach(write -> pending.put(write.sequence(), write));
                batch.removedWrites().forEach(pending::remove);
                metadata.putAll(batch.metadata());
            }
        });
    }

    @Override
    public Flux<StoredRecord> load(String scope) {
        return Flux.defer(() -> Flux.fromIterable(ofScope(scope)));
    }

    @Override
    public Flux<StoredRecord> find(Collection<RecordKey> keys) {
        return Flux.fromIterable(keys).mapNotNull(this::get);
    }

    private @Nullable StoredRecord get(RecordKey key) {
        synchronized (records) {
            return records.get(key);
        }
    }

    private List<StoredRecord> ofScope(String scope) {
        NavigableMap<RecordKey, StoredRecord> found = new TreeMap<>();
        synchronized (records) {
            records.values().stream()
                    .filter(record -> record.scope().equals(scope))
                    .forEach(record -> found.put(record.key(), record));
        }
        return List.copyOf(found.values());
    }

    @Override
    public Mono<Void> clear() {
        return Mono.fromRunnable(() -> {
            synchronized (records) {
                records.clear();
                pending.clear();
                metadata.clear();
            }
        });
    }

    @Override
    public Mono<Void> close() {
        return Mono.empty();
    }
}
