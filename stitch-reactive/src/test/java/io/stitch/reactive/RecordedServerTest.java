package io.stitch.reactive;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Vectors;
import io.stitch.reactive.internal.wire.Vectors.Vector;
import io.stitch.reactive.spi.OutboundMessage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The recording of a real server, from both of its clients' sides: the one that wrote, and the one that watched. */
class RecordedServerTest {
    private static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    private static final EntityType<ObjectNode> TASK = EntityType.json("task");
    private static final List<EntityType<ObjectNode>> TOP_LEVEL =
            Stream.of("note", "comment", "user", "item").map(EntityType::json).toList();
    /** What this client refuses to send, or offers no way to send: each has a test of its own, or needs none. */
    private static final Set<String> NOT_SENT = Set.of(
            "client-version-ignored",
            "list-unknown-operator-is-ignored",
            "list-unknown-entity",
            "malformed-json",
            "server-made-id",
            "hello-ignored-by-old-server",
            "forged-event",
            "no-response-topic",
            "invalid-entity-gets-no-reply");

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final ScriptedBroker broker = ScriptedBroker.ofOldServer();
    private final Map<String, JsonNode> onTheServer = new HashMap<>();
    private @Nullable StitchStore opened;

    @AfterEach
    void closeStore() {
        if (opened != null) {
            opened.close().subscribe();
        }
        time.advanceTime();
        time.dispose();
    }

