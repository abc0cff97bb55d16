package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

class RequestsTest {
    @RegisterExtension
    static final StitchServerExtension EXTENSION = StitchServerExtension.of(StitchServerOptions.defaults());

    private static int tests;
    private StitchServer server;
    private String id;

    /** The server is shared, so each test has ids of its own. */
    @BeforeEach
    void keep(StitchServer running) {
        server = running;
        id = "x" + ++tests;
    }

    private String json(String fields) {
        return "{\"id\":\"" + id + "\"" + (fields.isEmpty() ? "" : "," + fields) + "}";
    }

    @Test
    void theConnackAnnouncesVersionAndFeatures() {
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.connAck.getUserProperties().asList())
                    .extracting(each -> each.getName() + "=" + each.getValue())
                    .contains(
                            "stitch-protocol-version=2",
                            "stitch-features=direct-replay,request-ids,answers,expected-version,digest,event-count");
        }
    }

    @Test
    void theVersionIsTheServersWhateverTheClientSends() {
        try (var client = new TestClient(server, "c1")) {
            JsonNode created = client.request("$DB/task/create", json("\"_version\":77"));
            assertThat(created.path("data").path("_version").asLong()).isEqualTo(1);
            JsonNode updated =
                    client.request("$DB/task/" + id + "/update", "{\"_version\":99,\"id\":\"other\",\"n\":1}");
            assertThat(updated.path("data")).hasToString("{\"_version\":2,\"id\":\"" + id + "\",\"n\":1}");
        }
    }

    @Test
    void aNullIsStoredAndAFieldThatIsNotNamedStays() {
        try (var client = new TestClient(server, "c1")) {
            client.request("$DB/task/create", json("\"a\":1,\"b\":2"));
            client.request("$DB/task/" + id + "/update", "{\"a\":null}");
            assertThat(client.request("$DB/task/" + id, "{}").path("data"))
                    .hasToString("{\"_version\":2,\"a\":null,\"b\":2,\"id\":\"" + id + "\"}");
        }
    }

    @Test
    void aCreateAfterADeleteGoesOnFromTheTombstone() {
        try (var client = new TestClient(server, "c1")) {
            client.request("$DB/task/create", json(""));
            client.request("$DB/task/" + id + "/delete", "{}");
            assertThat(client.request("$DB/task/create", json(""))
                            .path("data")
                            .path("_version")
                            .asLong())
                    .isEqualTo(3);
        }
    }

    @Test
    void aCreateOfAnIdThatExistsIsRefusedAndSaysSo() {
        try (var client = new TestClient(server, "c1")) {
            client.request("$DB/task/create", json(""));
            JsonNode refused = client.request("$DB/task/create", json(""));
            assertThat(refused.path("code").asInt()).isEqualTo(409);
            assertThat(refused.path("message").asString()).startsWith("exists");
        }
    }

    @Test
    void aChildsWriteRaisesItsRootAndTheWriterHearsOfIt() {
        server.put("project", json(""));
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/project/" + id + "/events/#");
            client.publish("$DB/task/create", "{\"projectId\":\"" + id + "\"}", Map.of(), null);
            Mqtt5Publish event = client.next();
            assertThat(event.getTopic().toString()).endsWith("/events/updated");
            assertThat(TestClient.properties(event)).containsEntry("x-origin-client-id", "__mqdb_server__");
            JsonNode data = TestClient.json(event).path("data");
            assertThat(data.path("_version").asLong()).isEqualTo(2);
            assertThat(data.path("updatedAt").isIntegralNumber()).isTrue();
        }
    }

    @Test
    void anEventNamesItsWriterAsTheBrokerKnowsIt() {
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/note/events/#");
            client.publish("$DB/note/create", json(""), Map.of("x-origin-client-id", "somebody-else"), null);
            Mqtt5Publish event = client.next();
            assertThat(TestClient.properties(event)).containsEntry("x-origin-client-id", "c1");
            assertThat(TestClient.json(event).path("client_id").asString()).isEqualTo("c1");
        }
    }

    @Test
    void aMovedChildIsDeletedInItsOldScopeAndCreatedInItsNewOne() {
        server.put("task", json("\"projectId\":\"from\""));
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/project/from/+/events/#");
            client.subscribe("$DB/project/to/+/events/#");
            client.publish("$DB/task/" + id + "/update", "{\"projectId\":\"to\"}", Map.of(), null);
            assertThat(client.nextEvents(2))
                    .containsExactly(
                            "$DB/project/from/task/events/deleted " + id + " 1",
                            "$DB/project/to/task/events/created " + id + " 2");
        }
    }

    @Test
    void aDeleteEventCarriesTheIdAndTheNextVersion() {
        server.put("task", json("\"projectId\":\"d\",\"title\":\"x\""));
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/project/d/+/events/#");
            client.publish("$DB/task/" + id + "/delete", "{}", Map.of(), null);
            assertThat(TestClient.json(client.next()).path("data"))
                    .hasToString("{\"id\":\"" + id + "\",\"_version\":2}");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{nope",
                "[]",
                "\"text\"",
                "{\"id\":\"a/b\"}",
                "{\"id\":\"a+b\"}",
                "{\"id\":\"a\\tb\"}",
                "{\"id\":\"a\\u0092\"}",
                "{\"id\":\"a\\ufffe\"}",
                "{\"id\":\"a#b\"}",
                "{\"id\":\"a\\u0000b\"}",
                "{\"id\":\"\"}",
                "{\"id\":\"create\"}",
                "{\"id\":\"list\"}",
                "{\"id\":\"shared\"}",
                "{\"id\":\"events-of-1968\"}",
                "{\"projectId\":\"a/b\"}",
                "{\"projectId\":\"#\"}",
                "{\"text\":\"\\ud800\"}",
                "{\"\\udc00\":1}",
                "{\"nested\":[{\"text\":\"\\ud83d\"}]}",
                "{\"n\":1e999}"
            })
    void whatCannotBeARecordIsRefusedWith400(String payload) {
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.code("$DB/task/create", payload)).isEqualTo(400);
            assertThat(client.code("$DB/task/list", "{}")).isZero();
        }
    }

    @Test
    void anIdHasAtMost512BytesAndMayHoldAnyOtherCharacter() {
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/long/events/#");
            for (String good : new String[] {"e".repeat(512), "é".repeat(256), "\uD83D\uDE00 \u0600 \\u0041", ".."}) {
                String payload = Json.text(Json.object().put("id", good));
                client.publish("$DB/long/create", payload, Map.of(), null);
                Mqtt5Publish event = client.next();
                assertThat(TestClient.json(event).path("id").asString()).isEqualTo(good);
                assertThat(event.getTopic().toString()).endsWith("/" + good);
            }
            assertThat(client.code("$DB/long/create", "{\"id\":\"" + "é".repeat(257) + "\"}"))
                    .isEqualTo(400);
        }
    }

    @Test
    void aDeepPayloadIsRefused() {
        try (var client = new TestClient(server, "c1")) {
            String deep = "{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}";
            assertThat(client.code("$DB/task/create", deep)).isEqualTo(400);
        }
    }

    @Test
    void aRequestHasAtMost4MiB() {
        try (var client = new TestClient(server, "c1")) {
            String frame = json("\"text\":\"\"");
            String most = "a".repeat((4 << 20) - frame.length());
            assertThat(client.code("$DB/big/create", json("\"text\":\"" + most + "a\"")))
                    .isEqualTo(400);
            assertThat(client.code("$DB/big/create", json("\"text\":\"" + most + "\"")))
                    .isZero();
        }
    }

    @Test
    void aRecordDoesNotGrowBeyondWhatAnEventCanCarry() {
        try (var client = new TestClient(server, "c1")) {
            String text = "\":\"" + "a".repeat(3 << 20) + "\"";
            assertThat(client.code("$DB/big/create", json("\"a" + text))).isZero();
            assertThat(client.code("$DB/big/" + id + "/update", "{\"b" + text + "}"))
                    .isZero();
            assertThat(client.code("$DB/big/" + id + "/update", "{\"c" + text + "}"))
                    .isEqualTo(400);
            assertThat(client.code("$DB/big/" + id + "/update", "{\"b\":null}")).isZero();
        }
    }

    @Test
    void aReplyAboveTheLargestPacketNeverComes() {
        try (var client = new TestClient(server, "c1")) {
            for (int i = 0; i < 3; i++) {
                server.put("huge", "{\"id\":\"h" + i + "\",\"text\":\"" + "a".repeat(4 << 20) + "\"}");
            }
            client.publish("$DB/huge/list", "{}", Map.of(), "whole");
            client.publish("$DB/huge/list", "{\"limit\":2}", Map.of(), "less");
            assertThat(client.next().getTopic()).hasToString("$DB/clients/c1/less");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bad name!", "_private", "events2", "u", "clients", "p7", ""})
    void aNameThatTheServerDoesNotAcceptGetsNoReply(String entity) {
        try (var client = new TestClient(server, "c1")) {
            if (!entity.equals("clients")) {
                client.publish("$DB/" + entity + "/create", "{}", Map.of(), "silent");
            }
            client.publish("$DB/task/list", "{}", Map.of(), "answered");
            assertThat(client.next().getTopic()).hasToString("$DB/clients/c1/answered");
        }
    }

    @Test
    void aChildMayNotHaveTheNameOfAnOperation() {
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.code("$DB/hello/create", "{\"projectId\":\"p1\"}"))
                    .isEqualTo(400);
            assertThat(client.code("$DB/hello/create", "{}")).isZero();
        }
    }

    @Test
    void aRepeatedRequestIsAnsweredFromMemory() {
        try (var client = new TestClient(server, "c1");
                var other = new TestClient(server, "c2")) {
            server.put("task", json(""));
            for (int i = 0; i < 2; i++) {
                client.publish("$DB/task/" + id + "/update", "{\"n\":1}", Map.of(), "same");
                assertThat(TestClient.json(client.next())
                                .path("data")
                                .path("_version")
                                .asLong())
                        .isEqualTo(2);
            }
            other.publish("$DB/task/" + id + "/update", "{\"n\":1}", Map.of(), "same");
            assertThat(TestClient.json(other.next())
                            .path("data")
                            .path("_version")
                            .asLong())
                    .isEqualTo(3);
        }
    }

    @Test
    void whatWasRefusedIsJudgedAnew() {
        try (var client = new TestClient(server, "c1")) {
            client.publish("$DB/task/" + id + "/update", "{}", Map.of(), "refused");
            assertThat(TestClient.json(client.next()).path("code").asInt()).isEqualTo(404);
            server.put("task", json(""));
            client.publish("$DB/task/" + id + "/update", "{}", Map.of(), "refused");
            assertThat(TestClient.json(client.next()).path("status").asString()).isEqualTo("ok");
        }
    }

    @Test
    void anotherRequestWithTheSameCorrelationDataIsExecuted() {
        try (var client = new TestClient(server, "c1")) {
            client.publish("$DB/task/create", json(""), Map.of(), "r1");
            client.next();
            client.publish("$DB/task/" + id + "/delete", "{}", Map.of(), "r1");
            assertThat(TestClient.json(client.next())
                            .path("data")
                            .path("deleted")
                            .asBoolean())
                    .isTrue();
            assertThat(server.record("task", id)).isEmpty();
        }
    }
}
