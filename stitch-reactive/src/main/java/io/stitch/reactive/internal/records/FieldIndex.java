package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.FieldOrder;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Finds records by the values of the fields that rules ask for, so that a check costs the same at any size. Entities without
 * such fields cost nothing. On the worker.
 */
public final class FieldIndex {
    private final Map<String, Set<String>> fields = new HashMap<>();
    private final Map<Slot, Set<RecordKey>> records = new HashMap<>();

    /**
     * A field's value, the same one however it is written: 1 and 1.0 are one number. Comparable, so that values which somebody chose for
     * their one hash do not make a list of the map.
     */
    @SuppressWarnings("ArrayRecordComponent") // Compared by its bytes.
    private record Slot(String entity, String field, byte[] value) implements Comparable<Slot> {
        static Slot of(String entity, String field, JsonNode value) {
            return new Slot(
                    entity,
                    field,
                    value.isContainer() ? value.toString().getBytes(StandardCharsets.UTF_8) : FieldOrder.key(value));
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Slot slot && compareTo(slot) == 0;
        }

        @Override
        public int hashCode() {
            return 31 * (31 * entity.hashCode() + field.hashCode()) + Arrays.hashCode(value);
        }

        @Override
        public int compareTo(Slot other) {
            int entities = entity.compareTo(other.entity);
            int names = entities == 0 ? field.compareTo(other.field) : entities;
            return names == 0 ? Arrays.compareUnsigned(value, other.value) : names;
        }
    }

    /**
     * Makes an empty index.
     *
     * @param fields the fields of each entity by whose values records are looked up
     */
    public FieldIndex(Map<String, Set<String>> fields) {
        fields.forEach((entity, each) -> {
            if (!each.isEmpty()) {
                this.fields.put(entity, each);
            }
        });
    }

    /** Takes over a change of what is shown. */
    void changed(String entity, @Nullable StoredRecord before, @Nullable StoredRecord after) {
        Set<String> indexed = fields.get(entity);
        if (indexed == null) {
            return;
        }
        if (before != null) {
            JsonNode data = Json.readObject(before.json());
            for (String field : indexed) {
                if (data.hasNonNull(field)) {
                    forget(Slot.of(entity, field, data.path(field)), before.key());
                }
            }
        }
        if (after != null) {
            JsonNode data = Json.readObject(after.json());
            for (String field : indexed) {
                if (data.hasNonNull(field)) {
                    records.computeIfAbsent(Slot.of(entity, field, data.path(field)), slot -> new LinkedHashSet<>())
                            .add(after.key());
                }
            }
        }
    }

    /**
     * Compares two values as the index does.
     *
     * @param one a value
     * @param other another
     * @return whether they are one value, however it is written
     */
    public static boolean isSame(JsonNode one, JsonNode other) {
        return !other.isMissingNode() && Slot.of("", "", one).equals(Slot.of("", "", other));
    }

    private void forget(Slot slot, RecordKey key) {
        Set<RecordKey> keys = records.get(slot);
        if (keys != null && keys.remove(key) && keys.isEmpty()) {
            records.remove(slot);
        }
    }

    /**
     * Finds records.
     *
     * @param entity their entity
     * @param field the field
     * @param value what they have in it
     * @return their keys; a view, to be copied by whoever writes meanwhile
     */
    public Set<RecordKey> find(String entity, String field, JsonNode value) {
        return records.getOrDefault(Slot.of(entity, field, value), Set.of());
    }
}
