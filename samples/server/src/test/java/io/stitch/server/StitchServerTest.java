package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

class StitchServerTest {
    private static StitchServerOptions.Builder quick() {
        return StitchServerOptions.builder().helloSpacing(Duration.ZERO);
    }

    private static List<ObjectNode> tasks(int count) {
        List<ObjectNode> tasks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            tasks.add(JsonMapper.shared()
                    .createObjectNode()
                    .put("id", String.format("t%06d", i))
                    .put("projectId", "p1"));
        }
        return tasks;
    }

    @Test
    void theConnackAnnouncesVersionAndFeatures() {
        try (var server = StitchServer.start(quick().build());
                var client = new TestClient(server, "c1")) {
            assertThat(client.connAck.getUserProperties().asList())
                    .extracting(each -> each.getName() + "=" + each.getValue())
                    .contains("stitch-protocol-version=2", "stitch-features=direct-replay,request-ids");
        }
    }

    @Test
    void aHelloBringsTheDifferenceOnly() {
        try (var server = StitchServer.start(quick().build());
                var client = new TestClient(server, "c1")) {
            server.put("project", "{\"id\":\"p1\"}");
            server.put("task", "{\"id\":\"same\",\"projectId\":\"p1\"}");
            server.put("task", "{\"id\":\"new\",\"projectId\":\"p1\"}");
            server.put("task", "{\"id\":\"ahead\",\"projectId\":\"p1\"}");
            client.subscribe("$DB/project/p1/events/#");
            client.subscribe("$DB/project/p1/+/events/#");
            client.hello(
                    "p1",
                    "[{\"id\":\"p1\",\"entity\":\"project\",\"version\":1},{\"id\":\"same\",\"entity\":\"task\",\"version\":1},"
                            + "{\"id\":\"ahead\",\"entity\":\"task\",\"version\":7},"
                            + "{\"id\":\"gone\",\"entity\":\"task\",\"version\":3}]",
                    false);
            assertThat(List.of(said(client.next()), said(client.next()), said(client.next()), said(client.next())))
                    .containsExactly(
                            "$DB/project/p1/events/updated p1 4",
                            "$DB/project/p1/task/events/updated ahead 8",
                            "$DB/project/p1/task/events/created new 1",
                            "$DB/project/p1/task/events/deleted gone 4");
            assertThat(server.helloCount()).isEqualTo(1);
            assertThat(server.put("task", "{\"id\":\"gone\",\"projectId\":\"p1\"}")
                            .path("_version")
                            .asLong())
                    .isEqualTo(5);
        }
    }

    private static String said(Mqtt5Publish event) {
        JsonNode json = TestClient.json(event);
        return event.getTopic() + " " + json.path("id").asString() + " "
                + json.path("data").path("_version").asLong();
    }

    @Test
    void aDirectReplayGoesToTheAskingClientWhole() {
        int count = 20_000;
        try (var server = StitchServer.start(quick().build());
                var client = new TestClient(server, "c1")) {
            server.seed("task", tasks(count));
            client.hello("p1", "[]", true);
            Set<String> ids = new HashSet<>();
            while (ids.size() < count) {
                Mqtt5Publish event = client.next();
                assertThat(event.getTopic().toString())
                        .isEqualTo("$DB/clients/c1/replay/project/p1/task/events/created");
                ids.add(TestClient.json(event).path("id").asString());
            }
        }
    }

    @Test
    void theThirdHelloTooManyIsToldToWait() {
        try (var server = StitchServer.start(
                        quick().helloSpacing(Duration.ofMinutes(1)).build());
                var client = new TestClient(server, "c1")) {
            for (int i = 0; i < 4; i++) {
                client.hello("p1", "[]", false);
            }
            Mqtt5Publish refusal = client.next();
            assertThat(refusal.getTopic()).hasToString("$DB/clients/c1/scope-open-error");
            assertThat(TestClient.json(refusal).path("code").asInt()).isEqualTo(429);
            assertThat(client.received).isEmpty();
        }
    }

    @Test
    void aRepeatedRequestIsAnsweredFromMemory() {
        try (var server = StitchServer.start(quick().build());
                var client = new TestClient(server, "c1")) {
            client.publish("$DB/note/create", "{\"id\":\"n1\"}", Map.of(), "same");
            client.publish("$DB/note/create", "{\"id\":\"n1\"}", Map.of(), "same");
            assertThat(TestClient.json(client.next())).isEqualTo(TestClient.json(client.next()));
            assertThat(client.request("$DB/note/create", "{\"id\":\"n1\"}")
                            .path("message")
                            .asString())
                    .startsWith("exists");
        }
    }

    @Test
    void clientsMayNotPublishEvents() {
        try (var server = StitchServer.start(quick().build());
                var client = new TestClient(server, "c1")) {
            Assertions.assertThatThrownBy(() -> client.publish("$DB/project/p1/events/updated", "{}", Map.of(), null))
                    .hasRootCauseInstanceOf(Mqtt5PubAckException.class);
        }
    }

    @Test
    void aListIsWalkedByKeyBeyondTheCut() {
        try (var server = StitchServer.start(quick().legacy(true).build());
                var client = new TestClient(server, "c1")) {
            server.seed("task", tasks(12_000));
            String sort = "\"sort\":[{\"field\":\"id\",\"direction\":\"asc\"}],\"limit\":1000";
            assertThat(client.request("$DB/task/list", "{\"offset\":9500," + sort + "}")
                            .path("data"))
                    .hasSize(500);
            assertThat(client.request("$DB/task/list", "{\"offset\":10000," + sort + "}")
                            .path("data"))
                    .isEmpty();
            assertThat(client.request(
                                    "$DB/task/list",
                                    "{\"filters\":[{\"field\":\"id\",\"op\":\"gt\",\"value\":\"t011499\"}]," + sort
                                            + "}")
                            .path("data"))
                    .hasSize(500);
        }
    }

    @Test
    void ownersSeeAndChangeOnlyTheirOwn() {
        var options = quick().users(Map.of("alice", "a", "bob", "b")).owners(Map.of("project", "ownerId"));
        try (var server = StitchServer.start(options.build());
                var alice = new TestClient(server, "a1", "alice", "a");
                var bob = new TestClient(server, "b1", "bob", "b")) {
            assertThat(alice.request("$DB/project/create", "{\"id\":\"p1\"}")
                            .path("data")
                            .path("ownerId")
                            .asString())
                    .isEqualTo("alice");
            assertThat(code(bob, "$DB/project/p1", "{}")).isEqualTo(403);
            assertThat(code(bob, "$DB/task/create", "{\"id\":\"t1\",\"projectId\":\"p1\"}"))
                    .isEqualTo(403);
            assertThat(code(bob, "$DB/task/create", "{\"id\":\"t1\",\"projectId\":\"p9\"}"))
                    .isEqualTo(404);
            assertThat(bob.request("$DB/project/list", "{}").path("data")).isEmpty();
            bob.hello("p1", "[]", false);
            assertThat(TestClient.json(bob.next()).path("code").asInt()).isEqualTo(403);
        }
    }

    private static int code(TestClient client, String topic, String payload) {
        return client.request(topic, payload).path("code").asInt();
    }

    @Test
    void recordsAndVersionsSurviveARestart(@TempDir Path folder) {
        var options = quick().data(folder.resolve("db")).build();
        try (var server = StitchServer.start(options);
                var client = new TestClient(server, "c1")) {
            server.put("note", "{\"id\":\"n1\",\"text\":\"hi\"}");
            server.put("note", "{\"id\":\"n2\"}");
            client.request("$DB/note/n2/delete", "{}");
        }
        try (var server = StitchServer.start(options)) {
            assertThat(server.records("note")).hasSize(1);
            assertThat(server.put("note", "{\"id\":\"n2\"}").path("_version").asLong())
                    .isEqualTo(3);
        }
    }
}
