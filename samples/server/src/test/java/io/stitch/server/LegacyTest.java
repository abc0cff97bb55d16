package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import java.util.Map;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

class LegacyTest {
    private static StitchServerOptions.Builder old() {
        return StitchServerOptions.builder().legacy(true);
    }

    @Test
    void anOldServerAnnouncesNothingAndIgnoresHellos() {
        try (var server = StitchServer.start(old().build());
                var client = new TestClient(server, "c1")) {
            assertThat(client.connAck.getUserProperties().asList()).isEmpty();
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            client.subscribe("$DB/project/p1/+/events/#");
            client.hello("p1", "[]", false);
            client.publish("$DB/project/p1/hello", "{", Map.of(), null);
            client.assertNothingCame();
            assertThat(server.helloCount()).isEqualTo(2);
        }
    }

    @Test
    void aSecondCreateOverwritesAndStartsAgainAtVersionOne() {
        try (var server = StitchServer.start(old().build());
                var client = new TestClient(server, "c1")) {
            client.request("$DB/task/create", "{\"id\":\"t1\",\"a\":1}");
            client.request("$DB/task/t1/update", "{\"b\":1}");
            assertThat(client.request("$DB/task/create", "{\"id\":\"t1\",\"c\":1}")
                            .path("data"))
                    .hasToString("{\"_version\":1,\"c\":1,\"id\":\"t1\"}");
            client.request("$DB/task/t1/delete", "{}");
            assertThat(client.request("$DB/task/create", "{\"id\":\"t1\"}")
                            .path("data")
                            .path("_version")
                            .asLong())
                    .isEqualTo(1);
        }
    }

    @Test
    void aChildsWriteLeavesItsRootAlone() {
        try (var server = StitchServer.start(old().build())) {
            server.put("project", "{\"id\":\"p1\"}");
            server.put("task", "{\"projectId\":\"p1\"}");
            assertThat(server.record("project", "p1").orElseThrow()).hasToString("{\"_version\":1,\"id\":\"p1\"}");
        }
    }

