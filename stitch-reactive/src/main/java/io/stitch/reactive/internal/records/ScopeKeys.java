package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.spi.RecordKey;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tells to which set of records a record belongs, and names records: here alone it is decided whether their scope is a part of that.
 *
 * @param schema the entities
 * @param scoped whether the scope is a part of each record's identity
 */
public record ScopeKeys(WireSchema schema, boolean scoped) {
    /**
     * Names records whatever their scope.
     *
     * @param schema the entities
     */
    public ScopeKeys(WireSchema schema) {
        this(schema, false);
    }

    /**
     * Names a record.
     *
     * @param set the key of the set of records that it is in
     * @param entity its entity
     * @param id its id
     * @return its key
     */
    public RecordKey key(String set, String entity, String id) {
        return scoped ? new RecordKey(set, entity, id) : new RecordKey(entity, id);
    }

    /**
     * Names a record that another one refers to by its id. Where the scope is a part of it, that is one of the same scope, or a root, or one
     * that belongs to no scope.
     *
     * @param set the key of the set of records that refers to it
     * @param entity its entity
     * @param id its id
     * @return its key
     */
    public RecordKey target(String set, String entity, String id) {
        if (entity.equals(schema.root())) {
            return key(id, entity, id);
        }
        return key(schema.children().containsKey(entity) ? set : WireSchema.topLevelKey(entity), entity, id);
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
        return field == null ? WireSchema.topLevelKey(entity) : data.path(field).asString("");
    }
}
