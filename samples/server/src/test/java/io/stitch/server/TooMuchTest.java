package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

/** What one client asks for costs the others nothing that they would notice. */
class TooMuchTest {
    @RegisterExtension // One for each test.
    final StitchServerExtension servers = StitchServerExtension.of(StitchServerOptions.defaults());

    private static final int RECORDS = 2_000;
    /** Of one request of 4 MiB. Unbounded, each of them took longer than a client waits for an answer. */
    private static final Duration A_MOMENT = Duration.ofSeconds(5);

    private static String list(int count, String value) {
        return IntStream.range(0, count).mapToObj(i -> value).collect(Collectors.joining(",", "[", "]"));
    }

    private static String filter(String op, String value) {
        return "{\"filters\":[{\"field\":\"title\",\"op\":\"%s\",\"value\":%s}]}".formatted(op, value);
    }

    static Stream<String> requests() {
        return Stream.of(
                filter("in", list(2_000_000, "1")),
                filter("in", list(1_000_001, "1")),
                filter("like", "\"" + "*".repeat(4_000_000) + "\""),
                filter("like", "\"" + "a*".repeat(2_000_000) + "\""),
                "{\"projection\":%s}".formatted(list(1_300_000, "\"\"")));
    }

    private static void seed(StitchServer server) {
        List<ObjectNode> tasks = new ArrayList<>();
        for (int i = 0; i < RECORDS; i++) {
            tasks.add(Json.object().put("id", "t" + i).put("projectId", "p1").put("title", "a" + i));
        }
        server.seed("task", tasks);
    }

    @ParameterizedTest
    @MethodSource("requests")
    void aListThatWouldKeepEverybodyWaitingIsRefused(String request, StitchServer server) {
        seed(server);
        try (var greedy = new TestClient(server, "greedy")) {
            long start = System.nanoTime();
            JsonNode answer = greedy.request("$DB/task/list", request);
            assertThat(answer.path("code").asInt()).isEqualTo(400);
            assertThat(answer.path("message").asString()).contains("at most");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(A_MOMENT);
            assertThat(greedy.code("$DB/task/t1", "{\"projection\":%s}".formatted(list(1_001, "\"id\""))))
                    .isEqualTo(400);
        }
    }

