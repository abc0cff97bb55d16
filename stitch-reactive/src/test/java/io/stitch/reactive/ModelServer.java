package io.stitch.reactive;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.OutboundMessage;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The least that a server does with requests, behind a {@link ScriptedBroker}: enough to see in virtual time what became of
 * writes. It sends no events; tests deliver those they are about.
 */
final class ModelServer {
    final ScriptedBroker broker;
    /** The requests that were executed, such as {@code create task/t1 {"title":"one"}}. */
    final List<String> executed = new ArrayList<>();

    private final boolean old;
    private final Map<String, ObjectNode> records = new TreeMap<>();
    private final Map<String, Long> tombstones = new HashMap<>();
    private final Map<String, String> answers = new HashMap<>();
    private Predicate<OutboundMessage> unheard = message -> false;
    private Predicate<OutboundMessage> unanswered = message -> false;
    private @Nullable String refusal;
    private boolean refusesReads;
    private boolean compares;
    private @Nullable List<Runnable> held;
    private @Nullable Runnable afterRead;

    private ModelServer(boolean old, ScriptedBroker broker) {
        this.old = old;
        this.broker = broker;
        broker.answers = this::answer;
    }

    static ModelServer ofNew() {
        ScriptedBroker broker = ScriptedBroker.ofNewServer();
        return new ModelServer(false, broker);
    }

    static ModelServer ofNewWithRequestIds() {
        return with("request-ids");
    }

    /** With compare-and-set. */
    static ModelServer ofNewThatCompares() {
        return with("request-ids,expected-version").thatCompares();
    }

    /** Compares versions, whether or not it says so. */
    ModelServer thatCompares() {
        compares = true;
        return this;
    }

    /** As after another version of it was installed. */
    void comparesNoMore() {
        compares = false;
    }

    private static ModelServer with(String features) {
        ModelServer server = ofNew();
        server.broker.connAckProperties = List.of(
                new UserProperty("stitch-protocol-version", "2"), new UserProperty("stitch-features", features));
        return server;
    }

    /** As after a restart. */
    void forgetAnswers() {
        answers.clear();
    }

    static ModelServer ofOld() {
        return new ModelServer(true, ScriptedBroker.ofOldServer());
    }

    /** Executes requests whose topic ends so without answering. */
    void loseRepliesTo(String topicEnd) {
        unanswered = message -> message.topic().endsWith(topicEnd);
    }

    /** Does not even receive requests whose topic ends so. */
    void loseRequestsTo(String topicEnd) {
        unheard = message -> message.topic().endsWith(topicEnd);
    }

    /** Executes requests from now on, and answers them on {@link #releaseReplies}. */
    void holdReplies() {
        held = new ArrayList<>();
    }

    void releaseReplies() {
        List<Runnable> replies = held;
        held = null;
        if (replies != null) {
            replies.forEach(Runnable::run);
        }
    }

    /** Does something once, right after a record was read. */
    void afterRead(Runnable action) {
        afterRead = action;
    }

    /** Refuses writes with this from now on. */
    void refuse(int code, String message) {
        refusal = Json.object()
                .put("status", "error")
                .put("code", code)
                .put("message", message)
                .toString();
    }

    /** Refuses all requests with this from now on. */
    void refuseAll(int code, String message) {
        refuse(code, message);
        refusesReads = true;
    }

    /** Works as it should from now on. */
    void heal() {
        refusesReads = false;
        unheard = message -> false;
        unanswered = message -> false;
        refusal = null;
    }

    /** Does what another client asked for. */
    void put(String entity, String json) {
        ObjectNode data = read(json);
        String key = entity + '/' + data.path("id").asString();
        ObjectNode before = records.get(key);
        ObjectNode stored = before == null ? data : before.deepCopy().setAll(data);
        records.put(key, stored.put("_version", before == null ? firstVersion(key) : version(before) + 1));
    }

    void remove(String key) {
        ObjectNode gone = records.remove(key);
        if (gone != null) {
            tombstones.put(key, version(gone) + 1);
        }
    }

