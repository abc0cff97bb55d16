package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * The records and tombstones in memory, indexed by scope. Stored nodes are never changed, only replaced. What was changed since the
 * last commit can be rolled back. Used by the worker alone.
 */
final class RecordTable {
    /** Integers up to here are exact in every JSON library. */
    static final long MAX_VERSION = (1L << 53) - 1;

    private static final int MAX_TOMBSTONES = 1_000_000;
    private final String root;
    private final String scopeField;
    private final Map<String, NavigableMap<String, ObjectNode>> entities = new TreeMap<>();
    private final Map<String, TreeSet<Key>> scopes = new LinkedHashMap<>();
    private final Map<Key, Tombstone> tombstones = new LinkedHashMap<>();
    private final Journal journal;
    private final List<Watcher> watchers = new ArrayList<>();
    /** What undoes the changes since the last commit, the newest first. */
    private final Deque<Runnable> undo = new ArrayDeque<>();

    /** Is told of each change of a record, and of its undoing. */
    interface Watcher {
        void changed(Key key, @Nullable ObjectNode before, @Nullable ObjectNode after);
    }

    RecordTable(String root, String scopeField, Journal journal) {
        this.root = root;
        this.scopeField = scopeField;
        this.journal = journal;
        journal.load(this::index, stone -> tombstones.put(stone.key(), stone));
    }

    void watch(Watcher watcher) {
        watchers.add(watcher);
    }

    void each(BiConsumer<Key, ObjectNode> action) {
        entities.forEach((entity, records) -> records.forEach((id, data) -> action.accept(new Key(entity, id), data)));
    }

    boolean isChanged() {
        return !undo.isEmpty();
    }

    void commit() {
        journal.commit();
        undo.clear();
    }

    /** Makes everything as it was at the last commit. */
    void rollBack() {
        journal.rollBack();
        if (undo.isEmpty()) {
            return;
        }
        undo.forEach(Runnable::run);
        undo.clear();
        // What was put back stands at the end, and the oldest have to be in front.
        List<Tombstone> stones = new ArrayList<>(tombstones.values());
        stones.sort(Comparator.comparingLong(Tombstone::deletedAt));
        tombstones.clear();
        stones.forEach(stone -> tombstones.put(stone.key(), stone));
    }

    @Nullable
    ObjectNode get(Key key) {
        NavigableMap<String, ObjectNode> records = entities.get(key.entity());
        return records == null ? null : records.get(key.id());
    }

    NavigableMap<String, ObjectNode> all(String entity) {
        return entities.getOrDefault(entity, Collections.emptyNavigableMap());
    }

    /** The scope of a record, or null for a top-level one. */
    @Nullable
    String scopeOf(String entity, ObjectNode data) {
        if (entity.equals(root)) {
            return data.path("id").asString("");
        }
        JsonNode scope = data.get(scopeField);
        return scope != null && scope.isString() && !scope.asString().isEmpty() ? scope.asString() : null;
    }

    /** Whether anything is in a scope. */
    boolean hasScope(String scopeId) {
        return scopes.containsKey(scopeId);
    }

    /** The records of a scope, the root first. */
    List<Key> scope(String scopeId) {
        List<Key> keys = new ArrayList<>();
        Key rootKey = new Key(root, scopeId);
        if (get(rootKey) != null) {
            keys.add(rootKey);
        }
        for (Key key : scopes.getOrDefault(scopeId, new TreeSet<>())) {
            if (!key.equals(rootKey)) {
                keys.add(key);
            }
        }
        return keys;
    }

    void put(Key key, ObjectNode data) {
        // First, because it fails for what cannot be written.
        journal.put(key, data);
        ObjectNode before = replace(key, data);
        Tombstone stone = tombstones.remove(key);
        undo.push(() -> {
            replace(key, before);
            putBack(key, stone);
        });
    }

    private @Nullable ObjectNode replace(Key key, @Nullable ObjectNode data) {
        ObjectNode before = get(key);
        remove(key);
        if (data != null) {
            index(key, data);
        }
        watchers.forEach(watcher -> watcher.changed(key, before, data));
        return before;
    }

    private void putBack(Key key, @Nullable Tombstone stone) {
        if (stone == null) {
            tombstones.remove(key);
        } else {
            tombstones.put(key, stone);
        }
    }

    private void index(Key key, ObjectNode data) {
        entities.computeIfAbsent(key.entity(), name -> new TreeMap<>(Utf8.ORDER))
                .put(key.id(), data);
        String scope = scopeOf(key.entity(), data);
        if (scope != null) {
            scopes.computeIfAbsent(scope, id -> new TreeSet<>()).add(key);
        }
    }

    void delete(Key key) {
        journal.delete(key);
        ObjectNode before = replace(key, null);
        undo.push(() -> replace(key, before));
    }

    private void remove(Key key) {
        NavigableMap<String, ObjectNode> records = entities.get(key.entity());
        ObjectNode old = records == null ? null : records.remove(key.id());
        String scope = old == null ? null : scopeOf(key.entity(), old);
        TreeSet<Key> members = scope == null ? null : scopes.get(scope);
        if (members != null) {
            members.remove(key);
            if (members.isEmpty()) {
                scopes.remove(scope);
            }
        }
    }

    @Nullable
    Tombstone tombstone(Key key) {
        return tombstones.get(key);
    }

    void bury(Tombstone stone) {
        // Taken out first, so that the oldest stay in front.
        Tombstone before = tombstones.remove(stone.key());
        tombstones.put(stone.key(), stone);
        journal.bury(stone);
        undo.push(() -> putBack(stone.key(), before));
    }

    Collection<Tombstone> tombstones() {
        return tombstones.values();
    }

    /** Forgets the tombstones made before a time, in milliseconds since the epoch, and the oldest of too many. */
    void pruneTombstones(long before) {
        Iterator<Tombstone> oldest = tombstones.values().iterator();
        while (oldest.hasNext()) {
            Tombstone stone = oldest.next();
            if (stone.deletedAt() >= before && tombstones.size() <= MAX_TOMBSTONES) {
                return;
            }
            oldest.remove();
            journal.forget(stone.key());
            undo.push(() -> putBack(stone.key(), stone));
        }
    }

    static long version(@Nullable ObjectNode data) {
        return data == null ? 0 : data.path("_version").asLong(0);
    }
}
