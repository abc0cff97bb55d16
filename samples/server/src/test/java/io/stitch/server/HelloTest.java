package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

class HelloTest {
    private static final String PROJECT = "$DB/project/p1/events/";
    private static final String TASK = "$DB/project/p1/task/events/";

    @RegisterExtension
    final StitchServerExtension extension = StitchServerExtension.of(
            StitchServerOptions.builder().helloSpacing(Duration.ZERO).build());

    private StitchServer server;

    @BeforeEach
    void keep(StitchServer running) {
        server = running;
    }

    private static List<ObjectNode> tasks(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> JsonMapper.shared()
                        .createObjectNode()
                        .put("id", String.format("t%06d", i))
                        .put("projectId", "p1"))
                .toList();
    }

    private static void watch(TestClient client) {
        client.subscribe("$DB/project/+/events/#");
        client.subscribe("$DB/project/+/+/events/#");
    }

    private static String entry(String entity, String id, long version) {
        return "{\"id\":\"" + id + "\",\"entity\":\"" + entity + "\",\"version\":" + version + "}";
    }

    private static String manifest(String... entries) {
        return "[" + String.join(",", entries) + "]";
    }

    @Test
    void aHelloBringsTheDifferenceOnly() {
        server.put("project", "{\"id\":\"p1\"}");
        server.put("task", "{\"id\":\"same\",\"projectId\":\"p1\"}");
        server.put("task", "{\"id\":\"new\",\"projectId\":\"p1\"}");
        server.put("task", "{\"id\":\"ahead\",\"projectId\":\"p1\"}");
        try (var client = new TestClient(server, "c1")) {
            watch(client);
            client.hello(
                    "p1",
                    manifest(
                            entry("project", "p1", 1),
                            entry("task", "same", 1),
                            entry("task", "ahead", 7),
                            entry("task", "gone", 3)),
                    false);
            assertThat(client.nextEvents(4))
                    .containsExactly(
                            PROJECT + "updated p1 4",
                            TASK + "updated ahead 8",
                            TASK + "created new 1",
                            TASK + "deleted gone 4");
            assertThat(server.helloCount()).isEqualTo(1);
        }
    }

    @Test
    void aReplayedEventNamesTheReplayAndTheServer() {
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
        try (var client = new TestClient(server, "c1")) {
            watch(client);
            client.hello("p1", "[]", false);
            Mqtt5Publish event = client.next();
            assertThat(TestClient.properties(event)).containsEntry("x-origin-client-id", "__mqdb_server__");
            assertThat(TestClient.properties(event).get("x-mqtt-sender")).startsWith("mqdb-internal-");
            JsonNode json = TestClient.json(event);
            assertThat(json.path("sender").asString()).isEqualTo("__server_replay__");
            assertThat(json.path("scope")).hasToString("[\"project\",\"p1\"]");
        }
    }

    @Test
    void theSecondHelloOfAClientThatAppliedTheFirstBringsNothing() {
        server.put("project", "{\"id\":\"p1\"}");
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
        try (var client = new TestClient(server, "c1")) {
            watch(client);
            client.hello("p1", "[]", false);
            assertThat(client.nextEvents(2)).containsExactly(PROJECT + "created p1 2", TASK + "created t1 1");
            client.hello("p1", manifest(entry("project", "p1", 2), entry("task", "t1", 1)), false);
            client.assertNothingCame();
        }
    }

    @Test
    void anEmptyScopeIsNoError() {
        try (var client = new TestClient(server, "c1")) {
            watch(client);
            client.hello("p1", "[]", false);
            client.assertNothingCame();
        }
    }

    @Test
    void aDeletedRecordIsDeletedAgainForWhoeverStillHoldsIt() {
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
        server.delete("task", "t1");
        try (var client = new TestClient(server, "c1")) {
            watch(client);
            client.hello("p1", manifest(entry("task", "t1", 1)), false);
            assertThat(client.nextEvents(1)).containsExactly(TASK + "deleted t1 2");
            client.hello("p1", manifest(entry("task", "t1", 0)), false);
            assertThat(client.nextEvents(1)).containsExactly(TASK + "deleted t1 2");
            client.hello("p1", "[]", false);
            client.assertNothingCame();
        }
    }

    @Test
    void aRecordThatNobodyKnowsIsDeletedAndItsVersionNeverGoesBackInAScopeThatIsThere() {
        server.put("project", "{\"id\":\"p1\"}");
        try (var client = new TestClient(server, "c1")) {
            watch(client);
            client.hello(
                    "p1", manifest(entry("project", "p1", 1), entry("task", "t1", 7), entry("task", "t2", 0)), false);
            assertThat(client.nextEvents(1)).containsExactly(TASK + "deleted t1 8");
            client.assertNothingCame();
        }
        assertThat(server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}")
                        .path("_version")
                        .asLong())
                .isEqualTo(9);
    }

    @Test
    void aRecordThatMovedIsDeletedInItsOldScopeBelowTheVersionItHasInTheNewOne() {
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"p2\"}");
        try (var client = new TestClient(server, "c1")) {
            watch(client);
            client.hello("p1", manifest(entry("task", "t1", 1)), false);
            assertThat(client.nextEvents(1)).containsExactly(TASK + "deleted t1 1");
            client.hello("p1", manifest(entry("task", "t1", 5)), false);
            assertThat(client.nextEvents(1)).containsExactly(TASK + "deleted t1 5");
            client.hello("p2", "[]", false);
            assertThat(client.nextEvents(1)).containsExactly("$DB/project/p2/task/events/created t1 6");
        }
    }

    @Test
    void withoutEntitiesAnIdThatRepeatsCountsForEveryRecordAtTheLowestVersion() {
        server.put("task", "{\"id\":\"x\",\"projectId\":\"p1\"}");
        server.put("note", "{\"id\":\"x\",\"projectId\":\"p1\"}");
        server.put("note", "{\"id\":\"x\",\"projectId\":\"p1\"}");
        server.put("task", "{\"id\":\"gone\",\"projectId\":\"p1\"}");
        server.delete("task", "gone");
        try (var client = new TestClient(server, "c1")) {
            watch(client);
            client.hello(
                    "p1",
                    "[{\"id\":\"x\",\"version\":2},{\"id\":\"x\",\"version\":1},{\"id\":\"gone\",\"version\":1}]",
                    false);
            assertThat(client.nextEvents(2))
                    .containsExactly("$DB/project/p1/note/events/updated x 2", TASK + "deleted gone 2");
            client.assertNothingCame();
        }
    }

    @Test
    void aDirectReplayGoesToTheAuthenticatedClientOnlyAndWhole() {
        int count = 10_000;
        server.seed("task", tasks(count));
        try (var client = new TestClient(server, "c1");
                var other = new TestClient(server, "c2")) {
            watch(other);
            client.publish(
                    "$DB/project/p1/hello",
                    "{\"clientId\":\"c2\",\"manifest\":[],\"replay\":\"direct\"}",
                    Map.of(),
                    null);
            Set<String> ids = new HashSet<>();
            while (ids.size() < count) {
                Mqtt5Publish event = client.next();
                assertThat(event.getTopic().toString())
                        .isEqualTo("$DB/clients/c1/replay/project/p1/task/events/created");
                ids.add(TestClient.json(event).path("id").asString());
            }
            other.assertNothingCame();
        }
    }

    @Test
    void aRecordThatIsDeletedDuringItsReplayDoesNotComeBack() {
        int count = 500;
        String doomed = String.format("t%06d", count - 1);
        // One event at a time, so that the delete overtakes the end of the replay.
        var options = StitchServerOptions.builder().replayWindow(1).build();
        try (var slow = StitchServer.start(options);
                var client = new TestClient(slow, "c1")) {
            slow.seed("task", tasks(count));
            watch(client);
            client.hello("p1", "[]", false);
            slow.delete("task", doomed);
            Set<String> others = new HashSet<>();
            String last = "";
            while (others.size() < count - 1 || !last.endsWith("deleted")) {
                Mqtt5Publish event = client.next();
                String id = TestClient.json(event).path("id").asString();
                if (id.equals(doomed)) {
                    last = event.getTopic().toString();
                } else {
                    others.add(id);
                }
            }
            client.assertNothingCame();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[]", "{\"clientId\":\"c1\"}", "{\"manifest\":{}}", "{\"manifest\":[],\"round\":7}"})
    void aMalformedHelloIsRefusedWith400(String payload) {
        try (var client = new TestClient(server, "c1")) {
            client.say("p1", payload);
            Mqtt5Publish refusal = client.next();
            assertThat(refusal.getTopic()).hasToString("$DB/clients/c1/scope-open-error");
            JsonNode json = TestClient.json(refusal);
            assertThat(json.path("code").asInt()).isEqualTo(400);
            assertThat(json.path("scopeId").asString()).isEqualTo("p1");
            assertThat(json.path("message").asString()).isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "[]",
                "null",
                "{\"version\":1}",
                "{\"id\":7,\"version\":1}",
                "{\"id\":\"\",\"version\":1}",
                "{\"id\":\"a/b\",\"entity\":\"task\",\"version\":1}",
                "{\"id\":\"t1\",\"entity\":\"task\"}",
                "{\"id\":\"t1\",\"entity\":\"task\",\"version\":\"1\"}",
                "{\"id\":\"t1\",\"entity\":\"task\",\"version\":1.5}",
                "{\"id\":\"t1\",\"entity\":\"task\",\"version\":-1}",
                "{\"id\":\"t1\",\"entity\":\"task\",\"version\":9007199254740992}",
                "{\"id\":\"t1\",\"entity\":\"task\",\"version\":9223372036854775807}",
                "{\"id\":\"t1\",\"entity\":\"task\",\"version\":99999999999999999999}",
                "{\"id\":\"t1\",\"entity\":\"a/b\",\"version\":1}",
                "{\"id\":\"p2\",\"entity\":\"project\",\"version\":1}"
            })
    void aMalformedEntryIsLeftOutAndTheOthersCount(String entry) {
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
        server.put("task", "{\"id\":\"same\",\"projectId\":\"p1\"}");
        server.put("task", "{\"id\":\"changed\",\"projectId\":\"p1\"}");
        server.put("task", "{\"id\":\"changed\",\"projectId\":\"p1\"}");
        try (var client = new TestClient(server, "c1")) {
            watch(client);
            client.hello("p1", manifest(entry("task", "same", 1), entry, entry("task", "changed", 1)), false);
            assertThat(client.nextEvents(2))
                    .containsExactlyInAnyOrder(TASK + "created t1 1", TASK + "updated changed 2");
            client.assertNothingCame();
        }
    }

    @Test
    void aManifestMayBeLargerThanARequest() {
        StringBuilder entries = new StringBuilder("[");
        for (int i = 0; i < 120_000; i++) {
            entries.append(i == 0 ? "" : ",").append(entry("task", String.format("t%06d", i), 0));
        }
        server.put("task", "{\"id\":\"new\",\"projectId\":\"p1\"}");
        try (var client = new TestClient(server, "c1")) {
            watch(client);
            client.hello("p1", entries.append("]").toString(), false);
            assertThat(client.nextEvents(1)).containsExactly(TASK + "created new 1");
        }
    }

    @Test
    void theFirstTwoHellosTooManyPassInSilenceAndTheThirdIsToldToWait() {
        var options = StitchServerOptions.builder().without(Feature.DIGEST).helloSpacing(Duration.ofMinutes(1));
        try (var slow = StitchServer.start(options.build());
                var client = new TestClient(slow, "c1");
                var other = new TestClient(slow, "c2")) {
            for (int i = 0; i < 3; i++) {
                client.hello("p1", "[]", false);
            }
            client.assertNothingCame();
            client.hello("p1", "[]", false);
            Mqtt5Publish refusal = client.next();
            assertThat(refusal.getTopic()).hasToString("$DB/clients/c1/scope-open-error");
            assertThat(TestClient.json(refusal).path("code").asInt()).isEqualTo(429);
            client.hello("p2", "[]", false);
            other.hello("p1", "[]", false);
            client.assertNothingCame();
            other.assertNothingCame();
        }
    }
}
