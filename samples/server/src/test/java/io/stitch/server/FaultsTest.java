package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class FaultsTest {
    @RegisterExtension
    final StitchServerExtension extension = StitchServerExtension.of(
            StitchServerOptions.builder().helloSpacing(Duration.ZERO).build());

    private StitchServer server;

    @BeforeEach
    void keep(StitchServer running) {
        server = running;
    }

    private static String said(Mqtt5Publish message) {
        JsonNode json = TestClient.json(message);
        return json.path("status").asString("") + json.path("code").asString("") + " "
                + json.path("message").asString("");
    }

    @Test
    void whoMayNotPublishRepliesIsNotAnswered() {
        StitchServerOptions strict =
                StitchServerOptions.builder().replyRights(false).build();
        try (var without = StitchServer.start(strict);
                var client = new TestClient(without, "c1")) {
            client.publish("$DB/note/create", "{\"id\":\"n1\"}", Map.of(), "dropped");
            client.publish(
                    "$DB/project/p1/hello", "{\"clientId\":\"c1\",\"round\":\"r1\",\"manifest\":[]}", Map.of(), null);
            assertThat(client.next().getTopic()).as("a hello asks for nothing").hasToString("$DB/clients/c1/hello/p1");
            assertThat(without.records("note")).isEmpty();
        }
    }

    @Test
    void aDroppedReplyLeavesTheRequestExecuted() {
        try (var client = new TestClient(server, "c1")) {
            server.dropReplies(true);
            client.publish("$DB/note/create", "{\"id\":\"n1\"}", Map.of(), "lost");
            assertThat(server.records("note")).hasSize(1);
            server.dropReplies(false);
            client.publish("$DB/note/n1", "{}", Map.of(), "heard");
            assertThat(client.next().getTopic()).hasToString("$DB/clients/c1/heard");
        }
    }

    @Test
    void theLogOfExecutedWritesLeavesOutWhatWasRefusedOrAnsweredFromMemory() {
        try (var client = new TestClient(server, "c1")) {
            client.publish("$DB/note/create", "{\"id\":\"n1\"}", Map.of(), "first");
            client.publish("$DB/note/create", "{\"id\":\"n1\"}", Map.of(), "first");
            client.publish("$DB/note/create", "{\"id\":\"n1\"}", Map.of(), "exists");
            client.publish("$DB/note/n1", "{}", Map.of(), "read");
            client.publish("$DB/note/n1/update", "{\"text\":\"hi\"}", Map.of(), "second");
            client.publish("$DB/note/n1/update", "{\"text\":\"hi\"}", Map.of(), "third");

            server.records("note");
            assertThat(server.executedWrites())
                    .allSatisfy(write -> assertThat(write.clientId()).isEqualTo("c1"))
                    .extracting(write -> new String(write.message().correlation(), StandardCharsets.UTF_8))
                    .containsExactly("first", "second", "third");
        }
    }

    @Test
    void onlyTheNextRepliesAreDropped() {
        try (var client = new TestClient(server, "c1")) {
            server.dropReplies(2);
            for (String request : new String[] {"one", "two", "three"}) {
                client.publish("$DB/note/list", "{}", Map.of(), request);
            }
            assertThat(client.next().getTopic()).hasToString("$DB/clients/c1/three");
            assertThat(client.received).isEmpty();
        }
    }

    @Test
    void aDelayedReplyComesAfterWhatWasSaidMeanwhile() {
        try (var client = new TestClient(server, "c1")) {
            server.delayReplies(300);
            client.publish("$DB/note/list", "{}", Map.of(), "late");
            assertThat(server.records("note")).isEmpty();
            server.delayReplies(0);
            client.publish("$DB/note/list", "{}", Map.of(), "soon");
            assertThat(client.next().getTopic()).hasToString("$DB/clients/c1/soon");
            assertThat(client.next().getTopic()).hasToString("$DB/clients/c1/late");
        }
    }

    @Test
    void droppedEventsAreLostAndAHelloBringsWhatTheyTold() {
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/project/p1/+/events/#");
            server.dropEvents(true);
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            server.dropEvents(false);
            server.put("task", "{\"id\":\"t2\",\"projectId\":\"p1\"}");
            assertThat(TestClient.json(client.next()).path("id").asString()).isEqualTo("t2");
            server.dropEvents(true);
            client.hello("p1", "[{\"id\":\"t2\",\"entity\":\"task\",\"version\":1}]", false);
            assertThat(TestClient.json(client.next()).path("id").asString()).isEqualTo("t1");
        }
    }

    @Test
    void failedRequestsAreNotExecutedAndTheSameRequestSucceedsLater() {
        try (var client = new TestClient(server, "c1")) {
            server.failRequests(1, 503, "on purpose");
            client.publish("$DB/note/create", "{\"id\":\"n1\"}", Map.of(), "same");
            assertThat(said(client.next())).isEqualTo("error503 on purpose");
            assertThat(server.records("note")).isEmpty();
            client.publish("$DB/note/create", "{\"id\":\"n1\"}", Map.of(), "same");
            assertThat(said(client.next())).isEqualTo("ok ");
        }
    }

    @Test
    void whileTheDatabaseFailsEveryRequestIsAnswered503AndNothingIsToldTooEarly() {
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/note/events/#");
            server.failCommits(true);
            client.publish("$DB/note/create", "{\"id\":\"n1\"}", Map.of(), "one");
            assertThat(said(client.next())).startsWith("error503");
            client.publish("$DB/note/create", "{\"id\":\"n2\"}", Map.of(), "two");
            assertThat(said(client.next())).startsWith("error503");
            assertThatThrownBy(() -> server.records("note"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("cannot be written");
            server.failCommits(false);
            assertThat(server.records("note")).isEmpty();
            assertThat(server.executedWrites()).isEmpty();
            assertThat(client.received).isEmpty();
        }
    }

    @Test
    void whatWasAnsweredWith503IsNotInTheFileEither(@TempDir Path folder) {
        var options = StitchServerOptions.builder().data(folder.resolve("db")).build();
        try (var kept = StitchServer.start(options);
                var client = new TestClient(kept, "c1")) {
            kept.failCommits(true);
            assertThat(client.code("$DB/note/create", "{\"id\":\"n1\"}")).isEqualTo(503);
            kept.failCommits(false);
            kept.put("note", "{\"id\":\"n2\"}");
        }
        try (var again = StitchServer.start(options)) {
            assertThat(again.records("note"))
                    .extracting(note -> note.path("id").asString())
                    .containsExactly("n2");
        }
    }

    @Test
    void whatWasAnsweredWith503IsExecutedWhenItIsSentAgain() {
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/note/events/#");
            server.failCommits(true);
            client.publish("$DB/note/create", "{\"id\":\"n1\"}", Map.of(), "same");
            assertThat(said(client.next())).startsWith("error503");
            server.failCommits(false);
            client.publish("$DB/note/create", "{\"id\":\"n1\"}", Map.of(), "same");
            assertThat(List.of(said(client.next()), said(client.next()))).containsExactlyInAnyOrder(" ", "ok ");
            assertThat(server.record("note", "n1")).isPresent();
            assertThat(server.executedWrites()).hasSize(1);
        }
    }

    @Test
    void afterAFailedCommitEverythingIsAsItWas() {
        var options = StitchServerOptions.builder()
                .helloSpacing(Duration.ZERO)
                .schema(EntitySchema.of("user").withUnique("email"));
        try (var mended = StitchServer.start(options.build());
                var client = new TestClient(mended, "c1")) {
            mended.put("user", "{\"id\":\"u1\",\"email\":\"a@x\"}");
            mended.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\",\"title\":\"kept\"}");
            mended.put("task", "{\"id\":\"t2\",\"projectId\":\"p1\"}");
            mended.delete("task", "t2");
            mended.failCommits(true);
            assertThat(client.code("$DB/user/create", "{\"id\":\"u2\",\"email\":\"b@x\"}"))
                    .isEqualTo(503);
            assertThat(client.code("$DB/user/u1/delete", "{}")).isEqualTo(503);
            assertThat(client.code("$DB/task/t1/update", "{\"title\":\"lost\",\"projectId\":\"p2\"}"))
                    .isEqualTo(503);
            assertThat(client.code("$DB/task/t1/delete", "{}")).isEqualTo(503);
            assertThat(client.code("$DB/task/create", "{\"id\":\"t2\",\"projectId\":\"p1\"}"))
                    .isEqualTo(503);
            mended.failCommits(false);

            assertThat(mended.record("task", "t1"))
                    .hasValueSatisfying(task -> assertThat(task)
                            .hasToString("{\"_version\":1,\"id\":\"t1\",\"projectId\":\"p1\",\"title\":\"kept\"}"));
            assertThat(client.code("$DB/user/create", "{\"id\":\"u3\",\"email\":\"a@x\"}"))
                    .as("u1 is there, and so is its address")
                    .isEqualTo(409);
            assertThat(client.code("$DB/user/create", "{\"id\":\"u3\",\"email\":\"b@x\"}"))
                    .as("u2 is not")
                    .isZero();
            client.say(
                    "p1", "{\"manifest\":[{\"id\":\"t2\",\"entity\":\"task\",\"version\":1}],\"replay\":\"direct\"}");
            assertThat(client.nextEvents(2))
                    .containsExactlyInAnyOrder(
                            "$DB/clients/c1/replay/project/p1/task/events/created t1 1",
                            "$DB/clients/c1/replay/project/p1/task/events/deleted t2 2");
        }
    }

    @Test
    void aHelloThatWouldHaveToWriteIsRefusedWhileNothingCanBeWritten() {
        // Where nothing is in the scope, nothing is remembered, and so nothing written.
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
        String unknown = "{\"manifest\":[{\"id\":\"t1\",\"entity\":\"task\",\"version\":1},"
                + "{\"id\":\"t9\",\"entity\":\"task\",\"version\":4}],\"replay\":\"direct\"";
        try (var client = new TestClient(server, "c1")) {
            server.failCommits(true);
            client.say("p1", unknown + ",\"round\":\"r1\"}");
            JsonNode answer = client.nextAnswer("p1");
            assertThat(answer.path("round").asString()).isEqualTo("r1");
            assertThat(answer.path("code").asInt()).isEqualTo(503);
            client.say("p1", unknown + "}");
            Mqtt5Publish refusal = client.next();
            assertThat(refusal.getTopic()).hasToString("$DB/clients/c1/scope-open-error");
            assertThat(TestClient.json(refusal).path("code").asInt()).isEqualTo(503);
            server.failCommits(false);
            client.say("p1", unknown + "}");
            assertThat(client.nextEvents(1))
                    .containsExactly("$DB/clients/c1/replay/project/p1/task/events/deleted t9 5");
        }
    }

    @Test
    void theLastWordOnAHelloCanBeLost() {
        try (var client = new TestClient(server, "c1")) {
            server.dropAnswers(true);
            client.say("p1", "{\"manifest\":[],\"round\":\"r1\"}");
            // Hellos are answered in turn, and behind requests: when this one is, the first one has been.
            client.say(
                    "p1", "{\"manifest\":[{\"id\":\"t9\",\"entity\":\"task\",\"version\":4}],\"replay\":\"direct\"}");
            assertThat(client.nextEvents(1))
                    .containsExactly("$DB/clients/c1/replay/project/p1/task/events/deleted t9 5");
            server.dropAnswers(false);
            client.say("p1", "{\"manifest\":[],\"round\":\"r2\"}");
            assertThat(client.nextAnswer("p1").path("round").asString()).isEqualTo("r2");
        }
    }

    @Test
    void aRestartCutsClientsAndKeepsPortAndRecords() throws InterruptedException {
        server.put("note", "{\"id\":\"n1\"}");
        int port = server.port();
        try (var before = new TestClient(server, "c1")) {
            server.restart();
            assertThat(before.cut.await(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(server.port()).isEqualTo(port);
        try (var after = new TestClient(server, "c1")) {
            assertThat(after.request("$DB/note/n1", "{}").path("status").asString())
                    .isEqualTo("ok");
        }
    }

    @Test
    void whileTheBrokerIsStoppedNobodyConnectsAndWritesAreStillMade() {
        server.stopBroker();
        assertThatThrownBy(() -> new TestClient(server, "c1")).hasRootCauseInstanceOf(SocketException.class);
        server.put("note", "{\"id\":\"n1\"}");
        server.startBroker();
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.request("$DB/note/n1", "{}").path("status").asString())
                    .isEqualTo("ok");
        }
    }

    @Test
    void disconnectAllCutsEveryClientAndLetsThemComeBack() throws InterruptedException {
        try (var one = new TestClient(server, "c1");
                var two = new TestClient(server, "c2")) {
            server.disconnectAll();
            assertThat(one.cut.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(two.cut.await(10, TimeUnit.SECONDS)).isTrue();
        }
        try (var again = new TestClient(server, "c1")) {
            assertThat(again.request("$DB/note/list", "{}").path("data")).isEmpty();
        }
    }
}
