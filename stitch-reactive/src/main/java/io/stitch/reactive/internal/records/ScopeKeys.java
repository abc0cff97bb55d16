package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.wire.WireSchema;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tells to which set of records a record belongs.
 *
 * @param schema the entities
 */
public record ScopeKeys(WireSchema schema) {
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
     * Tells whether a key names records that belong to no scope.
     *
     * @param key the key of a set of records
     * @return whether it is one that {@link #topLevel} gives
     */
    public static boolean isTopLevel(String key) {
        return key.startsWith("#");
    }

    /**
     * The key of a record's set: the scope id of a root or a child, or the key of its entity.
     *
     * @param entity its entity
     * @param id its id
     * @param data the record
     * @return the key
     */
    public String of(String entity, String id, ObjectNode data) {
        if (entity.equals(schema.root())) {
            return id;
        }
        String field = schema.children().get(entity);
        return field == null ? topLevel(entity) : data.path(field).asString("");
    }
}
