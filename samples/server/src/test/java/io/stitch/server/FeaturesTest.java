package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** What a server does that has less than everything. */
class FeaturesTest {
    private static StitchServerOptions.Builder options() {
        return StitchServerOptions.builder().helloSpacing(Duration.ZERO);
    }

    private static StitchServer without(Feature feature) {
        return StitchServer.start(options().without(feature).build());
    }

    private static String announced(TestClient client) {
        return client.connAck.getUserProperties().asList().stream()
                .filter(each -> each.getName().toString().equals("stitch-features"))
                .map(each -> each.getValue().toString())
                .findFirst()
                .orElse("none");
    }

    @ParameterizedTest
    @EnumSource
    void eachFeatureCanBeLeftOutAndIsNotAnnouncedThen(Feature feature) {
        try (var server = without(feature);
                var client = new TestClient(server, "c1")) {
            List<String> others = Arrays.stream(Feature.values())
                    .filter(each -> each != feature && !(feature == Feature.ANSWERS && each == Feature.DIGEST))
                    .map(Feature::word)
                    .toList();
            assertThat(announced(client)).isEqualTo(String.join(",", others));
        }
    }

    @Test
    void aDigestNeedsAnswers() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options().features(Set.of(Feature.DIGEST)).build())
                .withMessageContaining("ANSWERS");
    }

    @Test
    void withoutDirectReplaysEveryoneInTheScopeHearsThem() {
        try (var server = without(Feature.DIRECT_REPLAY);
                var client = new TestClient(server, "c1");
                var other = new TestClient(server, "c2")) {
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            other.subscribe("$DB/project/p1/+/events/#");
            client.hello("p1", "[]", true);
            assertThat(other.nextEvents(1)).containsExactly("$DB/project/p1/task/events/created t1 1");
            client.assertNothingCame();
        }
    }

    @Test
    void withoutAMemoryARepeatedRequestIsExecutedAgain() {
        try (var server = without(Feature.REQUEST_IDS);
                var client = new TestClient(server, "c1")) {
            server.put("task", "{\"id\":\"t1\"}");
            for (int version = 2; version <= 3; version++) {
                client.publish("$DB/task/t1/update", "{\"n\":1}", Map.of(), "same");
                assertThat(TestClient.json(client.next())
                                .path("data")
                                .path("_version")
                                .asInt())
                        .isEqualTo(version);
            }
        }
    }

    @Test
    void withoutAnswersARoundIsIgnored() {
        try (var server = without(Feature.ANSWERS);
                var client = new TestClient(server, "c1")) {
            client.say("p1", "{\"round\":\"r1\",\"manifest\":[]}");
            client.assertNothingCame();
            client.say("p1", "{\"round\":\"r2\"}");
            Mqtt5Publish refusal = client.next();
            assertThat(refusal.getTopic()).hasToString("$DB/clients/c1/scope-open-error");
        }
    }

    @Test
    void withoutExpectedVersionsTheFieldIsStoredAsAnyOther() {
        try (var server = without(Feature.EXPECTED_VERSION);
                var client = new TestClient(server, "c1")) {
            server.put("task", "{\"id\":\"t1\"}");
            assertThat(client.request("$DB/task/t1/update", "{\"_expected_version\":7}")
                            .path("data")
                            .path("_expected_version")
                            .asInt())
                    .isEqualTo(7);
            assertThat(client.code("$DB/task/nowhere/delete", "{\"_expected_version\":\"?\"}"))
                    .isEqualTo(404);
            assertThat(client.code("$DB/task/t1/delete", "{\"_expected_version\":9}"))
                    .isZero();
        }
    }

    @Test
    void withoutDigestsAHelloNeedsAManifestAndIsReadWhole() {
        try (var server = without(Feature.DIGEST);
                var client = new TestClient(server, "c1")) {
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            client.say("p1", "{\"round\":\"r1\",\"digest\":{\"round\":\"r1\",\"n\":0,\"fp\":\"\"}}");
            assertThat(client.nextAnswer("p1").path("code").asInt()).isEqualTo(400);
            client.say("p1", "{\"round\":\"r2\",\"replay\":\"direct\",\"within\":[\"0000\"],\"manifest\":[]}");
            assertThat(client.nextEvents(1))
                    .containsExactly("$DB/clients/c1/replay/project/p1/task/events/created t1 1");
            assertThat(client.nextAnswer("p1").path("events").asInt()).isEqualTo(1);
        }
    }

    @Test
    void withoutCountsNothingIsNumbered() {
        try (var server = without(Feature.EVENT_COUNT);
                var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/project/p1/+/events/#");
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            JsonNode event = TestClient.json(client.next());
            assertThat(event.has("count")).isFalse();
            assertThat(event.has("epoch")).isFalse();
            client.say("p1", "{\"digest\":{\"round\":\"r1\",\"n\":0,\"fp\":\"\"}}");
            assertThat(client.nextAnswer("p1").has("count")).isFalse();
        }
    }

    @Test
    void aPlainServerAnnouncesItsVersionAndNothingElse() {
        try (var server = StitchServer.start(options().plain().build());
                var client = new TestClient(server, "c1")) {
            assertThat(client.connAck.getUserProperties().asList())
                    .extracting(each -> each.getName() + "=" + each.getValue())
                    .contains("stitch-protocol-version=2");
            assertThat(announced(client)).isEqualTo("none");
        }
    }

    @Test
    void aPlainServerMatchesByIdAlone() {
        try (var server = StitchServer.start(options().plain().build());
                var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/project/p1/+/events/#");
            server.seed(
                    "task",
                    List.of(Json.object().put("id", "x").put("projectId", "p1").put("_version", 3)));
            server.seed(
                    "note",
                    List.of(Json.object().put("id", "x").put("projectId", "p1").put("_version", 2)));
            String task = "{\"id\":\"x\",\"entity\":\"task\",\"version\":";
            String note = "{\"id\":\"x\",\"entity\":\"note\",\"version\":";
            client.hello("p1", "[" + task + "2}," + note + "2}]", true);
            assertThat(client.nextEvents(1)).containsExactly("$DB/project/p1/task/events/updated x 3");
            client.hello("p1", "[" + task + "3}]", true);
            assertThat(client.nextEvents(1))
                    .as("the note is taken for it")
                    .containsExactly("$DB/project/p1/note/events/updated x 4");
            client.hello("p1", "[" + task + "3},{\"id\":\"unknown\",\"entity\":\"task\",\"version\":9}]", true);
            assertThat(client.nextEvents(1)).containsExactly("$DB/project/p1/note/events/updated x 4");
            client.assertNothingCame();
        }
    }

    @Test
    void aPlainServerDropsTwoHellosInSilenceAndRefusesTheThird() {
        var options = StitchServerOptions.builder().plain().helloSpacing(Duration.ofMinutes(1));
        try (var server = StitchServer.start(options.build());
                var client = new TestClient(server, "c1")) {
            for (int i = 0; i < 3; i++) {
                client.say("p1", "{\"round\":\"r" + i + "\",\"manifest\":[]}");
            }
            client.assertNothingCame();
            client.say("p1", "{\"round\":\"r3\",\"manifest\":[]}");
            Mqtt5Publish refusal = client.next();
            assertThat(refusal.getTopic()).hasToString("$DB/clients/c1/scope-open-error");
            assertThat(TestClient.json(refusal).path("code").asInt()).isEqualTo(429);
        }
    }

    @Test
    void anOldServerHasNothingOfIt() {
        StitchServerOptions old = options().legacy(true).build();
        assertThat(Feature.values()).noneMatch(old::has);
    }
}
