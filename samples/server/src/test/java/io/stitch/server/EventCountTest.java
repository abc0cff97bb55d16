package io.stitch.server;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class EventCountTest {
    private static StitchServer start() {
        return StitchServer.start(
                StitchServerOptions.builder().helloSpacing(Duration.ZERO).build());
    }

    private static List<Long> counts(TestClient client, int events) {
        List<Long> counts = new ArrayList<>();
        for (int i = 0; i < events; i++) {
            counts.add(TestClient.json(client.next()).path("count").asLong(-1));
        }
        return counts;
    }

    private static void watch(TestClient client, String scope) {
        client.subscribe("$DB/project/" + scope + "/events/#");
        client.subscribe("$DB/project/" + scope + "/+/events/#");
    }

    private static JsonNode newest(TestClient client, String scope) {
        client.say(scope, "{\"digest\":{\"round\":\"r\",\"n\":0,\"fp\":\"\"}}");
        return client.nextAnswer(scope);
    }

    @Test
    void eachLiveEventOfAScopeHasTheNextNumberInOneEpoch() {
        try (var server = start();
                var client = new TestClient(server, "c1")) {
            watch(client, "p1");
            server.put("project", "{\"id\":\"p1\"}");
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            server.delete("task", "t1");
            List<Long> counts = new ArrayList<>();
            List<String> epochs = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                JsonNode event = TestClient.json(client.next());
                counts.add(event.path("count").asLong());
                epochs.add(event.path("epoch").asString());
            }
            assertThat(counts).containsExactly(1L, 2L, 3L, 4L, 5L);
            assertThat(epochs).doesNotContain("").containsOnly(epochs.get(0));
            JsonNode newest = newest(client, "p1");
            assertThat(newest.path("count").asLong()).isEqualTo(5);
            assertThat(newest.path("epoch").asString()).isEqualTo(epochs.get(0));
        }
    }

    @Test
    void eachScopeIsCountedForItselfAndAMoveInBoth() {
        try (var server = start();
                var client = new TestClient(server, "c1")) {
            watch(client, "p1");
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            server.put("task", "{\"id\":\"t2\",\"projectId\":\"p2\"}");
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p2\"}");
            assertThat(counts(client, 2)).containsExactly(1L, 2L);
            assertThat(newest(client, "p1").path("count").asLong()).isEqualTo(2);
            assertThat(newest(client, "p2").path("count").asLong()).isEqualTo(2);
            assertThat(newest(client, "p3").path("count").asLong(-1)).isZero();
        }
    }

    @Test
    void whatIsInNoScopeAndWhatIsReplayedIsNotCounted() {
        try (var server = start();
                var client = new TestClient(server, "c1")) {
            watch(client, "p1");
            client.subscribe("$DB/note/events/#");
            server.put("note", "{\"id\":\"n1\"}");
            assertThat(TestClient.json(client.next()).has("count")).isFalse();
            server.seed("task", List.of(Json.object().put("id", "t1").put("projectId", "p1")));
            client.say("p1", "{\"round\":\"r\",\"manifest\":[]}");
            JsonNode replayed = TestClient.json(client.next());
            assertThat(replayed.path("id").asString()).isEqualTo("t1");
            assertThat(replayed.has("count")).isFalse();
            assertThat(replayed.has("epoch")).isFalse();
            assertThat(client.nextAnswer("p1").path("count").asLong(-1)).isZero();
        }
    }

    @Test
    void aLostEventIsCountedAndOneThatCouldNotBeWrittenIsNot() {
        try (var server = start();
                var client = new TestClient(server, "c1")) {
            watch(client, "p1");
            server.dropEvents(true);
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            server.dropEvents(false);
            server.failCommits(true);
            assertThat(client.code("$DB/task/t1/delete", "{}")).isEqualTo(503);
            server.failCommits(false);
            server.put("task", "{\"id\":\"t2\",\"projectId\":\"p1\"}");
            assertThat(counts(client, 1)).containsExactly(2L);
        }
    }

    @Test
    void theBrokersRestartCountsOnAndTheServersBeginsANewEpoch() {
        String epoch;
        try (var server = start()) {
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            server.restart();
            try (var client = new TestClient(server, "c1")) {
                JsonNode newest = newest(client, "p1");
                assertThat(newest.path("count").asLong()).isEqualTo(1);
                epoch = newest.path("epoch").asString();
            }
        }
        try (var server = start();
                var client = new TestClient(server, "c1")) {
            JsonNode newest = newest(client, "p1");
            assertThat(newest.path("count").asLong(-1)).isZero();
            assertThat(newest.path("epoch").asString()).isNotEmpty().isNotEqualTo(epoch);
        }
    }
}
