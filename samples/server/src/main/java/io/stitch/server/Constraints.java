package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Checks writes against the schemas. Indexes the fields it needs, so that a check costs the same at any size. */
final class Constraints {
    private final Map<String, EntitySchema> schemas;
    private final RecordTable table;
    /** Whether null is of every type: to an old server it is of none. */
    private final boolean nullHasEveryType;

    private final Map<String, Set<String>> indexed = new HashMap<>();
    private final Map<Slot, Set<String>> index = new HashMap<>();

    private record Slot(String entity, String field, JsonNode value) {}

    /** A record that refers to another one, and by which foreign key. */
    record Reference(Key key, ForeignKey foreignKey) {}

    Constraints(Map<String, EntitySchema> schemas, boolean nullHasEveryType, RecordTable table) {
        this.schemas = schemas;
        this.nullHasEveryType = nullHasEveryType;
        this.table = table;
        schemas.forEach((entity, schema) -> {
            Set<String> fields = new LinkedHashSet<>(schema.unique());
            schema.foreignKeys().forEach(key -> fields.add(key.field()));
            indexed.put(entity, fields);
            table.all(entity).forEach((id, data) -> changed(new Key(entity, id), null, data));
        });
    }

    /** Keeps the index in step with a change. */
    void changed(Key key, @Nullable ObjectNode before, @Nullable ObjectNode after) {
        for (String field : indexed.getOrDefault(key.entity(), Set.of())) {
            if (before != null && before.hasNonNull(field)) {
                Slot slot = new Slot(key.entity(), field, before.get(field));
                Set<String> ids = index.get(slot);
                if (ids != null && ids.remove(key.id()) && ids.isEmpty()) {
                    index.remove(slot);
                }
            }
            if (after != null && after.hasNonNull(field)) {
                index.computeIfAbsent(new Slot(key.entity(), field, after.get(field)), slot -> new TreeSet<>())
                        .add(key.id());
            }
        }
    }

    void defaults(String entity, ObjectNode data) {
        EntitySchema schema = schemas.get(entity);
        if (schema != null) {
            schema.defaults().forEach(data::putIfAbsent);
        }
    }

    void check(Key key, ObjectNode data) {
        EntitySchema schema = schemas.get(key.entity());
        if (schema == null) {
            return;
        }
        schema.types().forEach((field, type) -> {
            JsonNode value = data.get(field);
            if (value != null && (value.isNull() ? !nullHasEveryType : !type.accepts(value))) {
                throw new Refusal(400, "schema violation: " + key.entity() + "." + field + " must be " + type);
            }
        });
        for (String field : schema.notNull()) {
            if (!data.hasNonNull(field)) {
                throw new Refusal(409, "not null violation: " + key.entity() + "." + field);
            }
        }
        for (String field : schema.unique()) {
            if (data.hasNonNull(field)
                    && find(key.entity(), field, data.get(field)).anyMatch(id -> !id.equals(key.id()))) {
                throw new Refusal(409, "unique constraint violation: " + key.entity() + "." + field);
            }
        }
        for (ForeignKey foreign : schema.foreignKeys()) {
            JsonNode id = data.get(foreign.field());
            if (id != null && !id.isNull() && !refers(id, foreign.target())) {
                throw new Refusal(409, "foreign key violation: " + key.entity() + "." + foreign.field());
            }
        }
    }

    private boolean refers(JsonNode id, String target) {
        return id.isString() && table.get(new Key(target, id.asString())) != null;
    }

    private Stream<String> find(String entity, String field, JsonNode value) {
        return index.getOrDefault(new Slot(entity, field, value), Set.of()).stream();
    }

    /** Who refers to a record. */
    Stream<Reference> references(Key target) {
        JsonNode id = Json.NODES.stringNode(target.id());
        return schemas.values().stream()
                .flatMap(schema -> schema.foreignKeys().stream()
                        .filter(key -> key.target().equals(target.entity()))
                        .flatMap(key -> find(schema.entity(), key.field(), id).toList().stream()
                                .map(found -> new Reference(new Key(schema.entity(), found), key))));
    }
}
