package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Executes writes: versions, constraints, cascades and tombstones. Each write returns its changes, in order. Worker only. */
final class RecordService {
    // Its events must fit into a packet.
    private static final int MAX_RECORD = 8 << 20;
    private final StitchServerOptions options;
    private final ServerHost host;
    private final RecordTable table;
    private final Constraints constraints;

    RecordService(StitchServerOptions options, ServerHost host, RecordTable table) {
        this.options = options;
        this.host = host;
        this.table = table;
        this.constraints = new Constraints(options.schemas(), !options.legacy(), table);
        table.watch(constraints::changed);
    }

    ObjectNode require(Key key) {
        ObjectNode found = table.get(key);
        if (found == null) {
            throw new Refusal(404, "not found: " + key.entity());
        }
        return found;
    }

    /** The id a create is for; made here where the payload has none. */
    static Key keyOf(String entity, ObjectNode data) {
        String id = data.path("id").isString()
                ? data.path("id").asString()
                : UUID.randomUUID().toString();
        Names.checkId(id);
        return new Key(entity, id);
    }

    List<Change> create(Key key, ObjectNode payload) {
        ObjectNode data = payload.deepCopy();
        data.put("id", key.id());
        Expiry.settle(data, host.millis());
        ObjectNode existing = table.get(key);
        if (existing != null && !options.legacy()) {
            throw new Refusal(409, "exists: " + key.entity() + " " + key.id());
        }
        constraints.defaults(key.entity(), data);
        check(key, data);
        Tombstone stone = table.tombstone(key);
        data.put("_version", stone == null || options.legacy() ? 1 : stone.version() + 1);
        ObjectNode stored = store(key, data);
        List<Change> changes = new ArrayList<>(List.of(new Change(Change.Operation.CREATE, key, existing, stored)));
        bumpRoots(changes);
        return changes;
    }

    List<Change> update(Key key, ObjectNode fields) {
        ObjectNode data = merged(key, fields);
        check(key, data);
        List<Change> changes = new ArrayList<>(List.of(updated(key, data)));
        bumpRoots(changes);
        return changes;
    }

    private ObjectNode merged(Key key, ObjectNode fields) {
        ObjectNode before = require(key);
        ObjectNode data = before.deepCopy();
        data.setAll(fields);
        data.put("id", key.id());
        data.put("_version", RecordTable.version(before) + 1);
        return data;
    }

    private void check(Key key, ObjectNode data) {
        String scope = table.scopeOf(key.entity(), data);
        if (scope != null) {
            Names.checkScope(key.entity(), scope);
        }
        constraints.check(key, data);
        if (Json.write(data).length > MAX_RECORD) {
            throw new Refusal(400, "record too large: " + key.entity() + " would be above 8 MiB");
        }
    }

    private Change updated(Key key, ObjectNode data) {
        ObjectNode before = require(key);
        return new Change(Change.Operation.UPDATE, key, before, store(key, data));
    }

    private ObjectNode store(Key key, ObjectNode data) {
        ObjectNode sorted = Json.sorted(data);
        table.put(key, sorted);
        return sorted;
    }

    List<Change> delete(Key key) {
        require(key);
        Set<Key> doomed = new LinkedHashSet<>();
        Map<Key, ObjectNode> nulled = new LinkedHashMap<>();
        collect(key, doomed, nulled);
        nulled.keySet().removeAll(doomed);
        // Everything is checked before anything is changed: a refused delete leaves no trace.
        nulled.replaceAll(this::merged);
        nulled.forEach(this::check);
        List<Change> changes = new ArrayList<>();
        doomed.forEach(each -> changes.add(remove(each)));
        nulled.forEach((each, data) -> changes.add(updated(each, data)));
        bumpRoots(changes);
        return changes;
    }

    /** Deletes a record whose time is over, and nothing with it: what refers to it stays, as on real servers. */
    List<Change> expire(Key key) {
        List<Change> changes = new ArrayList<>(List.of(remove(key)));
        bumpRoots(changes);
        return changes;
    }

    /** Walks the references with a list of its own: a chain of cascades may be deeper than the stack. */
    private void collect(Key first, Set<Key> doomed, Map<Key, ObjectNode> nulled) {
        List<Key> open = new ArrayList<>(List.of(first));
        Map<Key, Key> restricted = new LinkedHashMap<>();
        doomed.add(first);
        for (int i = 0; i < open.size(); i++) {
            Key target = open.get(i);
            constraints.references(target).forEach(reference -> {
                Key key = reference.key();
                switch (reference.foreignKey().onDelete()) {
                    case RESTRICT -> restricted.put(key, target);
                    case SET_NULL ->
                        nulled.computeIfAbsent(key, k -> Json.object())
                                .putNull(reference.foreignKey().field());
                    case CASCADE -> {
                        if (doomed.add(key)) {
                            open.add(key);
                        }
                    }
                }
            });
        }
        restricted.forEach((referrer, target) -> {
            if (!doomed.contains(referrer)) {
                throw new Refusal(409, "cannot delete " + target.entity() + ": referenced by other entities");
            }
        });
    }

    private Change remove(Key key) {
        ObjectNode before = require(key);
        table.delete(key);
        if (options.legacy()) {
            return new Change(Change.Operation.DELETE, key, before, null);
        }
        long version = RecordTable.version(before) + 1;
        bury(key, table.scopeOf(key.entity(), before), version);
        return new Change(Change.Operation.DELETE, key, before, null);
    }

    void bury(Key key, @Nullable String scope, long version) {
        long now = host.millis();
        table.bury(new Tombstone(key, scope == null ? "" : scope, version, now));
        table.pruneTombstones(now - options.tombstoneRetention().toMillis());
    }

    /** Raises a record that a client knows at a higher version than we do. */
    ObjectNode raise(Key key, long version) {
        ObjectNode before = require(key);
        return store(key, before.deepCopy().put("_version", version));
    }

    private void bumpRoots(List<Change> changes) {
        if (options.legacy()) {
            return;
        }
        Set<String> scopes = new LinkedHashSet<>();
        for (Change change : changes) {
            if (!change.key().entity().equals(options.root())) {
                add(scopes, change.key(), change.before());
                add(scopes, change.key(), change.after());
            }
        }
        for (String scope : scopes) {
            Key key = new Key(options.root(), scope);
            if (table.get(key) != null) {
                // Unchecked: the bump of a root that its schema would refuse must not undo the child's write.
                changes.add(updated(key, merged(key, Json.object().put("updatedAt", host.millis()))));
            }
        }
    }

    private void add(Set<String> scopes, Key key, @Nullable ObjectNode data) {
        String scope = data == null ? null : table.scopeOf(key.entity(), data);
        if (scope != null) {
            scopes.add(scope);
        }
    }

    /** Stores without checks and events. */
    void seed(String entity, ObjectNode record) {
        Key key = keyOf(entity, record);
        ObjectNode data = record.deepCopy().put("id", key.id());
        data.put("_version", Math.max(1, RecordTable.version(record)));
        store(key, data);
    }
}
