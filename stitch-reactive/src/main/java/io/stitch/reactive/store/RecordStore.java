package io.stitch.reactive.store;

import io.stitch.reactive.persistence.RecordKey;
import io.stitch.reactive.persistence.StoredRecord;
import io.stitch.reactive.store.RecordChange.Kind;
import io.stitch.reactive.store.RecordChange.Origin;
import io.stitch.reactive.wire.Json;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The records of every open scope, in memory: as the server holds them, and on top of that what this client wrote and the server
 * has not settled yet. Subscribers and readers see the one with the other applied.
 *
 * <p>All changes are made on the store's one serial worker. Reads need no lock and may come from any thread; they see
 * each record whole, and a scope as it is between two changes or in the middle of several.
 *
 * <p>Only open scopes have records here: opening one makes its {@link ScopeRecords}, dropping it frees them.
 */
public final class RecordStore {
    private final ScopeKeys scopeKeys;
    private final Journal journal;
    private final FieldIndex index;
    private final StoreObserver observer;
    private final Map<String, ScopeRecords> scopes = new ConcurrentHashMap<>();
    private final Map<RecordKey, StoredRecord> shown = new ConcurrentHashMap<>();
    private final Map<RecordKey, PendingRecord> pending = new ConcurrentHashMap<>();
    private final Set<ScopeRecords> dirty = new LinkedHashSet<>();
    private final PendingRoots pendingRoots;
    private @Nullable Map<Place, Seen> batch;
    private boolean stamped;

    /** A record in the eyes of one scope's subscribers. */
    private record Place(String scope, RecordKey key) {}

    /** What subscribers saw of a record before a batch, whether it was pending, and who changed it last. */
    private record Seen(@Nullable StoredRecord before, boolean pending, Origin origin) {}

    /**
     * Makes an empty store.
     *
     * @param scopeKeys tells where records belong
     * @param journal keeps what the server confirmed
     * @param rules the rules, whose fields are indexed
     */
    public RecordStore(ScopeKeys scopeKeys, Journal journal, WriteRules rules) {
        this(scopeKeys, journal, rules, StoreObserver.NONE);
    }

    /**
     * Makes an empty store that is observed.
     *
     * @param scopeKeys tells where records belong
     * @param journal keeps what the server confirmed
     * @param rules the rules, whose fields are indexed
     * @param observer is told of each change
     */
    public RecordStore(ScopeKeys scopeKeys, Journal journal, WriteRules rules, StoreObserver observer) {
        this.scopeKeys = scopeKeys;
        this.journal = journal;
        this.index = rules.index();
        this.observer = observer;
        this.pendingRoots = new PendingRoots(scopeKeys.schema().root());
    }

    /**
     * {@return the roots with pending writes, whether their scopes are open or not}
     */
    public PendingRoots pendingRoots() {
        return pendingRoots;
    }

    /**
     * Opens a scope. On the worker.
     *
     * @param scope its key
     * @return its records, the same ones while it stays open
     */
    public ScopeRecords open(String scope) {
        ScopeRecords open = scopes.get(scope);
        if (open != null) {
            return open;
        }
        ScopeRecords opened = new ScopeRecords(scope, this::isPending, observer);
        scopes.put(scope, opened);
        for (PendingRecord record : pending.values()) {
            StoredRecord visible = record.shown();
            if (visible != null && visible.scope().equals(scope)) {
                show(record.key(), visible, Origin.STORED);
            }
        }
        return opened;
    }

