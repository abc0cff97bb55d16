package io.stitch.server;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Executes requests and answers them. Worker only. */
final class Requests {
    private static final Logger LOG = LoggerFactory.getLogger(Requests.class);
    private static final String EXPECTED_VERSION = "_expected_version";
    private static final String SHARES = "shares";
    /** What can be asked of a record besides reading it. */
    static final Set<String> OF_A_RECORD = Set.of("update", "delete", "share", "unshare", SHARES);

    private static final int MAX_REQUEST = 4 << 20;
    private static final long REMEMBERED_NANOS = 600_000_000_000L;
    private static final int MAX_REMEMBERED = 100_000;
    private static final long MAX_REMEMBERED_BYTES = 64L << 20;
    private static final Comparator<RequestId> ORDER = Comparator.comparing(RequestId::correlation)
            .thenComparing(RequestId::topic)
            .thenComparing(id -> id.caller().clientId())
            .thenComparing(id -> id.caller().user(), Comparator.nullsFirst(Comparator.naturalOrder()));

    private final StitchServerOptions options;
    private final ServerHost host;
    private final RecordTable table;
    private final RecordService service;
    private final Access access;
    private final Shares shares;
    private final Events events;
    private final Outbox outbox;
    private final Faults faults;
    private final PublishLog executed = new PublishLog();
    private final Map<RequestId, Answer> answers = new LinkedHashMap<>();
    private final Set<RequestId> uncommitted = new HashSet<>();
    private long rememberedBytes;

    /** The topic is part of it, so that a client which counts from one again is not given another request's answer. */
    private record RequestId(Caller caller, String topic, String correlation) implements Comparable<RequestId> {
        /** That there is an order keeps a map fast whatever correlations somebody chose for their hash. */
        @Override
        public int compareTo(RequestId other) {
            return ORDER.compare(this, other);
        }
    }

    /** The size is that of the request, which is about that of the answer. */
    private record Answer(JsonNode payload, long at, int size) {}

    Requests(
            StitchServerOptions options,
            ServerHost host,
            RecordTable table,
            RecordService service,
            Access access,
            Shares shares,
            Events events,
            Outbox outbox,
            Faults faults) {
        this.options = options;
        this.host = host;
        this.table = table;
        this.service = service;
        this.access = access;
        this.shares = shares;
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
        RequestId id = idOf(caller, levels, message);
        Answer known = id == null ? null : answers.get(id);
        JsonNode answer = known == null ? answer(caller, levels, message) : known.payload();
        if (id != null && known == null && isDone(answer)) { // What was refused is judged anew.
            remember(id, new Answer(answer, host.nanos(), message.payload().length));
            uncommitted.add(id);
            outbox.whenCommitted(() -> uncommitted.remove(id));
        }
        reply(message, answer);
    }

    /** What a write is remembered by, or null. A read is simply executed again: nothing depends on how often. */
    private @Nullable RequestId idOf(Caller caller, List<String> levels, Message message) {
        return message.correlation() == null || !options.has(Feature.REQUEST_IDS) || !isWrite(levels)
                ? null
                : new RequestId(
                        caller, message.topic(), new String(message.correlation(), StandardCharsets.ISO_8859_1));
    }

    private static boolean isDone(JsonNode answer) {
        return answer.path("status").asString("").equals("ok");
    }

    private static boolean isWrite(List<String> levels) {
        return levels.size() == 3
                ? !levels.get(2).equals(SHARES)
                : levels.get(1).equals("create");
    }

    /** The writes that were executed. Any thread. */
    PublishLog executed() {
        return executed;
    }

    private void reply(Message request, JsonNode answer) {
        if (request.responseTopic() != null) {
            outbox.reply(request.responseTopic(), request.correlation(), answer);
        }
    }

    /** Answers a request that was not executed, or whose effect could not be written and was undone. */
    void unavailable(Caller caller, List<String> levels, Message request) {
        RequestId id = idOf(caller, levels, request);
        if (id != null && uncommitted.remove(id)) {
            forget(id);
        }
        if (request.responseTopic() != null) {
            JsonNode answer = error(Refusal.unavailable());
            outbox.replyNow(request.responseTopic(), request.correlation(), answer);
        }
    }

    private static ObjectNode error(Refusal e) {
        return Json.object().put("status", "error").put("code", e.code()).put("message", e.reason());
    }

    private void remember(RequestId id, Answer answer) {
        answers.put(id, answer);
        rememberedBytes += answer.size();
        Iterator<Answer> all = answers.values().iterator();
        for (Answer oldest = all.next(); outlived(oldest, answer.at()); oldest = all.next()) {
            all.remove();
            rememberedBytes -= oldest.size();
        }
    }

    private void forget(RequestId id) {
        Answer answer = answers.remove(id);
        if (answer != null) {
            rememberedBytes -= answer.size();
        }
    }

    private boolean outlived(Answer answer, long now) {
        return now - answer.at() > REMEMBERED_NANOS
                || answers.size() > MAX_REMEMBERED
                || (rememberedBytes > MAX_REMEMBERED_BYTES && answers.size() > 1);
    }

    private JsonNode answer(Caller caller, List<String> levels, Message message) {
        try {
            if (message.payload().length > MAX_REQUEST) {
                throw new Refusal(400, "payload too large: a request is at most 4 MiB");
            }
            JsonNode data = data(caller, levels, Json.read(message.payload()));
            if (isWrite(levels)) {
                outbox.whenCommitted(() -> executed.add(new StitchServer.Published(caller.clientId(), message)));
            }
            return Json.object().put("status", "ok").set("data", data);
        } catch (Refusal e) {
            return error(e);
        } catch (RuntimeException e) {
            LOG.error("a request on {} failed", message.topic(), e);
            return error(new Refusal(500, "internal error: see the server's log"));
        }
    }

