package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.Patch;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.UnsupportedInModeException;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.mode.Mode;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.wire.EventPayload;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.Ids;
import io.stitch.reactive.internal.writes.LocalWrite;
import io.stitch.reactive.internal.writes.LocalWrite.Expected;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Makes writes of records from writes of Java objects. */
final class TypedWrites {
    private final StitchSchema schema;
    private final ScopeKeys keys;
    private final RecordMapper mapper;
    private static final String EXPIRES_AT = "_expires_at";

    private final Mode mode;
    private final Scheduler clock;
    private final StoreMutation.Writer writer;

    TypedWrites(
            StitchSchema schema,
            ScopeKeys keys,
            RecordMapper mapper,
            Mode mode,
            Scheduler clock,
            StoreMutation.Writer writer) {
        this.clock = clock;
        this.mode = mode;
        this.schema = schema;
        this.keys = keys;
        this.mapper = mapper;
        this.writer = writer;
    }

    /** The same for a part of the store that is closed by itself. */
    TypedWrites until(Supplier<@Nullable ClosedException> closed) {
        return new TypedWrites(
                schema,
                keys,
                mapper,
                mode,
                clock,
                new StoreMutation.Writer(writer.writes(), writer.observer(), closed, writer.unreadable()));
    }

    <T> Mutation<T> create(EntityType<T> type, T record, @Nullable Duration timeToLive, @Nullable String scopeId) {
        ObjectNode data = ofWriter(type, mapper.write(type, record));
        String scopeField = schema.children().get(type.name());
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
        if (timeToLive != null) {
            data.put(EXPIRES_AT, expiry(type, timeToLive).getEpochSecond());
        }
        return mutation(type, WriteKind.CREATE, data.path("id").stringValue(), scopeId, data, null, null);
    }

    private Instant expiry(EntityType<?> type, Duration timeToLive) {
        if (timeToLive.toSeconds() < 1) {
            throw new IllegalArgumentException(
                    "A %s cannot be created for %s: servers count in seconds, and the least is one."
                            .formatted(type.name(), timeToLive));
        }
        if (timeToLive.toSeconds() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "A %s cannot be created for %s: that is more than 68 years, which servers do not count. Create it without a time."
                            .formatted(type.name(), timeToLive));
        }
        if (!mode.expires() || schema.localOnly().contains(type.name())) {
            throw new UnsupportedInModeException(
                    "A %s cannot be created for a time here: there is no server that would say when it is over. Delete it when it is."
                            .formatted(type.name()));
        }
        return Instant.ofEpochMilli(clock.now(TimeUnit.MILLISECONDS)).plus(timeToLive.toSeconds(), ChronoUnit.SECONDS);
    }

    /** When the server will delete a record, as it says. */
    static Optional<Instant> expiresAt(ObjectNode record) {
        JsonNode second = record.path(EXPIRES_AT);
        return second.isIntegralNumber() && second.canConvertToLong()
                ? Optional.of(
                        Instant.ofEpochSecond(Math.max(0, Math.min(second.asLong(), Instant.MAX.getEpochSecond()))))
                : Optional.empty();
    }

    /** Leaves out the version that a type shows, which is whoever's who stores the record, and refuses what else is the protocol's. */
    private ObjectNode ofWriter(EntityType<?> type, ObjectNode data) {
        if (schema.localOnly().contains(type.name())) {
            return data;
        }
        List<String> ours = new ArrayList<>(0);
        List<String> foreign = new ArrayList<>(0);
        data.properties().forEach(field -> {
            boolean unset = field.getKey().equals(mode.versionField())
                    || field.getKey().equals(EventPayload.RECORD_SIGNATURE)
                    || field.getValue().isNull();
            if (field.getKey().startsWith("_")) {
                (unset ? ours : foreign).add(field.getKey());
            }
        });
        if (!foreign.isEmpty()) {
            throw new SchemaException(
                    "The %s '%s' has the fields %s, but those that begin with '_' are the protocol's. Create the record without them."
                            .formatted(type.name(), data.path("id").asString(""), foreign));
        }
        data.remove(ours);
        return data;
    }

    <T> Mutation<T> update(EntityType<T> type, String id, Patch patch, @Nullable String scopeId) {
        Ids.require(type.name(), id);
        return mutation(
                type, WriteKind.UPDATE, id, scopeId, requireScope(type, id, mapper.write(type, patch)), null, null);
    }

    <T> Mutation<T> update(EntityType<T> type, String id, UnaryOperator<T> change, @Nullable String scopeId) {
        Ids.require(type.name(), id);
        return mutation(
                type,
                WriteKind.UPDATE,
                id,
                scopeId,
                Json.object(),
                held -> requireScope(type, id, mapper.patch(type, held, change)),
                null);
    }

    /** A record may move to another scope, and not to none. */
    private ObjectNode requireScope(EntityType<?> type, String id, ObjectNode fields) {
        String scopeField = schema.children().get(type.name());
        if (scopeField != null && fields.has(scopeField)) {
            JsonNode scope = fields.get(scopeField);
            if (!scope.isString()) {
                throw new SchemaException(
                        "The field '%s' of the %s '%s' names its scope and cannot be %s. Set the id of a scope, or delete the record."
                                .formatted(scopeField, type.name(), id, scope));
            }
            Ids.require(schema.root(), scope.stringValue());
        }
        return fields;
    }

    <T> Mutation<T> delete(EntityType<T> type, String id, @Nullable String scopeId) {
        Ids.require(type.name(), id);
        return mutation(type, WriteKind.DELETE, id, scopeId, Json.object(), null, null);
    }

    <T> Mutation<T> updateIf(EntityType<T> type, String id, Expected expected, Patch patch, @Nullable String scopeId) {
        requireComparable(type, id, expected);
        ObjectNode fields = requireScope(type, id, mapper.write(type, patch));
        return mutation(type, WriteKind.UPDATE, id, scopeId, fields, null, expected);
    }

    <T> Mutation<T> deleteIf(EntityType<T> type, String id, Expected expected, @Nullable String scopeId) {
        requireComparable(type, id, expected);
        return mutation(type, WriteKind.DELETE, id, scopeId, Json.object(), null, expected);
    }

    /** Versions tell who wrote last only where a server counts them, and counts the writes of the record alone. */
    private void requireComparable(EntityType<?> type, String id, Expected expected) {
        Ids.require(type.name(), id);
        if (expected.version() < 1) {
            throw new IllegalArgumentException(
                    "The version of the %s '%s' is %d, but a server counts from 1. A record without a version was never acknowledged: write it without one."
                            .formatted(type.name(), id, expected.version()));
        }
        if (type.name().equals(schema.root())) {
            throw new SchemaException(
                    "The %s '%s' is a root: its version rises with each write of a child, so it tells nothing of the root itself. Use update or delete, or keep what is to be compared in a child."
                            .formatted(type.name(), id));
        }
        if (schema.localOnly().contains(type.name())) {
            throw new SchemaException(
                    "The %s '%s' is local-only: no server counts its versions, and nobody else writes it. Use update or delete."
                            .formatted(type.name(), id));
        }
    }

    private <T> Mutation<T> mutation(
            EntityType<T> type,
            WriteKind kind,
            String id,
            @Nullable String scopeId,
            ObjectNode payload,
            @Nullable UnaryOperator<ObjectNode> change,
            @Nullable Expected expected) {
        String scope = scopeId == null ? WireSchema.topLevelKey(type.name()) : scopeId;
        return new StoreMutation<>(
                writer,
                new LocalWrite(kind, keys.key(scope, type.name(), id), scope, payload, change, expected, null),
                json -> mapper.read(type, json));
    }
}
