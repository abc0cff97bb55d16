package io.stitch.reactive.store;

import io.stitch.reactive.store.RecordChange.Kind;
import io.stitch.reactive.store.RecordChange.Origin;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The records of every open scope, in memory.
 *
 * <p>All changes are made on the store's one serial worker. Reads need no lock and may come from any thread; they see
 * each record whole, and a scope as it is between two changes or in the middle of several.
 *
 * <p>Only open scopes have records here: opening one makes its {@link ScopeRecords}, dropping it frees them.
 */
public final class RecordStore {
    private final Map<String, ScopeRecords> scopes = new ConcurrentHashMap<>();
    private final Map<RecordKey, StoredRecord> records = new ConcurrentHashMap<>();
    private final Set<ScopeRecords> dirty = new LinkedHashSet<>();

    /** Makes an empty store. */
    public RecordStore() {}

    /**
     * Names the set of records of an entity that belongs to no scope.
     *
     * @param entity the entity
     * @return a key that no scope id can equal
     */
    public static String topLevel(String entity) {
        return '#' + entity;
    }

    /**
     * Opens a scope. On the worker.
     *
     * @param scope its key
     * @return its records, the same ones while it stays open
     */
    public ScopeRecords open(String scope) {
        return scopes.computeIfAbsent(scope, ScopeRecords::new);
    }

    /**
     * Forgets a scope and its records; its subscribers are completed. On the worker.
     *
     * @param scope its key
     */
    public void drop(String scope) {
        ScopeRecords dropped = scopes.remove(scope);
        if (dropped != null) {
            dirty.remove(dropped);
            dropped.all().forEach(record -> records.remove(record.key(), record));
            dropped.complete();
        }
    }

    /**
     * Finds an open scope. Any thread.
     *
     * @param scope its key
     * @return its records, or {@code null} if it is not open
     */
    public @Nullable ScopeRecords scope(String scope) {
        return scopes.get(scope);
    }

    /**
     * {@return the keys of the open scopes} Any thread.
     */
    public Collection<String> openScopes() {
        return scopes.keySet();
    }

    /**
     * Finds a record in any open scope. Any thread.
     *
     * @param key its identity
     * @return the record, or {@code null}
     */
    public @Nullable StoredRecord get(RecordKey key) {
        return records.get(key);
    }

    /**
     * Puts a record, whatever was there. If it was held in another scope it moves, and both scopes' subscribers see that;
     * if its new scope is not open it only leaves the old one. On the worker.
     *
     * @param record the record
     * @param origin who did it
     */
    public void put(StoredRecord record, Origin origin) {
        StoredRecord before = records.get(record.key());
        if (before != null && !before.scope().equals(record.scope())) {
            remove(before, origin);
            before = null;
        }
        ScopeRecords target = scopes.get(record.scope());
        if (target == null) {
            return;
        }
        records.put(record.key(), record);
        target.put(record);
        changed(target, new RecordChange(before == null ? Kind.CREATED : Kind.UPDATED, record, origin));
    }

    /**
     * Removes a record that the store holds. On the worker.
     *
     * @param record the record as held
     * @param origin who did it
     */
    public void remove(StoredRecord record, Origin origin) {
        if (!records.remove(record.key(), record)) {
            return;
        }
        ScopeRecords scope = scopes.get(record.scope());
        if (scope != null) {
            scope.remove(record);
            changed(scope, new RecordChange(Kind.DELETED, record, origin));
        }
    }

    /** Tells the subscribers of lists that a batch of changes is over. On the worker. */
    public void flush() {
        if (!dirty.isEmpty()) {
            dirty.forEach(ScopeRecords::signalRevision);
            dirty.clear();
        }
    }

    /** Drops every scope. On the worker. */
    public void close() {
        Set.copyOf(scopes.keySet()).forEach(this::drop);
    }

    private void changed(ScopeRecords scope, RecordChange change) {
        dirty.add(scope);
        scope.hub().emit(change);
    }
}
