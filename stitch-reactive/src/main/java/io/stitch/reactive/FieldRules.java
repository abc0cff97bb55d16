package io.stitch.reactive;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What a store checks before it takes a write of an entity, so that most mistakes are found at once and offline. The server checks
 * again, against all records and not only those held here. Immutable: each method returns changed rules.
 */
public final class FieldRules {
    private static final FieldRules NONE = new FieldRules();

    private Set<String> required = Set.of();
    private Map<String, FieldType> types = Map.of();
    private Map<String, JsonNode> defaults = Map.of();
    private Set<String> unique = Set.of();
    private Set<Set<String>> uniqueTogether = Set.of();
    private List<Reference> references = List.of();
    private Set<String> indexed = Set.of();

    /**
     * A field that names a record of another entity.
     *
     * @param field the field that holds the id
     * @param target the entity that the id belongs to
     * @param onDelete what a delete of the target does
     */
    public record Reference(String field, String target, OnDelete onDelete) {}

    private FieldRules() {}

    private FieldRules with(Consumer<FieldRules> change) {
        FieldRules copy = new FieldRules();
        copy.required = required;
        copy.types = types;
        copy.defaults = defaults;
        copy.unique = unique;
        copy.uniqueTogether = uniqueTogether;
        copy.references = references;
        copy.indexed = indexed;
        change.accept(copy);
        return copy;
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
        return with(rules -> rules.required = plus(required, fields));
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
        return with(rules -> rules.types = plus(types, field, type)).checked(field);
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
        JsonNode json = JsonMapper.shared().valueToTree(value);
        return with(rules -> rules.defaults = plus(defaults, field, json)).checked(field);
    }

    /**
     * Lets no two records have the same value in a field. Null is no value.
     *
     * @param fields the fields, each for itself
     * @return changed rules
     */
    public FieldRules unique(String... fields) {
        return with(rules -> rules.unique = plus(unique, fields));
    }

    /**
     * Lets no two records have the same values in several fields at once: one title in each project, say. A record with null in one of them
     * is like no other.
     *
     * @param fields the fields, two or more
     * @return changed rules
     * @throws SchemaException if there are fewer than two different ones
     */
    public FieldRules uniqueTogether(String... fields) {
        Set<String> group = Set.copyOf(new LinkedHashSet<>(List.of(fields)));
        if (group.size() < 2) {
            throw new SchemaException(
                    "Fields that are unique together are two or more, not %s. For one there is unique(…)."
                            .formatted(group));
        }
        Set<Set<String>> more = new LinkedHashSet<>(uniqueTogether);
        more.add(group);
        return with(rules -> rules.uniqueTogether = Collections.unmodifiableSet(more));
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
        List<Reference> more = new ArrayList<>(references);
        more.add(new Reference(field, target.name(), onDelete));
        return with(rules -> rules.references = List.copyOf(more));
    }

    /**
     * Has a database keep an index of fields, so that lists which filter by them or sort by them need not look at every record. It
     * has one of unique fields, of references and of the scope field anyway. Each makes writes of the entity a little slower.
     *
     * @param fields the fields, each for itself
     * @return changed rules
     */
    public FieldRules indexed(String... fields) {
        return with(rules -> rules.indexed = plus(indexed, fields));
    }

    /**
     * {@return the fields that must be there and not null}
     */
    public Set<String> required() {
        return required;
    }

    /**
     * {@return the type of each checked field}
     */
    public Map<String, FieldType> types() {
        return types;
    }

    /**
     * {@return the values of fields that a create leaves out or null}
     */
    public Map<String, JsonNode> defaults() {
        return defaults;
    }

    /**
     * {@return the fields whose values no two records share}
     */
    public Set<String> unique() {
        return unique;
    }

    /**
     * {@return the groups of fields whose values no two records share}
     */
    public Set<Set<String>> uniqueTogether() {
        return uniqueTogether;
    }

    /**
     * {@return the fields that name other records}
     */
    public List<Reference> references() {
        return references;
    }

    /**
     * {@return the fields that a database keeps an index of, besides the unique ones and those that name other records}
     */
    public Set<String> indexed() {
        return indexed;
    }

    private FieldRules checked(String field) {
        JsonNode value = defaults.get(field);
        FieldType type = types.get(field);
        if (value != null && type != null && !type.accepts(value)) {
            throw new SchemaException("The default of field '%s' is %s, but its type is %s. Change one of the two."
                    .formatted(field, value, type));
        }
        return this;
    }

    private static Set<String> plus(Set<String> some, String... more) {
        Set<String> all = new LinkedHashSet<>(some);
        all.addAll(List.of(more));
        return Set.copyOf(all);
    }

    private static <V> Map<String, V> plus(Map<String, V> some, String field, V value) {
        Map<String, V> all = new LinkedHashMap<>(some);
        all.put(field, value);
        return Map.copyOf(all);
    }
}
