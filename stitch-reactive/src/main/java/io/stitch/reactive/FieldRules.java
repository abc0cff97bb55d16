package io.stitch.reactive;

import io.stitch.reactive.store.EntityRules;
import io.stitch.reactive.store.EntityRules.FieldType;
import io.stitch.reactive.store.EntityRules.OnDelete;
import io.stitch.reactive.store.EntityRules.Reference;
import io.stitch.reactive.wire.Json;
import tools.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a store checks before it takes a write of an entity, so that most mistakes are found at once and offline. The server checks
 * again, against all records and not only those held here. Immutable: each method returns changed rules.
 */
public final class FieldRules {
    private static final FieldRules NONE = new FieldRules(EntityRules.NONE);

    private final EntityRules rules;

    private FieldRules(EntityRules rules) {
        this.rules = rules;
    }

    /**
     * {@return rules that allow everything}
     */
    public static FieldRules none() {
        return NONE;
    }

    /**
     * Demands fields: a create must have them, and no update may clear them.
     *
     * @param fields the fields
     * @return changed rules
     */
    public FieldRules required(String... fields) {
        Set<String> more = new LinkedHashSet<>(rules.required());
        more.addAll(List.of(fields));
        return new FieldRules(new EntityRules(
                more, rules.types(), rules.defaults(), rules.unique(), rules.references(), rules.indexed()));
    }

    /**
     * Holds a field to a type. Null is of every type.
     *
     * @param field the field
     * @param type its type
     * @return changed rules
     * @throws SchemaException if the field's default is of another type
     */
    public FieldRules type(String field, FieldType type) {
        Map<String, FieldType> more = new LinkedHashMap<>(rules.types());
        more.put(field, type);
        return new FieldRules(new EntityRules(
                        rules.required(), more, rules.defaults(), rules.unique(), rules.references(), rules.indexed()))
                .checked(field);
    }

    /**
     * Gives a field a value where a create leaves it out, or has null there.
     *
     * @param field the field
     * @param value its value, as Jackson writes it
     * @return changed rules
     * @throws SchemaException if the value is of another type than the field
     */
    public FieldRules defaultValue(String field, Object value) {
        Map<String, JsonNode> more = new LinkedHashMap<>(rules.defaults());
        more.put(field, Json.mapper().valueToTree(value));
        return new FieldRules(new EntityRules(
                        rules.required(), rules.types(), more, rules.unique(), rules.references(), rules.indexed()))
                .checked(field);
    }

    /**
     * Lets no two records have the same value in a field. Null is no value.
     *
     * @param fields the fields, each for itself
     * @return changed rules
     */
    public FieldRules unique(String... fields) {
        Set<String> more = new LinkedHashSet<>(rules.unique());
        more.addAll(List.of(fields));
        return new FieldRules(new EntityRules(
                rules.required(), rules.types(), rules.defaults(), more, rules.references(), rules.indexed()));
    }

    /**
     * Says that a field holds the id of a record of another entity. A write that names one which this store does not hold is
     * refused, so this fits entities of the same scope and top-level ones.
     *
     * @param field the field
     * @param target the other entity
     * @param onDelete what a delete of the other record does
     * @return changed rules
     */
    public FieldRules references(String field, EntityType<?> target, OnDelete onDelete) {
        List<Reference> more = new ArrayList<>(rules.references());
        more.add(new Reference(field, target.name(), onDelete));
        return new FieldRules(new EntityRules(
                rules.required(), rules.types(), rules.defaults(), rules.unique(), more, rules.indexed()));
    }

    /**
     * Has a database keep an index of fields, so that lists which filter by them or sort by them need not look at every record. It
     * has one of unique fields, of references and of the scope field anyway. Each makes writes of the entity a little slower.
     *
     * @param fields the fields, each for itself
     * @return changed rules
     */
    public FieldRules indexed(String... fields) {
        Set<String> more = new LinkedHashSet<>(rules.indexed());
        more.addAll(List.of(fields));
        return new FieldRules(new EntityRules(
                rules.required(), rules.types(), rules.defaults(), rules.unique(), rules.references(), more));
    }

    EntityRules entityRules() {
        return rules;
    }

    private FieldRules checked(String field) {
        JsonNode value = rules.defaults().get(field);
        FieldType type = rules.types().get(field);
        if (value != null && type != null && !type.accepts(value)) {
            throw new SchemaException("The default of field '%s' is %s, but its type is %s. Change one of the two."
                    .formatted(field, value, type));
        }
        return this;
    }
}