    /**
     * Forgets a scope and its records; its subscribers are completed. Pending writes stay. On the worker.
     *
     * @param scope its key
     */
    public void drop(String scope) {
        ScopeRecords dropped = scopes.remove(scope);
        if (dropped != null) {
            dirty.remove(dropped);
            dropped.all().forEach(record -> {
                if (shown.remove(record.key(), record)) {
                    index.changed(record.entity(), record, null);
                }
            });
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
     * Finds a record in any open scope, as subscribers see it. Any thread.
     *
     * @param key its identity
     * @return the record, or {@code null}
     */
    public @Nullable StoredRecord get(RecordKey key) {
        return shown.get(key);
    }

    /**
     * Finds a record as the server last confirmed it, without what is pending. On the worker.
     *
     * @param key its identity
     * @return the record, or {@code null}
     */
    public @Nullable StoredRecord server(RecordKey key) {
        PendingRecord record = pending.get(key);
        return record == null ? shown.get(key) : record.server();
    }

    /**
     * The records of a scope as the server last confirmed them: one with a pending delete is among them, and so is, at version
     * 0, one that the server has never acknowledged. On the worker.
     *
     * @param scope its key
     * @return a copy
     */
    public List<StoredRecord> serverRecords(String scope) {
        ScopeRecords open = scopes.get(scope);
        List<StoredRecord> records = new ArrayList<>();
        if (open != null) {
            open.all().stream()
                    .filter(record -> !pending.containsKey(record.key()))
                    .forEach(records::add);
        }
        for (PendingRecord record : pending.values()) {
            StoredRecord known = record.isAcknowledged() ? record.server() : record.shown();
            if (known != null && known.scope().equals(scope)) {
                records.add(known);
            }
        }
        return records;
    }

    /**
     * Tells whether a record has writes that the server has not settled. Any thread.
     *
     * @param key its identity
     * @return whether it has
     */
    public boolean isPending(RecordKey key) {
        return pending.containsKey(key);
    }

    /**
     * Tells whether a record of a scope has writes that the server has not settled. One that they delete belongs to the scope that
     * it was deleted in. Any thread.
     *
     * @param key its identity
     * @param scope the scope's key
     * @return whether it has
     */
    public boolean isPending(RecordKey key, String scope) {
        PendingRecord record = pending.get(key);
        return record != null && isIn(record, scope);
    }

    /**
     * Finds the records of a scope that have writes which the server has not settled. Any thread.
     *
     * @param entity their entity
     * @param scope the scope's key
     * @return their ids, a copy
     */
    public Set<String> pendingIds(String entity, String scope) {
        return pending.values().stream()
                .filter(record -> record.key().entity().equals(entity) && isIn(record, scope))
                .map(record -> record.key().id())
                .collect(Collectors.toUnmodifiableSet());
    }

    private boolean isIn(PendingRecord record, String scope) {
        StoredRecord visible = shown.get(record.key());
        return (visible == null ? record.scope() : visible.scope()).equals(scope);
    }

    /**
     * Finds a record as subscribers see it, whether its scope is open or not if it has pending writes. On the worker.
     *
     * @param key its identity
     * @return the record, or {@code null}
     */
    public @Nullable StoredRecord shown(RecordKey key) {
        StoredRecord visible = shown.get(key);
        PendingRecord record = visible == null ? pending.get(key) : null;
        return record == null ? visible : record.shown();
    }

    /**
     * The records with pending writes, as subscribers see them or would if their scope were open. On the worker.
     *
     * @param entity their entity
     * @return each of them; empty for one that a pending write deletes
     */
    public Map<RecordKey, Optional<StoredRecord>> shownPending(String entity) {
        Map<RecordKey, Optional<StoredRecord>> records = new HashMap<>();
        for (PendingRecord record : pending.values()) {
            if (record.key().entity().equals(entity)) {
                records.put(record.key(), Optional.ofNullable(record.shown()));
            }
        }
        return records;
    }

    /**
     * Takes what the server holds now, whatever was there. If the record was held in another scope it moves, and both scopes'
     * subscribers see that; if its new scope is not open it only leaves the old one. Local writes stay on top. On the worker.
     *
     * @param record the record
     * @param origin who did it
     */
    public void put(StoredRecord record, Origin origin) {
        journal.put(record);
        PendingRecord local = pending.get(record.key());
        if (local == null) {
            show(record.key(), record, origin);
        } else {
            local.server(record);
            refresh(local, origin);
        }
    }

    /**
     * Puts a record that was kept on disk. On the worker.
     *
     * @param record the record
     */
    public void restore(StoredRecord record) {
        PendingRecord local = pending.get(record.key());
        if (local == null && shown.get(record.key()) == null) { // What came meanwhile is newer.
            show(record.key(), record, Origin.STORED);
        } else if (local != null && !local.isAcknowledged()) {
            local.server(record);
            refresh(local, Origin.STORED);
        }
    }

    /**
     * Takes that the server holds a record no more. It stays visible while local writes of it are pending. On the worker.
     *
     * @param key the record
     * @param origin who did it
     */
    public void remove(RecordKey key, Origin origin) {
        journal.remove(key);
        PendingRecord local = pending.get(key);
        if (local == null) {
            show(key, null, origin);
        } else {
            local.server(null);
            refresh(local, origin);
        }
    }

    /** Tells the subscribers of lists that a batch of changes is over, and hands the changes on to be kept. On the worker. */
    public void flush() {
        flushLists();
        journal.commit();
    }

    /**
     * Holds back what would bring more changes while too many wait for the disk. On the worker.
     *
     * @param task asks for more; runs on the worker, at once or when the disk has kept up
     */
    public void whenKeptUp(Runnable task) {
        journal.whenKeptUp(task);
    }

    /** Tells the subscribers of lists that a batch of changes is over. */
    void flushLists() {
        if (!dirty.isEmpty()) {
            dirty.forEach(ScopeRecords::signalRevision);
            dirty.clear();
        }
        pendingRoots.signalRevision();
    }

    /**
     * Makes several changes that subscribers see as one per record. On the worker.
     *
     * @param changes makes the changes
     */
    void batch(Runnable changes) {
        if (batch != null) {
            changes.run();
            return;
        }
        Map<Place, Seen> collected = new LinkedHashMap<>();
        batch = collected;
        try {
            changes.run();
        } finally {
            batch = null;
            collected.forEach(this::emitFolded);
        }
    }

    private void emitFolded(Place place, Seen seen) {
        ScopeRecords scope = scopes.get(place.scope());
        StoredRecord now = scope == null
                ? null
                : scope.get(place.key().entity(), place.key().id());
        StoredRecord before = seen.before();
        boolean isPending = isPending(place.key());
        if (scope == null || (isSame(before, now) && (now == null || seen.pending() == isPending))) {
            return;
        }
        if (now == null) {
            emit(scope, new RecordChange(Kind.DELETED, Objects.requireNonNull(before), seen.origin(), isPending));
        } else {
            emit(scope, new RecordChange(before == null ? Kind.CREATED : Kind.UPDATED, now, seen.origin(), isPending));
        }
    }

    // ---- what pending writes need; on the worker ----

    ScopeKeys scopeKeys() {
        return scopeKeys;
    }

    @Nullable
    PendingRecord pending(RecordKey key) {
        return pending.get(key);
    }

    Collection<PendingRecord> pending() {
        return pending.values();
    }

    /** From now on, writes are in the records themselves and not on top of them. */
    void stamped() {
        stamped = true;
    }

    /** Begins to keep the server's state of a record apart from what is shown, if a write in a scope is its first. */
    PendingRecord pend(RecordKey key, String scope) {
        PendingRecord record = pending.get(key);
        if (record == null) {
            StoredRecord visible = shown.get(key);
            record = new PendingRecord(key, scopeKeys, visible, stamped);
            turning(record, scope, visible, Origin.LOCAL);
            pending.put(key, record);
        }
        record.writtenIn(scope);
        return record;
    }

    /** A record is about to become pending, or to be so no more. */
    private void turning(PendingRecord record, String scope, @Nullable StoredRecord visible, Origin origin) {
        ScopeRecords seenIn = scopes.get(visible == null ? scope : visible.scope());
        if (seenIn != null) {
            seenIn.pendingChanged();
            dirty.add(seenIn);
            if (visible != null) {
                remember(seenIn, visible, record.key(), origin);
            }
        }
    }

    /**
     * Shows a record with its writes, and lets go of what was kept apart when there are none any more. Its subscribers hear that it
     * is pending, and that it is so no more, even if it looks the same.
     */
    void refresh(PendingRecord record, Origin origin) {
        RecordKey key = record.key();
        StoredRecord visible = shown.get(key);
        boolean settled = record.writes().isEmpty();
        if (settled) {
            turning(record, record.scope(), visible, origin);
            pending.remove(key);
        }
        StoredRecord next = record.shown();
        if (settled || record.announce()) {
            show(key, next, origin);
        } else {
            showIfChanged(key, next, origin);
        }
    }

    /** Shows a record unless its subscribers see the same already. */
    private void showIfChanged(RecordKey key, @Nullable StoredRecord next, Origin origin) {
        if (!isSame(shown.get(key), next)) {
            show(key, next, origin);
        } else if (next != null) {
            replaceInSilence(next);
        }
    }

    private void replaceInSilence(StoredRecord same) {
        ScopeRecords scope = scopes.get(same.scope());
        if (scope != null) {
            shown.put(same.key(), same);
            scope.put(same);
        }
    }

    /** Forgets what is pending, and shows what the server last confirmed. */
    void forgetPending(Origin origin) {
        List<PendingRecord> forgotten = List.copyOf(pending.values());
        for (PendingRecord record : forgotten) {
            record.writes().clear();
            refresh(record, origin);
        }
    }

    /** Drops every scope. On the worker. */
    public void close() {
        Set.copyOf(scopes.keySet()).forEach(this::drop);
        pendingRoots.complete();
    }

    private static boolean isSame(@Nullable StoredRecord one, @Nullable StoredRecord other) {
        if (one == null || other == null) {
            return one == null && other == null;
        }
        return one.version() == other.version()
                && one.scope().equals(other.scope())
                && (Arrays.equals(one.json(), other.json())
                        || Merge.isSame(Json.readObject(one.json()), Json.readObject(other.json())));
    }

    void show(RecordKey key, @Nullable StoredRecord next, Origin origin) {
        pendingRoots.changed(key, next, isPending(key));
        StoredRecord before = shown.get(key);
        if (before != null && (next == null || !before.scope().equals(next.scope()))) {
            leave(before, origin);
            before = null;
        }
        ScopeRecords target = next == null ? null : scopes.get(next.scope());
        if (next == null || target == null) {
            return;
        }
        remember(target, before, key, origin);
        index.changed(key.entity(), before, next);
        shown.put(key, next);
        target.put(next);
        changed(target, before == null ? Kind.CREATED : Kind.UPDATED, next, origin);
    }

    private void leave(StoredRecord record, Origin origin) {
        shown.remove(record.key());
        index.changed(record.entity(), record, null);
        ScopeRecords scope = scopes.get(record.scope());
        if (scope != null) {
            remember(scope, record, record.key(), origin);
            scope.remove(record);
            changed(scope, Kind.DELETED, record, origin);
        }
    }

    private void remember(ScopeRecords scope, @Nullable StoredRecord before, RecordKey key, Origin origin) {
        if (batch != null) {
            batch.merge(
                    new Place(scope.key(), key),
                    new Seen(before, isPending(key), origin),
                    (first, last) -> new Seen(first.before(), first.pending(), last.origin()));
        }
    }

    private void changed(ScopeRecords scope, Kind kind, StoredRecord record, Origin origin) {
        boolean isPending = isPending(record.key());
        if (isPending && kind != Kind.UPDATED) {
            scope.pendingChanged();
        }
        if (batch == null) {
            emit(scope, new RecordChange(kind, record, origin, isPending));
        }
    }

    private void emit(ScopeRecords scope, RecordChange change) {
        dirty.add(scope);
        scope.hub().emit(change);
        observer.changed(change);
    }
}
