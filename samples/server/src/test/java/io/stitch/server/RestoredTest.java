package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Clients that know more than the server, because it was restored from a backup or because they lie. */
class RestoredTest {
    private static final long MOST = (1L << 53) - 1;
    private static final String TASK = "$DB/project/p1/task/events/";

    @RegisterExtension
    final StitchServerExtension extension = StitchServerExtension.of(
            StitchServerOptions.builder().helloSpacing(Duration.ZERO).build());

    private StitchServer server;

    @BeforeEach
    void keep(StitchServer running) {
        server = running;
        server.seed(
                "task",
                List.of(Json.object().put("id", "t1").put("projectId", "p1").put("_version", 5)));
    }

    private static String manifest(String id, long version) {
        return "[{\"id\":\"" + id + "\",\"entity\":\"task\",\"version\":" + version + "}]";
    }

    private static String withTheOther(String manifest) {
        return manifest.replace("]", ",{\"id\":\"t1\",\"entity\":\"task\",\"version\":5}]");
    }

    private long version() {
        return server.record("task", "t1").orElseThrow().path("_version").asLong();
    }

    @Test
    void aDirectReplayBringsTheRecordAsItIsAndMarksIt() {
        try (var client = new TestClient(server, "c1")) {
            for (long theirs : new long[] {6, MOST}) {
                client.hello("p1", manifest("t1", theirs), true);
                Mqtt5Publish event = client.next();
                assertThat(event.getTopic()).hasToString("$DB/clients/c1/replay/project/p1/task/events/updated");
                JsonNode json = TestClient.json(event);
                assertThat(json.path("restored").asBoolean(false)).isTrue();
                assertThat(json.path("data")).hasToString("{\"_version\":5,\"id\":\"t1\",\"projectId\":\"p1\"}");
                assertThat(version()).isEqualTo(5);
            }
            client.hello("p1", manifest("t1", 4), true);
            assertThat(TestClient.json(client.next()).has("restored")).isFalse();
        }
    }

    @Test
    void aBroadcastReplayRaisesTheRecordAboveWhatTheClientKnows() {
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/project/p1/+/events/#");
            client.hello("p1", manifest("t1", 1_000_005), false);
            Mqtt5Publish event = client.next();
            assertThat(event.getTopic()).hasToString(TASK + "updated");
            assertThat(TestClient.json(event).has("restored")).isFalse();
            assertThat(version()).isEqualTo(1_000_006);
        }
    }

    @Test
    void anEntryThatIsTooFarAheadIsAsIfItWereNotThere() {
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/project/p1/+/events/#");
            for (long theirs : new long[] {1_000_006, MOST, MOST + 1}) {
                client.hello("p1", manifest("t1", theirs), false);
                assertThat(client.nextEvents(1)).containsExactly(TASK + "created t1 5");
                assertThat(version()).isEqualTo(5);
            }
        }
    }

    @Test
    void aRecordThatNobodyKnowsIsDeletedWhateverItsVersionButRememberedOnlyIfThatIsBelievable() {
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/project/p1/+/events/#");
            client.hello("p1", withTheOther(manifest("t2", MOST)), false);
            assertDeletedAtNoVersion(client, "t2");
            client.subscribe("$DB/clients/c1/#");
            client.hello("p1", withTheOther(manifest("t2", MOST)), true);
            assertThat(TestClient.json(client.next())
                            .path("data")
                            .path("_version")
                            .asLong())
                    .isEqualTo(MOST);
            client.hello("p1", withTheOther(manifest("t3", 1_000_000)), false);
            assertThat(client.nextEvents(1)).containsExactly(TASK + "deleted t3 1000001");
        }
        assertThat(server.put("task", "{\"id\":\"t2\"}").path("_version").asLong())
                .isEqualTo(1);
        assertThat(server.put("task", "{\"id\":\"t3\"}").path("_version").asLong())
                .isEqualTo(1_000_002);
    }

    /** All who hear it would hold a lower version for older than the delete, and hide what is created next. */
    private static void assertDeletedAtNoVersion(TestClient client, String id) {
        Mqtt5Publish event = client.next();
        assertThat(event.getTopic()).hasToString(TASK + "deleted");
        assertThat(TestClient.json(event).path("data")).hasToString("{\"id\":\"%s\"}".formatted(id));
    }

    @Test
    void aRecordInAnotherScopeIsNotRaisedBeyondBelief() {
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"p2\"}");
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/project/p1/+/events/#");
            client.hello("p1", manifest("t1", MOST), false);
            assertDeletedAtNoVersion(client, "t1");
            assertThat(version()).isEqualTo(6);
        }
    }
}
