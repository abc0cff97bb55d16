package io.stitch.reactive.internal.records;

import io.stitch.reactive.RecordEvent.Operation;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.records.Touched.Held;
import io.stitch.reactive.internal.records.Touched.Watchers;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.Batch.Place;
import io.stitch.reactive.spi.RecordChange;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * What subscribers and readers see of the records of the open scopes, and what they are told of it. Changed on the worker; read from
 * any thread without locks.
 */
final class ShownRecords {
    private final FieldIndex index;
    private final StoreObserver observer;
    private final Predicate<RecordKey> pending;
    private final Map<String, ScopeRecords> scopes = new ConcurrentHashMap<>();
    private final Map<RecordKey, StoredRecord> shown = new ConcurrentHashMap<>();
    private final Set<ScopeRecords> dirty = new LinkedHashSet<>();
    private final PendingRoots pendingRoots;
    private final Watchers watchingOpen = new Watchers();
    private final Watchers watchingKept = new Watchers();
    private @Nullable Predicate<String> concealed;
    private @Nullable Predicate<StoredRecord> uncounted;
    private @Nullable Map<Place, Seen> batch;
    private @Nullable String tag;

    /** What subscribers saw of a record before a batch, whether it was pending, and who changed it last. */
    private record Seen(
            @Nullable StoredRecord before,
            boolean pending,
            Origin origin,
            @Nullable String tag) {}

    ShownRecords(String root, FieldIndex index, StoreObserver observer, Predicate<RecordKey> pending) {
        this.index = index;
        this.observer = observer;
        this.pending = pending;
        this.pendingRoots = new PendingRoots(root);
    }

    /** Sets which scopes show nothing. */
    void conceals(Predicate<String> scopes) {
        concealed = scopes;
    }

    /** Sets which records do not count, so that they are as if they were not there. */
    void disregards(Predicate<StoredRecord> records) {
        uncounted = records;
    }

    boolean conceals() {
        return concealed != null || uncounted != null;
    }

    boolean counts(StoredRecord record) {
        Predicate<StoredRecord> disregarded = uncounted;
        return disregarded == null || !disregarded.test(record);
    }

    boolean isHidden(StoredRecord record) {
        return isConcealed(record.scope()) || !counts(record);
    }

    boolean isConcealed(String scope) {
        Predicate<String> conceals = concealed;
        return conceals != null && conceals.test(scope);
    }

    /** Shows nothing of an open scope any more; those who watch it see its records go. */
    void conceal(String scope) {
        ScopeRecords open = scopes.get(scope);
        if (open != null) {
            for (StoredRecord record : open.all()) {
                pendingRoots.changed(record.key(), null, pending.test(record.key()));
                watchingKept.changed(record.key(), false, null);
                leave(record, Origin.REMOTE);
            }
        }
    }

    PendingRoots pendingRoots() {
        return pendingRoots;
    }

    /** Watches the records of an entity in all open scopes, also in those that are opened later. */
    Touched watchOpen(String entity) {
        List<Held> held = new ArrayList<>();
        scopes.values().forEach(scope -> held.addAll(scope.held(entity)));
        Touched watcher = new Touched(entity, held);
        watchingOpen.add(watcher);
        return watcher;
    }

    /** Watches the records of an entity whether their scopes are open or not. */
    Touched watchKept(String entity) {
        Touched watcher = new Touched(entity);
        watchingKept.add(watcher);
        return watcher;
    }

    void unwatch(Touched watcher) {
        watchingOpen.remove(watcher);
        watchingKept.remove(watcher);
    }

    /** All that is kept is forgotten. */
    void keptForgotten() {
        watchingKept.reload();
    }

    @Nullable
    ScopeRecords scope(String scope) {
        return scopes.get(scope);
    }

    /** Opens a scope that is not open, without records. */
    ScopeRecords open(String scope) {
        ScopeRecords opened = new ScopeRecords(scope, pending, observer);
        scopes.put(scope, opened);
        return opened;
    }

    void drop(String scope) {
        ScopeRecords dropped = scopes.remove(scope);
        if (dropped != null) {
            dirty.remove(dropped);
            dropped.all().forEach(record -> {
                if (shown.remove(record.key(), record)) {
                    index.changed(record.entity(), record, null);
                    watchingOpen.changed(record.key(), false, null);
                }
            });
            watchingOpen.settle();
            dropped.complete();
        }
    }

    @Nullable
    StoredRecord get(RecordKey key) {
        return shown.get(key);
    }

    boolean isInAnyScope(String entity, String id) {
        return scopes.values().stream().anyMatch(scope -> scope.get(entity, id) != null);
    }

