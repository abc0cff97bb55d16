package io.stitch.reactive.test;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Scope;
import org.assertj.core.api.AbstractAssert;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Checks one record of a scope as it was when it was looked up. For one thread.
 *
 * @param <T> the type of the record
 */
public final class RecordAssert<T> extends AbstractAssert<RecordAssert<T>, T> {
    private final ScopeAssert scope;
    private final ObjectNode json;

    private RecordAssert(ScopeAssert scope, T record, ObjectNode json) {
        super(record, RecordAssert.class);
        this.scope = scope;
        this.json = json;
    }

    static <T> RecordAssert<T> of(ScopeAssert from, Scope scope, EntityType<T> type, String id) {
        ObjectNode json = scope.get(EntityType.json(type.name()), id)
                .orElseThrow(() -> from.broken("Expected a %s '%s'".formatted(type.name(), id)));
        T record = scope.get(type, id).orElseThrow(() -> from.broken("Expected a %s '%s'".formatted(type.name(), id)));
        return new RecordAssert<>(from, record, json);
    }

    /**
     * Checks that a field has a value. Numbers are equal if they are written alike in JSON.
     *
     * @param field the field, as in JSON
     * @param value the value, which is turned into JSON
     * @return this
     */
    public RecordAssert<T> has(String field, Object value) {
        JsonNode expected = JsonMapper.shared().valueToTree(value);
        if (!json.path(field).equals(expected)) {
            throw scope.broken("Expected field '%s' to be %s, not %s, in %s"
                    .formatted(field, expected, json.has(field) ? json.get(field) : "absent", json));
        }
        return this;
    }

    /**
     * Checks that a field is absent or null.
     *
     * @param field the field, as in JSON
     * @return this
     */
    public RecordAssert<T> hasNo(String field) {
        if (json.hasNonNull(field)) {
            throw scope.broken("Expected no field '%s' in %s".formatted(field, json));
        }
        return this;
    }

    /**
     * Goes back to the scope.
     *
     * @return the assertions on the scope
     */
    public ScopeAssert and() {
        return scope;
    }
}