    @Test
    void whatIsWithinTheBoundsIsFound(StitchServer server) {
        seed(server);
        String values =
                IntStream.range(0, 400_000).mapToObj(i -> "\"a" + i + "\"").collect(Collectors.joining(",", "[", "]"));
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.request("$DB/task/list", filter("in", values)).path("data"))
                    .hasSize(RECORDS);
            assertThat(client.request("$DB/task/list", filter("like", "\"a1*\""))
                            .path("data"))
                    .hasSize(1_111);
        }
    }

    /** The texts of all of them have one hash, so that a set that goes by the hash alone would compare each with each. */
    @Test
    @Timeout(20)
    void valuesThatWereChosenForTheirHashAreFoundAsFast(StitchServer server) {
        List<String> same = IntStream.range(0, 10_000)
                .mapToObj(i -> IntStream.range(0, 14)
                        .mapToObj(bit -> ((i >> bit) & 1) == 0 ? "Aa" : "BB")
                        .collect(Collectors.joining()))
                .toList();
        server.seed(
                "task",
                List.of(Json.object()
                        .put("id", "t1")
                        .set("title", Json.NODES.arrayNode().add(same.get(9)))));
        try (var client = new TestClient(server, "c1")) {
            String values = same.stream().map(text -> "[\"" + text + "\"]").collect(Collectors.joining(",", "[", "]"));
            assertThat(client.request("$DB/task/list", filter("in", values)).path("data"))
                    .hasSize(1);
        }
    }

    @Test
    void aReplyThatDoesNotFitIntoAPacketIsNotEvenWritten() {
        ObjectNode large = Json.object().put("text", "x".repeat(1_000_000));
        var list = Json.NODES.arrayNode();
        IntStream.range(0, 3_000).forEach(i -> list.add(large)); // 3 GB, if it were.
        assertThat(Json.writeWithin(list, 10_000_000)).isNull();
        assertThat(Json.writeWithin(large, 10_000_000)).isEqualTo(Json.write(large));
        assertThat(Json.writeWithin(Json.object(), 2)).hasSize(2);
        assertThat(Json.writeWithin(Json.object(), 1)).isNull();
    }

    private static String manifest(int entries) {
        return IntStream.range(0, entries)
                .mapToObj(i -> "{\"id\":\"n" + i + "\",\"version\":9}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    private static String manifestOfTasks(int entries) {
        return IntStream.range(0, entries)
                .mapToObj(i -> "{\"id\":\"n" + i + "\",\"entity\":\"task\",\"version\":9}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    @Test
    void aHelloHasABound(StitchServer server) {
        try (var client = new TestClient(server, "c1")) {
            client.hello("p1", manifest(250_001), false);
            JsonNode refusal = TestClient.json(client.next());
            assertThat(refusal.path("code").asInt()).isEqualTo(400);
            assertThat(refusal.path("message").asString()).contains("at most 250000");
        }
    }

    private static int versionOfNew(TestClient client, String id, String scope) {
        return client.request("$DB/task/create", "{\"id\":\"%s\",\"projectId\":\"%s\"}".formatted(id, scope))
                .path("data")
                .path("_version")
                .asInt();
    }

    /** It would be in the database for a month, and raise the version of whatever is created there. */
    @Test
    void aHelloPlantsNothingInAScopeThatIsNotThere(StitchServer server) {
        try (var client = new TestClient(server, "c1");
                var other = new TestClient(server, "c2")) {
            client.hello("nowhere", manifestOfTasks(300), true);
            assertThat(client.nextEvents(300))
                    .allMatch(event -> event.startsWith("$DB/clients/c1/replay/project/nowhere/task/events/deleted n"));
            assertThat(versionOfNew(client, "n1", "nowhere")).isEqualTo(1);
            other.hello("nowhere", "[{\"id\":\"n2\",\"entity\":\"task\",\"version\":0}]", true);
            assertThat(other.nextEvents(1))
                    .containsExactly("$DB/clients/c2/replay/project/nowhere/task/events/created n1 1");
            other.assertNothingCame();
        }
    }

    @Test
    void aHelloPlantsLittleInAScopeThatIsThere(StitchServer server) {
        server.put("project", "{\"id\":\"p1\"}");
        try (var client = new TestClient(server, "c1")) {
            client.hello("p1", manifestOfTasks(20_000), true);
            assertThat(client.nextEvents(20_001)).hasSize(20_001);
            // As after a backup was restored: what the first of them had counts, and no more.
            assertThat(versionOfNew(client, "n0", "p1")).isEqualTo(11);
            assertThat(versionOfNew(client, "n999", "p1")).isEqualTo(11);
            assertThat(versionOfNew(client, "n1000", "p1")).isEqualTo(1);
            assertThat(versionOfNew(client, "n19999", "p1")).isEqualTo(1);
        }
    }

    @Test
    void aRecordThatWasDeletedGoesOnAboveWhatAClientHasSeen(StitchServer server) {
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
        server.delete("task", "t1");
        try (var client = new TestClient(server, "c1")) {
            client.hello("p1", "[{\"id\":\"t1\",\"entity\":\"task\",\"version\":9}]", true);
            assertThat(client.nextEvents(1))
                    .containsExactly("$DB/clients/c1/replay/project/p1/task/events/deleted t1 10");
            assertThat(client.request("$DB/task/create", "{\"id\":\"t1\",\"projectId\":\"p1\"}")
                            .path("data")
                            .path("_version")
                            .asInt())
                    .isEqualTo(11);
        }
    }

    @Test
    void whatOneClientMadeUpIsNotSentToAllOthers(StitchServer server) {
        try (var listener = new TestClient(server, "c2");
                var client = new TestClient(server, "c1")) {
            listener.subscribe("$DB/project/nowhere/+/events/#");
            client.hello("nowhere", manifestOfTasks(20_000), false);
            listener.nextEvents(1_000);
            // The server has answered, and what it had to say came before.
            client.request("$DB/task/list", "{}");
            listener.assertNothingCame();
        }
    }

    private static Mqtt5ConnAckReasonCode refused(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null && !(root instanceof Mqtt5ConnAckException)) {
            root = root.getCause();
        }
        return ((Mqtt5ConnAckException) root).getMqttMessage().getReasonCode();
    }

    @Test
    void aClientIdThatIsInUseIsItsUsersAlone() {
        var options = StitchServerOptions.builder().users(Map.of("alice", "a", "bob", "b"));
        try (var server = StitchServer.start(options.build())) {
            try (var alice = new TestClient(server, "c1", "alice", "a")) {
                assertThat(refused(catchThrowable(() -> new TestClient(server, "c1", "bob", "b"))))
                        .isEqualTo(Mqtt5ConnAckReasonCode.CLIENT_IDENTIFIER_NOT_VALID);
                assertThat(alice.code("$DB/project/create", "{\"id\":\"p1\"}")).isZero();
                assertThat(refused(catchThrowable(() -> new TestClient(server, "c1", "alice", "wrong"))))
                        .isEqualTo(Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD);

                // Her own may take it over: that is how a client comes back whose connection the broker still believes
                // in.
                try (var again = new TestClient(server, "c1", "alice", "a")) {
                    assertThat(alice.cut).satisfies(cut -> cut.await());
                    assertThat(again.code("$DB/project/p1", "{}")).isZero();
                    assertThatThrownBy(() -> new TestClient(server, "c1", "bob", "b"))
                            .hasRootCauseInstanceOf(Mqtt5ConnAckException.class);
                }
            }
        }
    }

    /** As a store does whose user logs out and another one in. */
    @Test
    void aClientIdCanBeTheNextUsersAtOnce() {
        var options = StitchServerOptions.builder().users(Map.of("alice", "a", "bob", "b"));
        try (var server = StitchServer.start(options.build())) {
            for (int i = 0; i < 20; i++) {
                new TestClient(server, "c1", "alice", "a").close();
                new TestClient(server, "c1", "bob", "b").close();
            }
        }
    }

    @Test
    void aClientIdThatIsNotInUseIsFree() {
        ClientIds ids = new ClientIds();
        assertThat(ids.take("c1", "alice")).isTrue();
        assertThat(ids.take("c1", "alice")).isTrue();
        assertThat(ids.take("c1", "bob")).isFalse();
        assertThat(ids.take("c1", null)).isFalse();
        ids.release("c1");
        assertThat(ids.take("c1", "bob")).isFalse();
        ids.release("c1");
        assertThat(ids.take("c1", "bob")).isTrue();
        assertThat(ids.free("c1")).isNotDone();
        var free = ids.free("c1");
        ids.release("c1");
        assertThat(free).isCompleted();
        assertThat(ids.free("c1")).isCompleted();
        ids.release("never-taken");
    }
}
