package io.stitch.server;

import tools.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the server checks on each write of one entity. Immutable; each {@code with…} method returns a changed copy.
 *
 * @param entity the entity's name
 * @param notNull the fields that must be there and not null
 * @param unique the fields whose values no two records share
 * @param types the type of each checked field; null passes every type, but not on an old server
 * @param defaults the values of fields that a create leaves out
 * @param foreignKeys the fields that refer to other records
 */
public record EntitySchema(
        String entity,
        Set<String> notNull,
        Set<String> unique,
        Map<String, FieldType> types,
        Map<String, JsonNode> defaults,
        List<ForeignKey> foreignKeys) {

    /** The JSON types that a field can be held to. */
    public enum FieldType {
        /** A JSON string. */
        STRING,
        /** Any JSON number. */
        NUMBER,
        /** {@code true} or {@code false}. */
        BOOLEAN,
        /** A JSON object. */
        OBJECT,
        /** A JSON array. */
        ARRAY;

        boolean accepts(JsonNode value) {
            return switch (this) {
                case STRING -> value.isString();
                case NUMBER -> value.isNumber();
                case BOOLEAN -> value.isBoolean();
                case OBJECT -> value.isObject();
                case ARRAY -> value.isArray();
            };
        }
    }

    /**
     * Copies the collections, so that a schema never changes under the server.
     *
     * @param entity the entity's name
     * @param notNull the fields that must be there and not null
     * @param unique the fields whose values no two records share
     * @param types the type of each checked field; null passes every type, but not on an old server
     * @param defaults the values of fields that a create leaves out
     * @param foreignKeys the fields that refer to other records
     */
    public EntitySchema {
        notNull = Set.copyOf(notNull);
        unique = Set.copyOf(unique);
        types = Map.copyOf(types);
        defaults = Map.copyOf(defaults);
        foreignKeys = List.copyOf(foreignKeys);
    }

    /**
     * A schema that accepts everything.
     *
     * @param entity the entity's name
     * @return the schema
     */
    public static EntitySchema of(String entity) {
        return new EntitySchema(entity, Set.of(), Set.of(), Map.of(), Map.of(), List.of());
    }

    /**
     * Sets the fields that must be there and not null.
     *
     * @param fields the fields
     * @return a changed copy
     */
    public EntitySchema withNotNull(String... fields) {
        return new EntitySchema(entity, Set.of(fields), unique, types, defaults, foreignKeys);
    }

    /**
     * Sets the fields whose values no two records share.
     *
     * @param fields the fields
     * @return a changed copy
     */
    public EntitySchema withUnique(String... fields) {
        return new EntitySchema(entity, notNull, Set.of(fields), types, defaults, foreignKeys);
    }

    /**
     * Holds a field to a type.
     *
     * @param field the field
     * @param type its type
     * @return a changed copy
     */
    public EntitySchema withType(String field, FieldType type) {
        Map<String, FieldType> changed = new LinkedHashMap<>(types);
        changed.put(field, type);
        return new EntitySchema(entity, notNull, unique, changed, defaults, foreignKeys);
    }

    /**
     * Gives a field a value where a create leaves it out.
     *
     * @param field the field
     * @param value the value
     * @return a changed copy
     */
    public EntitySchema withDefault(String field, JsonNode value) {
        Map<String, JsonNode> changed = new LinkedHashMap<>(defaults);
        changed.put(field, value);
        return new EntitySchema(entity, notNull, unique, types, changed, foreignKeys);
    }

    /**
     * Adds a field that refers to another entity.
     *
     * @param field the field
     * @param target the entity it refers to
     * @param onDelete what a delete of the target does
     * @return a changed copy
     */
    public EntitySchema withForeignKey(String field, String target, ForeignKey.OnDelete onDelete) {
        List<ForeignKey> changed = new ArrayList<>(foreignKeys);
        changed.add(new ForeignKey(field, target, onDelete));
        return new EntitySchema(entity, notNull, unique, types, defaults, changed);
    }
}
