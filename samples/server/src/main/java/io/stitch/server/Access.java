package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Ownership: a record belongs to the user its owner field names, and a child to its root's owner, who may share the root with others. Worker
 * only.
 */
final class Access {
    private final StitchServerOptions options;
    private final RecordTable table;
    private final Shares shares;

    /** What somebody wants to do. A child is its root's: who may write the root may delete what is in it. */
    enum Right {
        READ,
        WRITE,
        /** To delete a root, to share it, and to have it in the list of one's own. */
        OWN
    }

    Access(StitchServerOptions options, RecordTable table, Shares shares) {
        this.options = options;
        this.table = table;
        this.shares = shares;
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
        check(entity, data, caller, Right.OWN);
    }

    void check(String entity, ObjectNode data, Caller caller, Right right) {
        String field = options.owners().get(entity);
        if (field != null) {
            String user = user(caller);
            if (!data.path(field).asString("").equals(user) && !isGranted(entity, data, user, right)) {
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
            check(options.root(), root, caller, right == Right.OWN ? Right.WRITE : right);
        }
    }

    private boolean isGranted(String entity, ObjectNode data, String user, Right right) {
        Key key = new Key(entity, data.path("id").asString(""));
        return switch (right) {
            case READ -> shares.isShared(key, user);
            case WRITE -> shares.mayEdit(key, user);
            case OWN -> false;
        };
    }

    /** Who edits what is another's does not become its owner. On an old server nobody does: that is passed over, and not refused. */
    void keepOwner(String entity, ObjectNode before, ObjectNode fields, Caller caller) {
        String field = options.owners().get(entity);
        if (field != null
                && (options.legacy() || !before.path(field).asString("").equals(user(caller)))) {
            fields.remove(field);
        }
    }

    boolean allows(String entity, ObjectNode data, Caller caller, Right right) {
        try {
            check(entity, data, caller, right);
            return true;
        } catch (Refusal e) {
            return false;
        }
    }

    /** What a caller finds in a list: of what has owners, their own only; what is shared is listed apart. */
    boolean lists(String entity, ObjectNode data, Caller caller) {
        return allows(entity, data, caller, options.owners().containsKey(entity) ? Right.OWN : Right.READ);
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
                return data == null || !allows(key.entity(), data, caller, Right.READ);
            });
        }
    }

    /** Whether a client may open a scope; one without a root is open to everybody who is logged in. */
    void checkScope(String scopeId, Caller caller) {
        if (options.owners().containsKey(options.root())) {
            user(caller);
            ObjectNode root = table.get(new Key(options.root(), scopeId));
            if (root != null) {
                check(options.root(), root, caller, Right.READ);
            }
        }
    }

    /** Whether only some may see a record, so that its events are theirs alone where events are scoped. */
    boolean isOwned(String entity, @Nullable String scope) {
        return options.owners().containsKey(entity)
                || (scope != null
                        && !entity.equals(options.root())
                        && options.owners().containsKey(options.root()));
    }

    /**
     * Who is told of what becomes of a record that is owned: its owner, or its root's, and those with whom that is shared.
     *
     * @param key the record
     * @param data what it is or was
     * @param root its root, if it has one and that is there or has just gone
     */
    Set<String> audience(Key key, ObjectNode data, @Nullable ObjectNode root) {
        boolean itself = options.owners().containsKey(key.entity());
        String entity = itself ? key.entity() : options.root();
        ObjectNode owned = itself ? data : root;
        Set<String> audience = new LinkedHashSet<>();
        if (owned != null) {
            String owner = owned.path(options.owners().getOrDefault(entity, "")).asString("");
            if (!owner.isEmpty()) {
                audience.add(owner);
            }
            audience.addAll(shares.grantees(new Key(entity, owned.path("id").asString(""))));
        }
        return audience;
    }

    /** Whether the user is known; nothing is refused where nobody has to be. */
    static String user(Caller caller) {
        @Nullable String user = caller.user();
        if (user == null) {
            throw new Refusal(401, "not authenticated");
        }
        return user;
    }
}
