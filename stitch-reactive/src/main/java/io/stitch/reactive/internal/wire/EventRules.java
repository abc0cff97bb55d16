package io.stitch.reactive.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Names;
import io.stitch.reactive.spi.ForeignText;
import org.jspecify.annotations.Nullable;

/** What an event must obey whoever sent it (protocol section 2). Throws {@link RejectedMessage}. */
public final class EventRules {
    private final WireSchema schema;

    /**
     * An event that fits its topic.
     *
     * @param id the record
     * @param operation what happened
     */
    public record Checked(String id, Operation operation) {}

    public EventRules(WireSchema schema) {
        this.schema = schema;
    }

    /** The field of a record that names its scope; {@code null} for a root and for what is in no scope. */
    @Nullable
    public String scopeField(String entity) {
        return schema.children().get(entity);
    }

    /** Checks an event against the topic that it came on, and corrects what the topic adds to its record. */
    public Checked scoped(String scopeId, String entity, String suffix, EventPayload<?> payload) {
        requireValidId(scopeId);
        Operation operation = operationOf(suffix);
        boolean root = entity.equals(schema.root());
        String scopeField = scopeField(entity);
        if (!root && scopeField == null) {
            throw unknownEntity(entity);
        }
        String id = idOf(payload);
        if (root && !id.equals(scopeId)) {
            throw new RejectedMessage(
                    DiagnosticCode.CONTRADICTS_TOPIC, "a root event's id is its scope, but the payload says another");
        }
        requireRecord(payload, operation);
        if (payload.hasRecord() && scopeField != null) {
            if (!payload.statesScope() && operation != Operation.DELETE) {
                payload.correct(scopeField, Json.text(scopeId));
            } else if (payload.statesScope() && !scopeId.equals(payload.scope())) {
                throw new RejectedMessage(
                        DiagnosticCode.CONTRADICTS_TOPIC,
                        "the record's %s is not the topic's scope".formatted(scopeField));
            }
        }
        return new Checked(id, operation);
    }

    /** Checks an event of an entity that belongs to no scope, if its topic tells what happened. */
    public Checked topLevel(String entity, String suffix, EventPayload<?> payload) {
        Operation operation = operationOf(suffix);
        requireTopLevel(entity);
        String id = idOf(payload);
        requireRecord(payload, operation);
        return new Checked(id, operation);
    }

    /** Checks that an entity belongs to no scope. */
    public String requireTopLevel(String entity) {
        if (!schema.topLevel().contains(entity)) {
            throw unknownEntity(entity);
        }
        return entity;
    }

    private static Operation operationOf(String suffix) {
        Operation operation = Operation.ofTopicSuffix(suffix);
        if (operation == null) {
            throw new RejectedMessage(
                    DiagnosticCode.UNKNOWN_TOPIC, "the last level is not created, updated or deleted");
        }
        return operation;
    }

    static String idOf(EventPayload<?> payload) {
        String id = payload.id();
        if (id == null) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, "the id is missing or not a string");
        }
        return requireValidId(id);
    }

    public static String requireValidId(String id) {
        String problem = Names.idProblem(id);
        if (problem != null) {
            throw new RejectedMessage(DiagnosticCode.INVALID_ID, problem);
        }
        return id;
    }

    /** Without the whole record there is a delete only. */
    static void requireRecord(EventPayload<?> payload, Operation operation) {
        if (!payload.hasRecord() && !(payload.hasNoData() && operation == Operation.DELETE)) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, "data is not the whole record");
        }
    }

    /** Has the record carry its id. */
    public static void correctId(EventPayload<?> payload, String id) {
        if (!id.equals(payload.recordId())) {
            payload.correct("id", Json.text(id));
        }
    }

    public static RejectedMessage unknownEntity(String entity) {
        return new RejectedMessage(
                DiagnosticCode.UNKNOWN_ENTITY,
                "the schema has no entity '%s' there".formatted(ForeignText.quoted(entity)));
    }
}
