package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Executes requests and answers them. Worker only. */
final class Requests {
    private static final long REMEMBERED_NANOS = 600_000_000_000L;
    private static final int MAX_REMEMBERED = 100_000;
    private final StitchServerOptions options;
    private final RecordTable table;
    private final RecordService service;
    private final Access access;
    private final Events events;
    private final Outbox outbox;
    private final Faults faults;
    private final Map<RequestId, Answer> answers = new LinkedHashMap<>();

    private record RequestId(Caller caller, String correlation) {}

    private record Answer(JsonNode payload, long at) {}

    Requests(
            StitchServerOptions options,
            RecordTable table,
            RecordService service,
            Access access,
            Events events,
            Outbox outbox,
            Faults faults) {
        this.options = options;
        this.table = table;
        this.service = service;
        this.access = access;
        this.events = events;
        this.outbox = outbox;
        this.faults = faults;
    }

    /** Executes one request; the levels are those of its topic below the prefix. */
    void execute(Caller caller, List<String> levels, Message message) {
        Refusal fault = faults.refuseRequest();
        if (fault != null) {
            reply(message, error(fault));
            return;
        }
        RequestId id = message.correlation() == null || options.legacy()
                ? null
                : new RequestId(caller, new String(message.correlation(), StandardCharsets.ISO_8859_1));
        Answer known = id == null ? null : answers.get(id);
        JsonNode answer = known == null ? answer(caller, levels, message) : known.payload();
        if (id != null && known == null) {
            remember(id, answer);
        }
        reply(message, answer);
    }

    private void reply(Message request, JsonNode answer) {
        if (request.responseTopic() != null) {
            outbox.reply(request.responseTopic(), request.correlation(), answer);
        }
    }

    /** Answers a request that was not executed, or whose effect could not be written. */
    void unavailable(Message request) {
        if (request.responseTopic() != null) {
            JsonNode answer = error(new Refusal(503, "unavailable: the database cannot be written"));
            outbox.replyNow(request.responseTopic(), request.correlation(), answer);
        }
    }

    private static ObjectNode error(Refusal e) {
        return Json.object().put("status", "error").put("code", e.code()).put("message", e.reason());
    }

    private void remember(RequestId id, JsonNode answer) {
        long now = System.nanoTime();
        answers.put(id, new Answer(answer, now));
        Iterator<Answer> oldest = answers.values().iterator();
        while (oldest.hasNext() && (now - oldest.next().at() > REMEMBERED_NANOS || answers.size() > MAX_REMEMBERED)) {
            oldest.remove();
        }
    }

    private JsonNode answer(Caller caller, List<String> levels, Message message) {
        try {
            ObjectNode ok = Json.object().put("status", "ok");
            return ok.set("data", data(caller, levels, Json.read(message.payload())));
        } catch (Refusal e) {
            return error(e);
        }
    }

    private JsonNode data(Caller caller, List<String> levels, ObjectNode payload) {
        String entity = levels.get(0);
        String second = levels.get(1);
        if (levels.size() == 2) {
            return switch (second) {
                case "create" -> create(caller, entity, payload);
                case "list" -> list(caller, entity, payload);
                default -> ListQuery.project(payload.path("projection"), allowed(caller, new Key(entity, second)));
            };
        }
        Key key = new Key(entity, second);
        return levels.get(2).equals("update") ? update(caller, key, payload) : delete(caller, key);
    }

    private JsonNode create(Caller caller, String entity, ObjectNode payload) {
        Key key = RecordService.keyOf(entity, payload);
        ObjectNode existing = table.get(key);
        if (existing != null && options.legacy()) {
            access.check(entity, existing, caller);
        }
        access.claim(entity, payload.put("id", key.id()), caller);
        return publish(caller, service.create(key, payload));
    }

    private JsonNode update(Caller caller, Key key, ObjectNode payload) {
        ObjectNode moved = allowed(caller, key).deepCopy();
        moved.setAll(payload);
        access.check(key.entity(), moved.put("id", key.id()), caller);
        return publish(caller, service.update(key, payload));
    }

    private JsonNode delete(Caller caller, Key key) {
        allowed(caller, key);
        publish(caller, service.delete(key));
        return Json.object().put("deleted", true).put("id", key.id());
    }

    private JsonNode list(Caller caller, String entity, ObjectNode payload) {
        boolean owned = !options.owners().isEmpty();
        return new ListQuery(payload)
                .run(table.all(entity).values().stream().filter(each -> !owned || access.allows(entity, each, caller)));
    }

    private ObjectNode allowed(Caller caller, Key key) {
        ObjectNode found = service.require(key);
        access.check(key.entity(), found, caller);
        return found;
    }

    /** Publishes the events of a write, which therefore go out before its reply. */
    ObjectNode publish(Caller caller, List<Change> changes) {
        events.of(changes, caller).forEach(outbox::event);
        @Nullable ObjectNode first = changes.get(0).after();
        return first == null ? Json.object() : first;
    }
}
