package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.records.Touched.Held;
import io.stitch.reactive.internal.records.Touched.Watchers;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * The records of one scope, by entity and in the order of their ids, and those who watch them.
 *
 * <p>Changed on the store's worker, read from any thread without locks.
 */
public final class ScopeRecords {
    private final String key;
    private final Map<String, ConcurrentSkipListMap<String, StoredRecord>> byEntity = new ConcurrentHashMap<>();
    private final ChangeHub hub;
    private final Predicate<RecordKey> pending;
    private final Watchers watchers = new Watchers();
    private final AtomicInteger pendingChanges = new AtomicInteger();
    private final Sinks.Many<Boolean> revisions = Sinks.many().multicast().directBestEffort();
    private boolean turned; // On the worker.

    ScopeRecords(String key, Predicate<RecordKey> pending, StoreObserver observer) {
        this.key = key;
        this.pending = pending;
        this.hub = new ChangeHub(pending, observer);
    }

    /**
     * {@return the scope's key}
     */
    public String key() {
        return key;
    }

    /**
     * {@return where subscribers of this scope's changes attach}
     */
    public ChangeHub hub() {
        return hub;
    }

    /**
     * The records of one entity, in the order of their ids.
     *
     * @param entity the entity
     * @return a view that changes with the scope
     */
    public Collection<StoredRecord> of(String entity) {
        ConcurrentSkipListMap<String, StoredRecord> records = byEntity.get(entity);
        return records == null ? List.of() : records.values();
    }

    /**
     * Finds a record.
     *
     * @param entity its entity
     * @param id its id
     * @return the record, or {@code null}
     */
    public @Nullable StoredRecord get(String entity, String id) {
        ConcurrentSkipListMap<String, StoredRecord> records = byEntity.get(entity);
        return records == null ? null : records.get(id);
    }

    /**
     * {@return every record, entity after entity} A copy.
     */
    public List<StoredRecord> all() {
        List<StoredRecord> all = new ArrayList<>();
        byEntity.values().forEach(records -> all.addAll(records.values()));
        return all;
    }

    /**
     * Signals that records changed, at once on subscription and then at the end of each batch of changes. Hot; a slow
     * subscriber gets one signal for all that it missed. Signals come on the store's worker.
     *
     * @return the signals; completes when the scope is closed, and at once if it is
     */
    public Flux<Boolean> revisions() {
        return Flux.defer(() -> hub.isCompleted()
                        ? Flux.<Boolean>empty()
                        : Flux.merge(revisions.asFlux().onBackpressureLatest(), Flux.just(Boolean.TRUE)))
                .onBackpressureLatest();
    }

    /**
     * Begins to collect what changes of an entity's records, for a reader who begins with those that are there now. On the worker.
     *
     * @param entity the entity
     * @return what changes, to be given to {@link #unwatch} in the end
     */
    public Touched watch(String entity) {
        Touched watcher = new Touched(entity, held(entity));
        watchers.add(watcher);
        return watcher;
    }

    /**
     * Ends what {@link #watch} began. Any thread.
     *
     * @param watcher what collected
     */
    public void unwatch(Touched watcher) {
        watchers.remove(watcher);
    }

    List<Held> held(String entity) {
        List<Held> held = new ArrayList<>();
        of(entity).forEach(record -> held.add(new Held(record, pending.test(record.key()))));
        return held;
    }

    Watchers watchers() {
        return watchers;
    }

    /**
     * {@return a number that is another one when other records of the scope have pending writes} It changes right before the signal
     * of {@link #revisions}, when all that it tells of can be seen: whoever finds it unchanged has missed nothing.
     */
    public int pendingChanges() {
        return pendingChanges.get();
    }

    /** Other records will have pending writes at the next signal. */
    void pendingChanged() {
        turned = true;
    }

    void put(StoredRecord record) {
        byEntity.computeIfAbsent(record.entity(), entity -> new ConcurrentSkipListMap<>(RecordKey::compareTexts))
                .put(record.id(), record);
    }

    void remove(StoredRecord record) {
        ConcurrentSkipListMap<String, StoredRecord> records = byEntity.get(record.entity());
        if (records != null) {
            records.remove(record.id());
        }
    }

    void signalRevision() {
        if (turned) {
            turned = false;
            pendingChanges.incrementAndGet();
        }
        watchers.settle();
        revisions.tryEmitNext(Boolean.TRUE);
    }

    void complete() {
        hub.complete();
        watchers.complete();
        revisions.tryEmitComplete();
    }
}
