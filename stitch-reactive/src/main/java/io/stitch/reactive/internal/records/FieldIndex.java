package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

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

    private record Slot(String entity, String field, JsonNode value) {}

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
            JsonNode data = Json.read(before.json());
            for (String field : indexed) {
                Slot slot = new Slot(entity, field, data.path(field));
                Set<RecordKey> keys = records.get(slot);
                if (keys != null && keys.remove(before.key()) && keys.isEmpty()) {
                    records.remove(slot);
                }
            }
        }
        if (after != null) {
            JsonNode data = Json.read(after.json());
            for (String field : indexed) {
                if (data.hasNonNull(field)) {
                    records.computeIfAbsent(new Slot(entity, field, data.path(field)), slot -> new LinkedHashSet<>())
                            .add(after.key());
                }
            }
        }
    }

    public Set<RecordKey> find(String entity, String field, JsonNode value) {
        return records.getOrDefault(new Slot(entity, field, value), Set.of());
    }
}
