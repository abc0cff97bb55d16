package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.LinkedHashSet;
import java.util.Set;

/** Ownership: a record belongs to the user its owner field names; a child belongs to its root's owner. Worker only. */
final class Access {
    private final StitchServerOptions options;
    private final RecordTable table;

    Access(StitchServerOptions options, RecordTable table) {
        this.options = options;
        this.table = table;
    }

    /** Claims a new record for its writer, and checks that the writer may put it where it goes. */
    void claim(String entity, ObjectNode data, Caller caller) {
        String field = options.owners().get(entity);
        if (field != null && options.legacy()) {
            return; // An old server lets everybody create in anybody's name, and over what is there.
        }
        if (field != null && !data.hasNonNull(field)) {
            data.put(field, user(caller));
        }
        check(entity, data, caller);
    }

    /** Takes another owner out of an update, where that is passed over and not refused. */
    void keepOwner(String entity, ObjectNode fields) {
        String field = options.owners().get(entity);
        if (field != null && options.legacy()) {
            fields.remove(field);
        }
    }

    void check(String entity, ObjectNode data, Caller caller) {
        String field = options.owners().get(entity);
        if (field != null) {
            if (!data.path(field).asString("").equals(user(caller))) {
                throw new Refusal(403, "forbidden: " + entity);
            }
            return;
        }
        String scope = entity.equals(options.root()) ? null : table.scopeOf(entity, data);
        if (scope != null && options.owners().containsKey(options.root())) {
            ObjectNode root = table.get(new Key(options.root(), scope));
            if (root == null) {
                throw new Refusal(404, "not found: " + options.root());
            }
            check(options.root(), root, caller);
        }
    }

    boolean allows(String entity, ObjectNode data, Caller caller) {
        try {
            check(entity, data, caller);
            return true;
        } catch (Refusal e) {
            return false;
        }
    }

    /** What a caller sees of a scope, the root first. */
    Set<Key> visible(String scopeId, Caller caller) {
        Set<Key> keys = new LinkedHashSet<>(table.scope(scopeId));
        retainVisible(keys, caller);
        return keys;
    }

    /** Takes out what a caller may not see, and what is gone. */
    void retainVisible(Set<Key> keys, Caller caller) {
        if (!options.owners().isEmpty()) {
            keys.removeIf(key -> {
                ObjectNode data = table.get(key);
                return data == null || !allows(key.entity(), data, caller);
            });
        }
    }

    /** Whether a client may open a scope; one without a root is open to everybody who is logged in. */
    void checkScope(String scopeId, Caller caller) {
        if (options.owners().containsKey(options.root())) {
            user(caller);
            ObjectNode root = table.get(new Key(options.root(), scopeId));
            if (root != null) {
                check(options.root(), root, caller);
            }
        }
    }

    private static String user(Caller caller) {
        @Nullable String user = caller.user();
        if (user == null) {
            throw new Refusal(401, "not authenticated");
        }
        return user;
    }
}
