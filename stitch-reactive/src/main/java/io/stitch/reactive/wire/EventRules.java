package io.stitch.reactive.wire;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What an event must obey whoever sent it (protocol section 2). Throws {@link RejectedMessage}. */
final class EventRules {
    private final WireSchema schema;

    /**
     * An event that fits its topic.
     *
     * @param id the record
     * @param operation what happened
     * @param data the fields of the record that were read, {@code null} only on a delete
     * @param corrections what the topic adds to the record or says otherwise
     */
    record Checked(String id, Operation operation, @Nullable ObjectNode data, ObjectNode corrections) {}

    EventRules(WireSchema schema) {
        this.schema = schema;
    }

    Checked scoped(String scopeId, String entity, String suffix, JsonNode json) {
        requireValidId(scopeId);
        Operation operation = Operation.ofTopicSuffix(suffix);
        if (operation == null) {
            throw new RejectedMessage(
                    DiagnosticCode.UNKNOWN_TOPIC, "the last level is not created, updated or deleted");
        }
        boolean root = entity.equals(schema.root());
        String scopeField = schema.children().get(entity);
        if (!root && scopeField == null) {
            throw unknownEntity(entity);
        }
        String id = idOf(json);
        if (root && !id.equals(scopeId)) {
            throw new RejectedMessage(
                    DiagnosticCode.CONTRADICTS_TOPIC, "a root event's id is its scope, but the payload says another");
        }
        ObjectNode corrections = Json.object();
        ObjectNode data = dataOf(json, operation);
        if (data != null && scopeField != null) {
            JsonNode stated = data.path(scopeField);
            if (stated.isMissingNode() && operation != Operation.DELETE) {
                corrections.put(scopeField, scopeId);
            } else if (!stated.isMissingNode()
                    && !(stated.isString() && stated.stringValue().equals(scopeId))) {
                throw new RejectedMessage(
                        DiagnosticCode.CONTRADICTS_TOPIC,
                        "the record's %s is not the topic's scope".formatted(scopeField));
            }
        }
        return new Checked(id, operation, data, corrections);
    }

    static String idOf(JsonNode json) {
        JsonNode id = json.path("id");
        if (!id.isString()) {
            throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, "the id is missing or not a string");
        }
        return requireValidId(id.stringValue());
    }

    static String requireValidId(String id) {
        String problem = Names.idProblem(id);
        if (problem != null) {
            throw new RejectedMessage(DiagnosticCode.INVALID_ID, problem);
        }
        return id;
    }

    static @Nullable ObjectNode dataOf(JsonNode json, Operation operation) {
        JsonNode data = json.path("data");
        if (data instanceof ObjectNode object) {
            return object;
        }
        if ((data.isMissingNode() || data.isNull()) && operation == Operation.DELETE) {
            return null;
        }
        throw new RejectedMessage(DiagnosticCode.MALFORMED_EVENT, "data is not the whole record");
    }

    static RejectedMessage unknownEntity(String entity) {
        return new RejectedMessage(
                DiagnosticCode.UNKNOWN_ENTITY, "the schema has no entity '%s' there".formatted(abbreviate(entity)));
    }

    static String abbreviate(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + '…';
    }
}
