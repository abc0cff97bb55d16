package io.stitch.reactive.store;

import tools.jackson.databind.JsonNode;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is checked before a write of an entity is taken.
 *
 * @param required the fields that must be there and not null
 * @param types the type of each checked field; null passes every type
 * @param defaults the values of fields that a create leaves out or null
 * @param unique the fields whose values no two records share
 * @param references the fields that name other records
 * @param indexed the fields that a database keeps an index of, besides those that it keeps one of anyway
 */
public record EntityRules(
        Set<String> required,
        Map<String, FieldType> types,
        Map<String, JsonNode> defaults,
        Set<String> unique,
        List<Reference> references,
        Set<String> indexed) {
    /** No rules. */
    public static final EntityRules NONE = new EntityRules(Set.of(), Map.of(), Map.of(), Set.of(), List.of(), Set.of());

    /** The JSON types that a field can be held to. */
    public enum FieldType {
        /** A JSON string. */
        STRING,
        /** Any JSON number. */
        NUMBER,
        /** A JSON number without a fraction. */
        INTEGER,
        /** {@code true} or {@code false}. */
        BOOLEAN,
        /** A JSON object. */
        OBJECT,
        /** A JSON array. */
        ARRAY;

        /**
         * Tells whether a value is of this type.
         *
         * @param value the value; null is of every type
         * @return whether it is
         */
        public boolean accepts(JsonNode value) {
            return value.isNull()
                    || value.isMissingNode()
                    || switch (this) {
                        case STRING -> value.isString();
                        case NUMBER -> value.isNumber();
                        case INTEGER -> value.isIntegralNumber();
                        case BOOLEAN -> value.isBoolean();
                        case OBJECT -> value.isObject();
                        case ARRAY -> value.isArray();
                    };
        }
    }

    /** What a delete of the named record does. */
    public enum OnDelete {
        /** The records that refer to it are deleted too. */
        CASCADE,
        /** The fields that refer to it are cleared. */
        SET_NULL,
        /** The delete is refused. */
        RESTRICT
    }

    /**
     * A field that names a record of another entity.
     *
     * @param field the field that holds the id
     * @param target the entity that the id belongs to
     * @param onDelete what a delete of the target does
     */
    public record Reference(String field, String target, OnDelete onDelete) {}

    /**
     * Copies the collections.
     *
     * @param required the fields that must be there and not null
     * @param types the type of each checked field
     * @param defaults the values of fields that a create leaves out or null
     * @param unique the fields whose values no two records share
     * @param references the fields that name other records
     * @param indexed the fields that a database keeps an index of
     */
    public EntityRules {
        required = Set.copyOf(required);
        types = Map.copyOf(types);
        defaults = Map.copyOf(defaults);
        unique = Set.copyOf(unique);
        references = List.copyOf(references);
        indexed = Set.copyOf(indexed);
    }

    /** The fields by whose values records are looked up. */
    Set<String> indexedFields() {
        Set<String> fields = new LinkedHashSet<>(unique);
        references.forEach(reference -> fields.add(reference.field()));
        return fields;
    }

    /**
     * {@return the fields that a database keeps an index of}
     */
    public Set<String> fieldsIndexedOnDisk() {
        Set<String> fields = indexedFields();
        fields.addAll(indexed);
        return fields;
    }
}