    private StitchStore store(String clientId) {
        var schema = StitchSchema.root(PROJECT).child(TASK, "projectId");
        TOP_LEVEL.forEach(schema::topLevel);
        StitchStore store = StitchStore.builder()
                .schema(schema.build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .clientId(clientId)
                .scheduler(time)
                .connector(broker)
                .build();
        opened = store;
        store.start().subscribe();
        time.advanceTime();
        return store;
    }

    /** A request of the recording and the reply that the server gave. */
    record Exchange(Vector request, Vector reply) {
        @Override
        public String toString() {
            return request + " " + new String(request.payload(), StandardCharsets.UTF_8);
        }
    }

    static Stream<Exchange> exchanges() {
        List<Vector> all = Vectors.all();
        return IntStream.range(0, all.size())
                .filter(i ->
                        all.get(i).isSent() && !NOT_SENT.contains(all.get(i).name()))
                .mapToObj(i -> new Exchange(all.get(i), replyTo(all, i)));
    }

    private static Vector replyTo(List<Vector> all, int request) {
        String topic = all.get(request).json().path("responseTopic").asString();
        return all.stream()
                .skip(request)
                .filter(vector -> vector.isReceived() && vector.topic().equals(topic))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("exchanges")
    void theSameCallPublishesTheSameRequestAndUnderstandsTheReply(Exchange exchange) {
        Vector request = exchange.request();
        String answer = new String(exchange.reply().payload(), StandardCharsets.UTF_8);
        List<OutboundMessage> sent = new ArrayList<>();
        broker.answers = message -> {
            if (message.topic().equals(request.topic())
                    && Json.read(message.payload()).equals(Json.read(request.payload()))) {
                sent.add(message);
                return answer;
            }
            return message.topic().endsWith("/list")
                    ? "{\"status\":\"ok\",\"data\":[]}"
                    : "{\"status\":\"error\",\"code\":404,\"message\":\"not found\"}";
        };
        StitchStore store = store("alice-1");

        JsonNode reply = Json.read(exchange.reply().payload());
        StepVerifier.FirstStep<JsonNode> result = StepVerifier.create(call(store, request));
        if (reply.path("status").asString().equals("ok")) {
            JsonNode data = reply.path("data");
            result.then(time::advanceTime)
                    .expectNextSequence(data.has("deleted") ? List.of() : List.of(data))
                    .verifyComplete();
        } else if (reply.path("code").asInt() == 404
                && (isRead(request) || request.topic().endsWith("/delete"))) {
            result.then(time::advanceTime).verifyComplete();
        } else {
            result.then(time::advanceTime)
                    .expectErrorSatisfies(error -> assertThat(error)
                            .hasMessageContaining(reply.path("message").asString())
                            .isInstanceOfSatisfying(
                                    RequestRefusedException.class,
                                    refused -> assertThat(refused.code())
                                            .isEqualTo(reply.path("code").asInt())))
                    .verify();
        }

        assertThat(sent).singleElement().satisfies(message -> {
            String requestId = new String(message.correlationData(), StandardCharsets.UTF_8);
            assertThat(message.responseTopic()).isEqualTo("$DB/clients/alice-1/" + requestId);
            assertThat(message.userProperties()).containsExactly(new UserProperty("x-origin-client-id", "alice-1"));
        });
    }

    private static boolean isRead(Vector request) {
        return request.topic().split("/", -1).length == 3
                && !request.topic().endsWith("/create")
                && !request.topic().endsWith("/list");
    }

    /** The call of this library that stands for a request: what it publishes is compared with the request. */
    private static Mono<JsonNode> call(StitchStore store, Vector request) {
        String[] levels = request.topic().split("/", -1);
        EntityType<ObjectNode> type = EntityType.json(levels[1]);
        ObjectNode payload = Json.readObject(request.payload());
        if (levels[2].equals("create")) {
            return create(store, type, payload).cast(JsonNode.class);
        }
        if (levels[2].equals("list")) {
            return store.list(type, query(payload))
                    .map(list -> (JsonNode) Json.mapper().createArrayNode().addAll(list));
        }
        if (levels.length == 3) {
            String[] fields = payload.path("projection")
                    .valueStream()
                    .map(JsonNode::asString)
                    .toArray(String[]::new);
            return store.read(type, levels[2], fields).cast(JsonNode.class);
        }
        if (levels[3].equals("update")) {
            return update(store, type, levels[2], patch(payload)).cast(JsonNode.class);
        }
        return delete(store, type, levels[2]).cast(JsonNode.class);
    }

    private static Mutation<ObjectNode> create(StitchStore store, EntityType<ObjectNode> type, ObjectNode record) {
        if (TOP_LEVEL.stream().anyMatch(each -> each.name().equals(type.name()))) {
            return store.collection(type).create(record);
        }
        String scopeField = type.name().equals("project") ? "id" : "projectId";
        return store.openScope(record.path(scopeField).asString()).create(type, record);
    }

    private static Mutation<ObjectNode> update(StitchStore store, EntityType<ObjectNode> type, String id, Patch patch) {
        return TOP_LEVEL.stream().anyMatch(each -> each.name().equals(type.name()))
                ? store.collection(type).update(id, patch)
                : store.openScope("p1").update(type, id, patch);
    }

    private static Mutation<ObjectNode> delete(StitchStore store, EntityType<ObjectNode> type, String id) {
        return TOP_LEVEL.stream().anyMatch(each -> each.name().equals(type.name()))
                ? store.collection(type).delete(id)
                : store.openScope("p1").delete(type, id);
    }

    private static Patch patch(ObjectNode fields) {
        List<Map.Entry<String, JsonNode>> entries = fields.properties().stream().toList();
        Patch patch = Patch.of(entries.get(0).getKey(), entries.get(0).getValue());
        for (var entry : entries.subList(1, entries.size())) {
            patch = patch.and(entry.getKey(), entry.getValue());
        }
        return patch;
    }

    private static ListQuery query(ObjectNode request) {
        JsonNode filter = request.path("filters").get(0);
        JsonNode sort = request.path("sort").get(0);
        return ListQuery.all()
                .where(
                        filter.path("field").asString(),
                        ListQuery.Operator.EQ,
                        filter.path("value").asString())
                .sortBy(
                        sort.path("field").asString(),
                        sort.path("direction").asString().equals("asc"))
                .page(0, request.path("limit").asInt());
    }

    @Test
    void whatNoServerShouldSeeIsRefusedBeforeItIsSent() {
        Scope scope = store("alice-1").openScope("p1");
        time.advanceTime();
        int before = broker.published.size();

        assertThatThrownBy(() -> Patch.of("title", "three").and("_version", 99)).hasMessageContaining("_version");
        assertThatThrownBy(() ->
                        scope.create(TASK, Json.object().put("projectId", "p1").put("title", "noid")))
                .hasMessageContaining("id");
        assertThatThrownBy(() -> EntityType.json("bad name!")).hasMessageContaining("bad name!");
        time.advanceTime();
        assertThat(broker.published).hasSize(before);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theWatcherHoldsWhatTheServerHolds(boolean eventsTwice) {
        broker.answers = this::answerFromTheServersState;
        StitchStore store = store("bob-1");
        Scope scope = store.openScope("p1");
        time.advanceTime();

        for (Vector vector : Vectors.all()) {
            remember(vector);
            if (vector.isReceived() && vector.client().equals("bob-1")) {
                for (int i = 0; i < (eventsTwice ? 2 : 1); i++) {
                    deliver(vector);
                }
                time.advanceTime();
                if (!vector.name().equals("forged-event")) {
                    assertHeldAsOnTheServer(store, scope, vector);
                }
            }
        }

        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.FORGED, eventsTwice ? 2L : 1L);
        assertThat(store.diagnosticCounts())
                .as("created again at the same version: only the server can tell what that means")
                .containsKey(DiagnosticCode.READ_BACK);
        assertThat(scope.snapshot(PROJECT)).isEmpty();
        assertThat(scope.snapshot(TASK))
                .as("an old server says only in the new scope that a child moved there")
                .extracting(task -> task.path("id").asString())
                .containsExactly("t1");
        store.loadScope("p1").subscribe();
        time.advanceTime();
        assertThat(scope.snapshot(TASK)).as("so listing finds it").isEmpty();
    }

    private void assertHeldAsOnTheServer(StitchStore store, Scope scope, Vector event) {
        JsonNode json = Json.read(event.payload());
        EntityType<ObjectNode> type = EntityType.json(json.path("entity").asString());
        String id = json.path("id").asString();
        if (event.topic().startsWith("$DB/project/p2")) {
            return;
        }
        ObjectNode held = event.topic().startsWith("$DB/project/")
                ? scope.get(type, id).orElse(null)
                : store.collection(type).get(id).orElse(null);
        assertThat(held).as("%s after %s", id, event).isEqualTo(onTheServer.get(type.name() + "/" + id));
    }

    /** Keeps what the server holds: its events say it, and the one reply whose event the watcher did not see. */
    private void remember(Vector vector) {
        if (!vector.isReceived() || vector.name().equals("forged-event")) {
            return;
        }
        JsonNode json = Json.read(vector.payload());
        JsonNode data = json.path("data");
        if (vector.name().equals("child-moved-to-another-scope") && json.has("status")) {
            onTheServer.put(
                    (data.has("projectId") ? "task/" : "project/")
                            + data.path("id").asString(),
                    data);
        } else if (json.has("operation")) {
            String key = json.path("entity").asString() + "/" + json.path("id").asString();
            if (json.path("operation").asString().equals("Delete")) {
                onTheServer.remove(key);
            } else {
                onTheServer.put(key, data);
            }
        }
    }

    private @Nullable String answerFromTheServersState(OutboundMessage request) {
        String[] levels = request.topic().split("/", -1);
        if (levels[2].equals("list")) {
            var data = Json.mapper().createArrayNode();
            onTheServer.entrySet().stream()
                    .filter(entry -> entry.getKey().startsWith(levels[1] + "/"))
                    .map(Map.Entry::getValue)
                    .filter(record -> !levels[1].equals("task")
                            || record.path("projectId").asString().equals("p1"))
                    .forEach(data::add);
            return Json.object().put("status", "ok").set("data", data).toString();
        }
        JsonNode record = onTheServer.get(levels[1] + "/" + levels[2]);
        return record == null
                ? "{\"status\":\"error\",\"code\":404,\"message\":\"not found\"}"
                : Json.object().put("status", "ok").set("data", record).toString();
    }

    private void deliver(Vector vector) {
        broker.deliver(
                vector.topic(),
                new String(vector.payload(), StandardCharsets.UTF_8),
                vector.userProperties().entrySet().stream()
                        .map(property -> new UserProperty(property.getKey(), property.getValue()))
                        .toArray(UserProperty[]::new));
    }
}
