package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** The last word on a hello. */
class AnswersTest {
    private static final String REFUSED = "$DB/clients/c1/scope-open-error";

    private static StitchServer start() {
        return StitchServer.start(
                StitchServerOptions.builder().helloSpacing(Duration.ZERO).build());
    }

    private static String hello(String round, String manifest) {
        return "{\"clientId\":\"somebody-else\",\"round\":\"" + round + "\",\"replay\":\"direct\",\"manifest\":"
                + manifest + "}";
    }

    @Test
    void itComesAfterTheReplayToTheAuthenticatedClientAndSaysHowManyEventsThereWere() {
        int count = 2_000; // More than go out at once.
        try (var server = start();
                var client = new TestClient(server, "c1");
                var other = new TestClient(server, "somebody-else")) {
            server.put("project", "{\"id\":\"p1\"}");
            server.seed(
                    "task",
                    IntStream.range(0, count)
                            .mapToObj(i -> Json.object().put("id", "t" + i).put("projectId", "p1"))
                            .toList());
            client.say("p1", hello("r1", "[]"));
            List<String> replayed = client.nextEvents(count + 1);
            assertThat(replayed).allMatch(event -> event.startsWith("$DB/clients/c1/replay/project/p1/"));
            JsonNode answer = client.nextAnswer("p1");
            assertThat(answer.path("round").asString()).isEqualTo("r1");
            assertThat(answer.path("events").asInt()).isEqualTo(count + 1);
            other.assertNothingCame();
        }
    }

    @Test
    void whoIsInSyncIsToldSo() {
        try (var server = start();
                var client = new TestClient(server, "c1")) {
            client.say("p1", hello("r1", "[]"));
            assertThat(client.nextAnswer("p1").path("events").asInt(-1)).isZero();
            server.put("project", "{\"id\":\"p1\"}");
            client.say("p1", hello("r2", "[{\"id\":\"p1\",\"entity\":\"project\",\"version\":1}]"));
            JsonNode answer = client.nextAnswer("p1");
            assertThat(answer.path("round").asString()).isEqualTo("r2");
            assertThat(answer.path("events").asInt(-1)).isZero();
        }
    }

    @Test
    void aRootThatIsGoneIsToldOnce() {
        try (var server = start();
                var client = new TestClient(server, "c1")) {
            client.say("p1", hello("r1", "[{\"id\":\"p1\",\"entity\":\"project\",\"version\":3}]"));
            assertThat(client.nextEvents(1)).containsExactly("$DB/clients/c1/replay/project/p1/events/deleted p1 4");
            assertThat(client.nextAnswer("p1").path("events").asInt()).isEqualTo(1);
        }
    }

    @Test
    void aHelloWithoutARoundIsAnsweredAsBefore() {
        try (var server = start();
                var client = new TestClient(server, "c1")) {
            client.hello("p1", "[]", true);
            client.assertNothingCame();
        }
    }

    @Test
    void aRefusalNamesTheRoundAndComesInsteadOfTheScopeOpenError() {
        var options = StitchServerOptions.builder()
                .users(Map.of("ada", "a", "bob", "b"))
                .owners(Map.of("project", "ownerId"));
        try (var server = StitchServer.start(options.build());
                var client = new TestClient(server, "c1", "bob", "b")) {
            server.put("project", "{\"id\":\"p1\",\"ownerId\":\"ada\"}");
            client.say("p1", hello("r1", "[]"));
            JsonNode answer = client.nextAnswer("p1");
            assertThat(answer.path("round").asString()).isEqualTo("r1");
            assertThat(answer.path("code").asInt()).isEqualTo(403);
            assertThat(answer.path("message").asString()).isNotEmpty();
            assertThat(answer.has("events")).isFalse();
            assertThat(answer.has("retryAfter")).isFalse();
            client.say("p1", "{\"round\":\"r2\"}");
            assertThat(client.nextAnswer("p1").path("code").asInt())
                    .as("who may not ask is not told what is wrong")
                    .isEqualTo(403);
        }
    }

    @Test
    void theFirstHelloTooManyIsToldWhenToComeAgain() {
        var options = StitchServerOptions.builder().helloSpacing(Duration.ofMinutes(1));
        try (var server = StitchServer.start(options.build());
                var client = new TestClient(server, "c1")) {
            for (int i = 0; i < 4; i++) {
                client.say("p1", hello("r" + i, "[]"));
                assertThat(client.nextAnswer("p1").path("events").asInt(-1)).isZero();
            }
            client.say("p1", hello("r4", "[]"));
            JsonNode answer = client.nextAnswer("p1");
            assertThat(answer.path("round").asString()).isEqualTo("r4");
            assertThat(answer.path("code").asInt()).isEqualTo(429);
            assertThat(answer.path("retryAfter").asLong()).isBetween(30_000L, 60_000L);
            client.say("p2", hello("r5", "[]"));
            assertThat(client.nextAnswer("p2").path("events").asInt(-1)).isZero();
        }
    }

    @Test
    void withoutDigestsTheNextHelloIsTooMany() {
        var options = StitchServerOptions.builder().without(Feature.DIGEST).helloSpacing(Duration.ofMinutes(1));
        try (var server = StitchServer.start(options.build());
                var client = new TestClient(server, "c1")) {
            client.say("p1", hello("r1", "[]"));
            assertThat(client.nextAnswer("p1").path("events").asInt(-1)).isZero();
            client.say("p1", hello("r2", "[]"));
            assertThat(client.nextAnswer("p1").path("code").asInt()).isEqualTo(429);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "\"\"", "null", "{}"})
    void aRoundThatCannotBeSaidAgainIsRefusedAsBefore(String round) {
        try (var server = start();
                var client = new TestClient(server, "c1")) {
            client.say("p1", "{\"round\":" + round + ",\"manifest\":[]}");
            Mqtt5Publish refusal = client.next();
            assertThat(refusal.getTopic()).hasToString(REFUSED);
            assertThat(TestClient.json(refusal).path("code").asInt()).isEqualTo(400);
        }
    }

    @Test
    void aMalformedHelloIsRefusedInItsRound() {
        try (var server = start();
                var client = new TestClient(server, "c1")) {
            client.say("p1", hello("r1", "{}"));
            assertThat(client.nextAnswer("p1").path("code").asInt()).isEqualTo(400);
            client.say("create", hello("r2", "[]"));
            assertThat(client.nextAnswer("create").path("code").asInt()).isEqualTo(400);
        }
    }

    /** Nothing is left unanswered, whatever is asked meanwhile. */
    @Test
    void eachOfManyHellosAtOnceHasItsLastWord() {
        try (var server = start();
                var client = new TestClient(server, "c1")) {
            List<String> rounds = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                server.put("task", "{\"id\":\"t" + i + "\",\"projectId\":\"p1\"}");
                client.say("p1", hello("r" + i, "[]"));
                rounds.add("r" + i);
            }
            List<String> answered = new ArrayList<>();
            while (answered.size() < rounds.size()) {
                Mqtt5Publish next = client.next();
                if (next.getTopic().toString().equals("$DB/clients/c1/hello/p1")) {
                    answered.add(TestClient.json(next).path("round").asString());
                }
            }
            assertThat(answered).containsExactlyInAnyOrderElementsOf(rounds);
        }
    }
}