    private JsonNode data(Caller caller, List<String> levels, ObjectNode payload) {
        String entity = levels.get(0);
        String second = levels.get(1);
        if (levels.size() == 2) {
            return switch (second) {
                case "create" -> create(caller, entity, payload);
                case "list" -> list(caller, entity, payload);
                case "shared" -> shared(caller, entity);
                default -> read(caller, new Key(entity, second), payload.path("projection"));
            };
        }
        Key key = new Key(entity, second);
        return switch (levels.get(2)) {
            case "update" -> update(caller, key, payload);
            case "delete" -> delete(caller, key, payload);
            case "share" -> share(caller, key, payload);
            case "unshare" -> unshare(caller, key, payload);
            default -> Json.array(shares.of(shareable(caller, key)));
        };
    }

    /** Takes the version that a write is meant for out of it; null where any will do. */
    private @Nullable JsonNode expectedVersion(ObjectNode payload) {
        // Who does not know the field stores it.
        JsonNode expected = options.has(Feature.EXPECTED_VERSION) ? payload.remove(EXPECTED_VERSION) : null;
        if (expected != null
                && (!expected.isIntegralNumber() || expected.bigIntegerValue().signum() < 0)) {
            throw new Refusal(400, "invalid " + EXPECTED_VERSION + ": it must be an integer of 0 or more");
        }
        return expected;
    }

    private ObjectNode expected(@Nullable JsonNode version, Key key, ObjectNode found) {
        long actual = RecordTable.version(found);
        if (version != null && (!version.canConvertToLong() || version.asLong() != actual)) {
            throw new Refusal(412, "precondition failed: " + key.entity() + " is at version " + actual);
        }
        return found;
    }

    private JsonNode create(Caller caller, String entity, ObjectNode payload) {
        if (options.has(Feature.EXPECTED_VERSION)) {
            payload.remove(EXPECTED_VERSION); // There is no version to compare it with.
        }
        Key key = RecordService.keyOf(entity, payload);
        ObjectNode existing = table.get(key);
        if (existing != null && options.legacy()) {
            access.check(entity, existing, caller, Access.Right.OWN);
        }
        access.claim(entity, payload.put("id", key.id()), caller);
        return publish(caller, service.create(key, payload));
    }

    private JsonNode update(Caller caller, Key key, ObjectNode payload) {
        JsonNode version = expectedVersion(payload);
        ObjectNode before = expected(version, key, allowed(caller, key, Access.Right.WRITE));
        access.keepOwner(key.entity(), before, payload, caller);
        ObjectNode moved = before.deepCopy();
        moved.setAll(payload);
        access.check(key.entity(), moved.put("id", key.id()), caller, Access.Right.WRITE);
        return publish(caller, service.update(key, payload));
    }

    private JsonNode delete(Caller caller, Key key, ObjectNode payload) {
        JsonNode version = expectedVersion(payload);
        expected(version, key, allowed(caller, key, Access.Right.OWN));
        publish(caller, service.delete(key));
        return Json.object().put("deleted", true).put("id", key.id());
    }

    private JsonNode read(Caller caller, Key key, JsonNode projection) {
        ListQuery.checkProjection(projection);
        return ListQuery.project(projection, allowed(caller, key, Access.Right.READ));
    }

    private JsonNode list(Caller caller, String entity, ObjectNode payload) {
        boolean owned = !options.owners().isEmpty();
        return new ListQuery(payload)
                .run(table.all(entity).values().stream().filter(each -> !owned || access.lists(entity, each, caller)));
    }

    private ObjectNode allowed(Caller caller, Key key, Access.Right right) {
        ObjectNode found = service.require(key);
        access.check(key.entity(), found, caller, right);
        return found;
    }

    private JsonNode share(Caller caller, Key key, ObjectNode payload) {
        String grantee = Shares.granteeOf(payload);
        String permission = Shares.permissionOf(payload);
        publishAll(caller, shares.share(shareable(caller, key), grantee, permission, caller.user()));
        return Json.object()
                .put("grantee", grantee)
                .put("permission", permission)
                .put("resources_shared", 1)
                .put("status", "shared");
    }

    private JsonNode unshare(Caller caller, Key key, ObjectNode payload) {
        String grantee = Shares.granteeOf(payload);
        publishAll(caller, shares.unshare(shareable(caller, key), grantee));
        return Json.object().put("grantee", grantee).put("status", "unshared");
    }

    /** Only what has an owner is shared, and only by that one. */
    private Key shareable(Caller caller, Key key) {
        if (!options.owners().containsKey(key.entity())) {
            throw new Refusal(400, "validation error: entity '" + key.entity() + "' is not shareable");
        }
        allowed(caller, key, Access.Right.OWN);
        return key;
    }

    private JsonNode shared(Caller caller, String entity) {
        return Json.array(caller.user() == null ? List.of() : shares.with(entity, caller.user()));
    }

    private void publishAll(Caller caller, List<Change> changes) {
        events.of(changes, caller).forEach(outbox::event);
    }

    /** Publishes the events of a write, which therefore go out before its reply. */
    ObjectNode publish(Caller caller, List<Change> changes) {
        publishAll(caller, changes);
        // Afterwards: those with whom it was shared have heard that it is gone.
        publishAll(
                caller,
                changes.stream()
                        .filter(change -> change.after() == null)
                        .flatMap(change -> shares.unshareAll(change.key()).stream())
                        .toList());
        @Nullable ObjectNode first = changes.get(0).after();
        return first == null ? Json.object() : first;
    }
}