    @Test
    void aMovedChildIsAnnouncedInItsNewScopeOnly() {
        try (var server = StitchServer.start(old().build());
                var client = new TestClient(server, "c1")) {
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            client.subscribe("$DB/project/+/+/events/#");
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p2\"}");
            server.delete("task", "t1");
            assertThat(client.nextEvents(2))
                    .containsExactly(
                            "$DB/project/p2/task/events/updated t1 2", "$DB/project/p2/task/events/deleted t1 2");
        }
    }

    @Test
    void aRepeatedRequestIsExecutedAgain() {
        try (var server = StitchServer.start(old().build());
                var client = new TestClient(server, "c1")) {
            server.put("task", "{\"id\":\"t1\"}");
            for (int version = 2; version < 4; version++) {
                client.publish("$DB/task/t1/update", "{}", Map.of(), "same");
                assertThat(TestClient.json(client.next())
                                .path("data")
                                .path("_version")
                                .asInt())
                        .isEqualTo(version);
            }
        }
    }

    @Test
    void requestsBeyondTheNumberInFlightAreLostWithoutAWord() {
        try (var server = StitchServer.start(old().legacyInFlight(3).build());
                var client = new TestClient(server, "c1")) {
            // While the worker is held up, whatever arrives is in flight.
            try (var unused = new Blocking(server)) {
                for (int i = 0; i < 10; i++) {
                    client.publish("$DB/task/create", "{\"id\":\"t" + i + "\"}", Map.of(), "r" + i);
                }
                assertThat(client.received).isEmpty();
            }
            assertThat(server.records("task")).hasSize(3);
            assertThat(server.requestCount()).isEqualTo(10);
            assertThat(client.request("$DB/task/create", "{\"id\":\"later\"}")
                            .path("status")
                            .asString())
                    .isEqualTo("ok");
        }
    }

    @Test
    void afterABurstNoMoreEventsComeUntilTheServerIsRestarted() {
        var options = old().legacyBurst(10)
                .schema(EntitySchema.of("task").withForeignKey("projectId", "project", ForeignKey.OnDelete.CASCADE));
        try (var server = StitchServer.start(options.build());
                var client = new TestClient(server, "c1")) {
            server.put("project", "{\"id\":\"p1\"}");
            server.seed(
                    "task",
                    IntStream.range(0, 50)
                            .mapToObj(i -> Json.object().put("id", "t" + i).put("projectId", "p1"))
                            .toList());
            client.subscribe("$DB/project/+/events/#");
            client.subscribe("$DB/project/+/+/events/#");
            server.delete("project", "p1");
            client.nextEvents(2);
            server.put("project", "{\"id\":\"p2\"}");
            client.assertNothingCame();
            server.restart();
            try (var again = new TestClient(server, "c2")) {
                again.subscribe("$DB/project/+/events/#");
                server.put("project", "{\"id\":\"p3\"}");
                assertThat(again.nextEvents(1)).containsExactly("$DB/project/p3/events/created p3 1");
            }
        }
    }

    @Test
    void forgeriesPassAndNameTheirTrueSender() {
        try (var server = StitchServer.start(
                        old().users(Map.of("eve", "e", "bob", "b")).build());
                var eve = new TestClient(server, "mqdb-event-publisher", "eve", "e");
                var bob = new TestClient(server, "b1", "bob", "b")) {
            bob.subscribe("$DB/project/p1/+/events/#");
            for (String topic : new String[] {"$DB/project/p1/task/events/updated", "$DB/clients/b1/r1"}) {
                eve.publish(topic, "{\"id\":\"t1\"}", Map.of("x-mqtt-sender", "mqdb-internal-0"), null);
                Mqtt5Publish forged = bob.next();
                assertThat(forged.getTopic()).hasToString(topic);
                assertThat(TestClient.properties(forged))
                        .containsEntry("x-mqtt-sender", "eve")
                        .containsEntry("x-mqtt-client-id", "mqdb-event-publisher");
            }
        }
    }

    @Test
    void aForgedWillNamesItsTrueSender() {
        try (var server = StitchServer.start(old().build());
                var bob = new TestClient(server, "b1");
                var eve = new TestClient(server.port(), "e1", "eve", "", "$DB/project/p1/events/deleted")) {
            bob.subscribe("$DB/project/p1/events/#");
            eve.die();
            assertThat(TestClient.properties(bob.next())).containsEntry("x-mqtt-sender", "eve");
        }
    }

    @Test
    void everybodyMayListenToEverybodysReplies() {
        try (var server = StitchServer.start(old().build());
                var client = new TestClient(server, "c1");
                var eve = new TestClient(server, "e1")) {
            eve.subscribe("$DB/#");
            client.request("$DB/task/list", "{}");
            JsonNode overheard;
            do {
                overheard = TestClient.json(eve.next());
            } while (!overheard.has("status"));
            assertThat(overheard.path("status").asString()).isEqualTo("ok");
        }
    }

    @Test
    void anOldServerComparesVersionsWithoutHavingSaidSo() {
        try (var server = StitchServer.start(old().build());
                var client = new TestClient(server, "c1")) {
            server.put("task", "{\"id\":\"t1\"}");
            assertThat(client.code("$DB/task/t1/update", "{\"_expected_version\":7}"))
                    .isEqualTo(412);
            assertThat(client.code("$DB/task/nowhere/delete", "{\"_expected_version\":\"?\"}"))
                    .isEqualTo(400);
            assertThat(client.request("$DB/task/t1/update", "{\"a\":1,\"_expected_version\":1}")
                            .path("data"))
                    .hasToString("{\"_version\":2,\"a\":1,\"id\":\"t1\"}");
            assertThat(client.code("$DB/task/t1/delete", "{\"_expected_version\":null}"))
                    .isZero();
            assertThat(client.request("$DB/task/create", "{\"id\":\"t2\",\"_expected_version\":3}")
                            .path("data"))
                    .hasToString("{\"_expected_version\":3,\"_version\":1,\"id\":\"t2\"}");
        }
    }

    @Test
    void anOlderOneStoresTheExpectedVersion() {
        try (var server = StitchServer.start(
                        old().without(Feature.EXPECTED_VERSION).build());
                var client = new TestClient(server, "c1")) {
            server.put("task", "{\"id\":\"t1\"}");
            assertThat(client.request("$DB/task/t1/update", "{\"_expected_version\":7}")
                            .path("data"))
                    .hasToString("{\"_expected_version\":7,\"_version\":2,\"id\":\"t1\"}");
            assertThat(client.code("$DB/task/nowhere/delete", "{\"_expected_version\":\"?\"}"))
                    .isEqualTo(404);
        }
    }

    @Test
    void nullIsOfNoType() {
        var schema = EntitySchema.of("task").withType("title", EntitySchema.FieldType.STRING);
        try (var server = StitchServer.start(old().schema(schema).build());
                var client = new TestClient(server, "c1")) {
            assertThat(client.code("$DB/task/create", "{\"id\":\"t1\",\"title\":null}"))
                    .isEqualTo(400);
            assertThat(client.code("$DB/task/create", "{\"id\":\"t1\"}")).isZero();
        }
    }

    @Test
    void everybodyCreatesInAnybodysNameAndNobodyGivesARootAway() {
        var options = old().users(Map.of("alice", "a", "bob", "b")).owners(Map.of("project", "ownerId"));
        try (var server = StitchServer.start(options.build());
                var alice = new TestClient(server, "a1", "alice", "a");
                var bob = new TestClient(server, "b1", "bob", "b")) {
            assertThat(bob.request("$DB/project/create", "{\"id\":\"p1\",\"ownerId\":\"alice\"}")
                            .path("data"))
                    .hasToString("{\"_version\":1,\"id\":\"p1\",\"ownerId\":\"alice\"}");
            assertThat(bob.code("$DB/project/p1", "{}")).isEqualTo(403);
            assertThat(alice.request("$DB/project/p1/update", "{\"ownerId\":\"bob\"}")
                            .path("data"))
                    .hasToString("{\"_version\":2,\"id\":\"p1\",\"ownerId\":\"alice\"}");
            assertThat(bob.request("$DB/project/create", "{\"id\":\"p2\"}").path("data"))
                    .hasToString("{\"_version\":1,\"id\":\"p2\"}");
            assertThat(bob.code("$DB/project/p2", "{}")).isEqualTo(403);
        }
    }
}