    @Nullable
    ObjectNode get(String key) {
        return records.get(key);
    }

    /** The event that tells of a record as it is now. */
    void announce(String key) {
        String[] parts = key.split("/", -1);
        ObjectNode data = records.get(key);
        String operation = data == null ? "deleted" : "updated";
        ObjectNode event = Json.object().put("id", parts[1]);
        if (data == null) {
            event.set("data", Json.object().put("id", parts[1]).put("_version", tombstones.getOrDefault(key, 1L)));
        } else {
            event.set("data", data);
        }
        String scope = parts[0].equals("project") ? parts[1] : "p1";
        String child = parts[0].equals("project") ? "" : "/" + parts[0];
        broker.deliver("$DB/project/" + scope + child + "/events/" + operation, event.toString());
    }

    private @Nullable String answer(OutboundMessage message) {
        if (message.responseTopic() == null || unheard.test(message)) {
            return null;
        }
        String id = new String(message.correlationData(), StandardCharsets.UTF_8);
        String known = old ? null : answers.get(id);
        if (known == null) {
            known = execute(message);
            if (!known.contains("\"code\":412")) { // The record may have that version later.
                answers.put(id, known);
            }
        }
        if (unanswered.test(message)) {
            return null;
        }
        List<Runnable> later = held;
        if (later == null) {
            return known;
        }
        String answer = known;
        later.add(() -> broker.deliver(message.responseTopic(), answer));
        return null;
    }

    private String execute(OutboundMessage message) {
        String[] levels = message.topic().split("/", -1);
        ObjectNode payload = Json.readObject(message.payload());
        String entity = levels[1];
        if (levels[2].equals("list")) {
            var all = Json.mapper().createArrayNode();
            records.forEach((key, data) -> {
                if (key.startsWith(entity + "/")) {
                    all.add(data);
                }
            });
            return ok(all);
        }
        boolean create = levels[2].equals("create");
        boolean read = levels.length == 3 && !create;
        String key = entity + '/' + (create ? payload.path("id").asString() : levels[2]);
        ObjectNode before = records.get(key);
        if ((refusesReads || !read) && refusal != null) {
            return refusal;
        }
        if (create) {
            if (before != null && !old) {
                return error(409, "exists: " + key);
            }
            records.put(key, payload.deepCopy().put("_version", firstVersion(key)));
        } else if (compares && payload.path("_expected_version").isString()) {
            return error(400, "_expected_version is no number");
        } else if (before == null) {
            return error(404, "not found: " + entity);
        } else if (compares && isAnotherVersion(payload.remove("_expected_version"), before)) {
            return error(412, "precondition failed: " + key);
        } else if (!read && levels[3].equals("update")) {
            records.put(key, before.deepCopy().setAll(payload).put("_version", version(before) + 1));
        } else if (!read) {
            remove(key);
        }
        if (!read) {
            executed.add((create ? "create" : levels[3]) + " " + key + " " + payload.without("id"));
        }
        JsonNode now = records.get(key);
        Runnable next = afterRead;
        if (read && next != null) {
            afterRead = null;
            next.run();
        }
        return ok(now == null ? Json.object().put("id", levels[2]).put("deleted", true) : now);
    }

    private static boolean isAnotherVersion(@Nullable JsonNode expected, ObjectNode there) {
        return expected != null && expected.asLong() != version(there);
    }

    private long firstVersion(String key) {
        return old ? 1 : tombstones.getOrDefault(key, 0L) + 1;
    }

    private static long version(ObjectNode data) {
        return data.path("_version").asLong();
    }

    private static String ok(JsonNode data) {
        return Json.object().put("status", "ok").set("data", data).toString();
    }

    private static String error(int code, String message) {
        return Json.object()
                .put("status", "error")
                .put("code", code)
                .put("message", message)
                .toString();
    }

    static ObjectNode read(String json) {
        return Json.readObject(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}
