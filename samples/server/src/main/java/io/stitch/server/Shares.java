package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** Who has shared which record with whom. The rows are records of an entity that no client can name. Worker only. */
final class Shares {
    /** The entity of the rows. */
    static final String ENTITY = "_shares";

    private static final String GRANTEE = "grantee";
    private static final String PERMISSION = "permission";
    private static final String EDIT = "edit";
    private static final Set<String> PERMISSIONS = Set.of("view", EDIT);

    private final RecordTable table;
    /** The rows by what is shared, and by whom it is shared with. */
    private final Map<Key, Map<String, ObjectNode>> rows = new HashMap<>();

    Shares(RecordTable table) {
        this.table = table;
        table.all(ENTITY).values().forEach(this::index);
        table.watch(this::changed);
    }

    private void changed(Key key, @Nullable ObjectNode before, @Nullable ObjectNode after) {
        if (!key.entity().equals(ENTITY)) {
            return;
        }
        if (before != null) {
            Map<String, ObjectNode> all = rows.get(resource(before));
            if (all != null) {
                all.remove(grantee(before));
                if (all.isEmpty()) {
                    rows.remove(resource(before));
                }
            }
        }
        if (after != null) {
            index(after);
        }
    }

    private void index(ObjectNode row) {
        rows.computeIfAbsent(resource(row), key -> new TreeMap<>()).put(grantee(row), row);
    }

    static Key resource(ObjectNode row) {
        return new Key(
                row.path("resource_entity").asString(""),
                row.path("resource_id").asString(""));
    }

    static String grantee(ObjectNode row) {
        return row.path(GRANTEE).asString("");
    }

    /** The users with whom a record is shared. */
    Set<String> grantees(Key resource) {
        return Set.copyOf(rows.getOrDefault(resource, Map.of()).keySet());
    }

    Collection<ObjectNode> of(Key resource) {
        return List.copyOf(rows.getOrDefault(resource, Map.of()).values());
    }

    boolean isShared(Key resource, String user) {
        return rows.getOrDefault(resource, Map.of()).containsKey(user);
    }

    boolean mayEdit(Key resource, String user) {
        ObjectNode row = rows.getOrDefault(resource, Map.of()).get(user);
        return row != null && row.path(PERMISSION).asString("").equals(EDIT);
    }

    /** The records of an entity that are shared with a user, in the order of their ids. */
    List<ObjectNode> with(String entity, String user) {
        List<ObjectNode> shared = new ArrayList<>();
        table.all(entity).forEach((id, data) -> {
            if (isShared(new Key(entity, id), user)) {
                shared.add(data);
            }
        });
        return shared;
    }

    static String granteeOf(ObjectNode request) {
        String grantee = request.path(GRANTEE).asString("");
        if (grantee.isEmpty()) {
            throw new Refusal(400, "validation error: grantee is required");
        }
        return grantee;
    }

    static String permissionOf(ObjectNode request) {
        String permission = request.path(PERMISSION).asString("view");
        if (!PERMISSIONS.contains(permission)) {
            throw new Refusal(400, "validation error: invalid permission '" + permission + "'");
        }
        return permission;
    }

    /** Shares a record. Another permission than before makes another row. */
    List<Change> share(Key resource, String grantee, String permission, @Nullable String by) {
        ObjectNode before = rows.getOrDefault(resource, Map.of()).get(grantee);
        if (before != null && before.path(PERMISSION).asString("").equals(permission)) {
            return List.of();
        }
        List<Change> changes = new ArrayList<>(unshare(resource, grantee));
        Key key = new Key(ENTITY, UUID.randomUUID().toString());
        ObjectNode row = Json.sorted(Json.object()
                .put("id", key.id())
                .put("_version", 1)
                .put("granted_by", by)
                .put(GRANTEE, grantee)
                .putNull("grantee_email")
                .put("grantee_key", grantee)
                .put(PERMISSION, permission)
                .put("resource_entity", resource.entity())
                .put("resource_id", resource.id()));
        table.put(key, row);
        changes.add(new Change(Change.Operation.CREATE, key, null, row));
        return changes;
    }

    List<Change> unshare(Key resource, String grantee) {
        ObjectNode row = rows.getOrDefault(resource, Map.of()).get(grantee);
        return row == null ? List.of() : List.of(remove(row));
    }

    /** What is deleted is not shared any more. */
    List<Change> unshareAll(Key resource) {
        return of(resource).stream().map(this::remove).toList();
    }

    private Change remove(ObjectNode row) {
        Key key = new Key(ENTITY, row.path("id").asString(""));
        table.delete(key);
        return new Change(Change.Operation.DELETE, key, row, null);
    }
}
