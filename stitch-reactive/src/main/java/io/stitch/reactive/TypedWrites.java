package io.stitch.reactive;

import io.stitch.reactive.persistence.PendingWrite.Kind;
import io.stitch.reactive.persistence.RecordKey;
import io.stitch.reactive.store.LocalWrite;
import io.stitch.reactive.store.ScopeKeys;
import io.stitch.reactive.wire.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.util.function.UnaryOperator;

/** Makes writes of records from writes of Java objects. */
final class TypedWrites {
    private final StitchSchema schema;
    private final JsonMapper mapper;
    private final Mutation.Writer writer;

    TypedWrites(StitchSchema schema, JsonMapper mapper, Mutation.Writer writer) {
        this.schema = schema;
        this.mapper = mapper;
        this.writer = writer;
    }

    <T> Mutation<T> create(EntityType<T> type, T record, @Nullable String scopeId) {
        ObjectNode data = type.write(mapper, record);
        String scopeField = schema.wire().children().get(type.name());
        String field = scopeField == null ? "id" : scopeField;
        if (scopeId != null && !data.path(field).asString("").equals(scopeId)) {
            throw new SchemaException("The %s '%s' has %s '%s', but the scope is '%s'. Create it in its own scope."
                    .formatted(
                            type.name(),
                            data.path("id").asString(""),
                            field,
                            data.path(field).asString(""),
                            scopeId));
        }
        return mutation(type, Kind.CREATE, data.path("id").stringValue(), scopeId, data, null);
    }

    <T> Mutation<T> update(EntityType<T> type, String id, Patch patch, @Nullable String scopeId) {
        ValidationException.requireId(type.name(), id);
        ObjectNode fields = Json.object();
        patch.fields().forEach((field, value) -> fields.set(field, mapper.valueToTree(value)));
        return mutation(type, Kind.UPDATE, id, scopeId, fields, null);
    }

    <T> Mutation<T> update(EntityType<T> type, String id, UnaryOperator<T> change, @Nullable String scopeId) {
        ValidationException.requireId(type.name(), id);
        return mutation(type, Kind.UPDATE, id, scopeId, Json.object(), held -> type.patch(mapper, held, change));
    }

    <T> Mutation<T> delete(EntityType<T> type, String id, @Nullable String scopeId) {
        ValidationException.requireId(type.name(), id);
        return mutation(type, Kind.DELETE, id, scopeId, Json.object(), null);
    }

    private <T> Mutation<T> mutation(
            EntityType<T> type,
            Kind kind,
            String id,
            @Nullable String scopeId,
            ObjectNode payload,
            @Nullable UnaryOperator<ObjectNode> change) {
        String scope = scopeId == null ? ScopeKeys.topLevel(type.name()) : scopeId;
        return new Mutation<>(
                writer,
                new LocalWrite(kind, new RecordKey(type.name(), id), scope, payload, change),
                json -> type.read(mapper, json));
    }
}
