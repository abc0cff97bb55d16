package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import static org.assertj.core.api.Assertions.assertThat;

class MqdbVectorsTest {
    private static final String MADE_ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(-[0-9a-f]{4})?"
            + "|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

    private static StitchServerOptions recordedServer() {
        return StitchServerOptions.builder()
                .legacy(true)
                .users(Map.of("alice", "a", "bob", "b"))
                .schema(EntitySchema.of("task").withForeignKey("projectId", "project", ForeignKey.OnDelete.CASCADE))
                .schema(EntitySchema.of("comment").withForeignKey("taskId", "task", ForeignKey.OnDelete.SET_NULL))
                .schema(EntitySchema.of("item").withForeignKey("taskId", "task", ForeignKey.OnDelete.RESTRICT))
                .schema(EntitySchema.of("user").withNotNull("email").withUnique("email"))
                .build();
    }

    @Test
    void theOldServerSaysWhatTheRecordedServerSaid() throws IOException {
        try (var server = StitchServer.start(recordedServer());
                var alice = new TestClient(server, "alice-1", "alice", "a");
                var bob = new TestClient(server, "bob-1", "bob", "b")) {
            for (String filter :
                    List.of("project/+/events/#", "project/p1/+/events/#", "note/events/#", "comment/events/#")) {
                bob.subscribe("$DB/" + filter);
            }
            List<String> expected = new ArrayList<>();
            List<String> actual = new ArrayList<>();
            for (JsonNode line : lines()) {
                if (line.has("from")) {
                    alice.publish(
                            line.path("topic").asString(),
                            line.path("payload").asString(),
                            properties(line),
                            line.has("correlationData")
                                    ? line.path("correlationData").asString()
                                    : null);
                } else if (line.has("to")) {
                    boolean toAlice = line.path("to").asString().equals("alice-1");
                    expected.add(text(
                            line.path("topic").asString(), line.path("payload").asString(), properties(line)));
                    actual.add(text((toAlice ? alice : bob).next()));
                }
            }
            assertThat(actual).isEqualTo(expected);
            assertThat(alice.received).isEmpty();
            assertThat(bob.received).isEmpty();
        }
    }

    private static List<JsonNode> lines() throws IOException {
        try (var file = Objects.requireNonNull(MqdbVectorsTest.class.getResourceAsStream("/mqdb.jsonl"))) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> JsonMapper.shared().readTree(line))
                    .toList();
        }
    }

    private static Map<String, String> properties(JsonNode line) {
        Map<String, String> properties = new LinkedHashMap<>();
        line.path("userProperties")
                .forEach(each ->
                        properties.put(each.path(0).asString(), each.path(1).asString()));
        return properties;
    }

    private static String text(Mqtt5Publish message) {
        String payload = new String(message.getPayloadAsBytes(), StandardCharsets.UTF_8);
        return text(message.getTopic().toString(), payload, TestClient.properties(message));
    }

    /** Everything but what differs from run to run: made ids, and the partition, whose hash is the recorded server's own. */
    private static String text(String topic, String payload, Map<String, String> properties) {
        return (topic.replaceAll("/p\\d+/(?=[a-z]\\d+$)", "/p?/") + " " + payload + " " + properties)
                .replaceAll(MADE_ID, "made");
    }
}