    /** Tells the subscribers of lists that a batch of changes is over. */
    void flush() {
        if (!dirty.isEmpty()) {
            dirty.forEach(ScopeRecords::signalRevision);
            dirty.clear();
        }
        settleWatched();
        pendingRoots.signalRevision();
    }

    /** Tells those who watch more than one scope that a batch of changes is over. */
    void settleWatched() {
        watchingOpen.settle();
        watchingKept.settle();
    }

    void close() {
        // First: what ends with the store has not left it.
        watchingOpen.complete();
        watchingKept.complete();
        Set.copyOf(scopes.keySet()).forEach(this::drop);
        pendingRoots.complete();
    }

    /** A record became pending, or is so no more: those who watch its scope hear of that, too. */
    void turned(RecordKey key, String scope, @Nullable StoredRecord visible, boolean pending, Origin origin) {
        ScopeRecords seenIn = scopes.get(visible == null ? scope : visible.scope());
        if (seenIn != null) {
            seenIn.pendingChanged();
            dirty.add(seenIn);
            if (visible != null) {
                remember(seenIn, visible, key, !pending, origin);
            }
        }
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
        boolean isPending = pending.test(place.key());
        if (scope == null || (isSame(before, now) && (now == null || seen.pending() == isPending))) {
            return;
        }
        if (now == null) {
            emit(
                    scope,
                    new RecordChange(
                            Operation.DELETED, Objects.requireNonNull(before), seen.origin(), isPending, seen.tag()));
        } else {
            emit(
                    scope,
                    new RecordChange(
                            before == null ? Operation.CREATED : Operation.UPDATED,
                            now,
                            seen.origin(),
                            isPending,
                            seen.tag()));
        }
    }

    /** Marks what changes while something runs. */
    void tagged(@Nullable String with, Runnable changes) {
        String before = tag;
        tag = with;
        try {
            changes.run();
        } finally {
            tag = before;
        }
    }

    void show(RecordKey key, @Nullable StoredRecord state, Origin origin) {
        StoredRecord next = state == null || isHidden(state) ? null : state;
        boolean isPending = pending.test(key);
        pendingRoots.changed(key, next, isPending);
        if (!watchingKept.isEmpty()) {
            watchingKept.changed(key, false, next == null ? null : new Held(next, isPending));
        }
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
        changed(target, before == null ? Operation.CREATED : Operation.UPDATED, next, origin);
    }

    /** Shows a record unless its subscribers see the same already. */
    void showIfChanged(RecordKey key, @Nullable StoredRecord next, Origin origin) {
        if (!isSame(shown.get(key), next)) {
            show(key, next, origin);
        } else if (next != null && isHidden(next)) {
            show(key, null, origin);
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

    private void leave(StoredRecord record, Origin origin) {
        shown.remove(record.key());
        index.changed(record.entity(), record, null);
        ScopeRecords scope = scopes.get(record.scope());
        if (scope != null) {
            remember(scope, record, record.key(), origin);
            scope.remove(record);
            changed(scope, Operation.DELETED, record, origin);
        }
    }

    private void remember(ScopeRecords scope, @Nullable StoredRecord before, RecordKey key, Origin origin) {
        remember(scope, before, key, pending.test(key), origin);
    }

    private void remember(
            ScopeRecords scope, @Nullable StoredRecord before, RecordKey key, boolean isPending, Origin origin) {
        if (batch != null) {
            batch.merge(
                    new Place(scope.key(), key),
                    new Seen(before, isPending, origin, tag),
                    (first, last) -> new Seen(first.before(), first.pending(), last.origin(), last.tag()));
        }
    }

    private void changed(ScopeRecords scope, Operation kind, StoredRecord record, Origin origin) {
        boolean isPending = pending.test(record.key());
        if (isPending && kind != Operation.UPDATED) {
            scope.pendingChanged();
        }
        if (batch == null) {
            emit(scope, new RecordChange(kind, record, origin, isPending, tag));
        }
    }

    private void emit(ScopeRecords scope, RecordChange change) {
        dirty.add(scope);
        if (!scope.watchers().isEmpty() || !watchingOpen.isEmpty()) {
            StoredRecord record = change.record();
            boolean isNew = change.operation() == Operation.CREATED;
            Held now = change.operation() == Operation.DELETED ? null : new Held(record, change.pending());
            scope.watchers().changed(record.key(), isNew, now);
            watchingOpen.changed(record.key(), isNew, now);
        }
        scope.hub().emit(change);
        observer.changed(change);
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
}
