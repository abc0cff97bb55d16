package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAckReasonCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class StitchServerTest {
    @Test
    void recordsTombstonesAndVersionsSurviveARestart(@TempDir Path folder) {
        var options = StitchServerOptions.builder().data(folder.resolve("db")).build();
        try (var server = StitchServer.start(options)) {
            server.put("note", "{\"id\":\"n1\",\"text\":\"h\\u00e9\"}");
            server.put("note", "{\"id\":\"n2\"}");
            server.delete("note", "n2");
            server.put("note", "{\"id\":\"n3\"}");
            server.delete("note", "n3");
            server.put("note", "{\"id\":\"n3\"}");
        }
        try (var server = StitchServer.start(options)) {
            assertThat(server.records("note"))
                    .extracting(Object::toString)
                    .containsExactly(
                            "{\"_version\":1,\"id\":\"n1\",\"text\":\"h\u00e9\"}", "{\"_version\":3,\"id\":\"n3\"}");
            assertThat(server.put("note", "{\"id\":\"n2\"}").path("_version").asLong())
                    .isEqualTo(3);
        }
    }

    @Test
    void tombstonesAreForgottenAfterTheirTime(@TempDir Path folder) {
        var options = StitchServerOptions.builder().data(folder.resolve("db"));
        try (var server = StitchServer.start(options.build())) {
            server.put("note", "{\"id\":\"n1\"}");
            server.delete("note", "n1");
        }
        StitchServer.start(options.tombstoneRetention(Duration.ofNanos(1)).build())
                .close();
        var patient = options.tombstoneRetention(Duration.ofDays(1)).build();
        try (var server = StitchServer.start(patient)) {
            assertThat(server.put("note", "{\"id\":\"n1\"}").path("_version").asLong())
                    .isEqualTo(1);
        }
    }

    @Test
    void twoServersInOneProcessDoNotMeet() {
        try (var one = StitchServer.start(StitchServerOptions.defaults());
                var two = StitchServer.start(
                        StitchServerOptions.builder().legacy(true).build());
                var first = new TestClient(one, "c1");
                var second = new TestClient(two, "c1")) {
            assertThat(first.code("$DB/note/create", "{\"id\":\"n1\"}")).isZero();
            assertThat(second.code("$DB/note/n1", "{}")).isEqualTo(404);
            two.close();
            assertThat(first.code("$DB/note/n1", "{}")).isZero();
        }
    }

    @Test
    void aTakenPortIsNamedAndTheDatabaseIsFreeAgain(@TempDir Path folder) {
        try (var first = StitchServer.start(StitchServerOptions.defaults())) {
            var options = StitchServerOptions.builder().data(folder.resolve("db"));
            assertThatThrownBy(
                            () -> StitchServer.start(options.port(first.port()).build()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(String.valueOf(first.port()));
            StitchServer.start(options.port(0).build()).close();
        }
    }

    @Test
    void aDatabaseInUseIsNamed(@TempDir Path folder) {
        var options = StitchServerOptions.builder().data(folder.resolve("db")).build();
        try (var first = StitchServer.start(options)) {
            assertThatThrownBy(() -> StitchServer.start(options))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(folder.resolve("db").toString());
            assertThat(first.records("note")).isEmpty();
        }
    }

    @Test
    void aClosedServerSaysSoAndClosesTwice() {
        StitchServer server = StitchServer.start(StitchServerOptions.defaults());
        server.close();
        server.close();
        assertThatThrownBy(() -> server.records("note"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void aRestoredBackupMayHoldOlderVersions() {
        try (var server = StitchServer.start(StitchServerOptions.defaults())) {
            server.put("note", "{\"id\":\"n1\"}");
            server.delete("note", "n1");
            server.seed("note", List.of(Json.object().put("id", "n1").put("_version", 1)));
            assertThat(server.record("note", "n1")
                            .orElseThrow()
                            .path("_version")
                            .asLong())
                    .isEqualTo(1);
        }
    }

    @Test
    void aRequestBeyondWhatMayWaitIsRefusedWithQuotaExceeded() {
        try (var server = StitchServer.start(
                        StitchServerOptions.builder().maxWaiting(2).build());
                var client = new TestClient(server, "c1")) {
            try (var unused = new Blocking(server)) {
                client.publish("$DB/task/create", "{}", Map.of(), "r1");
                client.publish("$DB/task/create", "{}", Map.of(), "r2");
                for (String topic : new String[] {"$DB/task/create", "$DB/project/p1/hello"}) {
                    assertThatThrownBy(() -> client.publish(topic, "{}", Map.of(), null))
                            .rootCause()
                            .isInstanceOfSatisfying(
                                    Mqtt5PubAckException.class,
                                    refused -> assertThat(
                                                    refused.getMqttMessage().getReasonCode())
                                            .isEqualTo(Mqtt5PubAckReasonCode.QUOTA_EXCEEDED));
                }
            }
            assertThat(server.records("task")).hasSize(2);
            assertThat(client.code("$DB/task/create", "{}")).isZero();
        }
    }

    @Test
    void whatClientsPublishedIsKeptInOrder() {
        try (var server = StitchServer.start(StitchServerOptions.defaults());
                var client = new TestClient(server, "c1")) {
            client.request("$DB/note/list", "{}");
            client.hello("p1", "[]", false);
            assertThat(server.clientPublishes())
                    .extracting(each -> each.clientId() + " " + each.message().topic())
                    .containsExactly("c1 $DB/note/list", "c1 $DB/project/p1/hello");
            assertThat(server.requestCount()).isEqualTo(1);
            assertThat(server.helloCount()).isEqualTo(1);
            assertThat(server.publishedCount()).isEqualTo(1);
        }
    }

    @Test
    void theServerPublishesAnythingItIsToldTo() {
        try (var server = StitchServer.start(StitchServerOptions.defaults());
                var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/project/p1/events/#");
            server.publishRaw("$DB/project/p1/events/updated", "{nonsense", Map.of("x-mqtt-sender", "mqdb-internal-0"));
            assertThat(client.next().getPayloadAsBytes()).asString().isEqualTo("{nonsense");
        }
    }

    @Test
    void optionsThatCannotWorkAreRefusedAndPasswordsAreNotShown() {
        var builder = StitchServerOptions.builder();
        assertThatThrownBy(() -> builder.port(70_000).build()).hasMessageContaining("70000");
        assertThatThrownBy(() -> StitchServerOptions.builder().root("a/b").build())
                .hasMessageContaining("a/b");
        assertThatThrownBy(() -> StitchServerOptions.builder().prefix("a/#").build())
                .hasMessageContaining("wildcards");
        assertThatThrownBy(() -> StitchServerOptions.builder().prefix("a/").build())
                .hasMessageContaining("slash");
        assertThatThrownBy(() ->
                        StitchServerOptions.builder().responsePrefix("$DB").build())
                .hasMessageContaining("differ");
        assertThatThrownBy(() -> StitchServerOptions.builder().maxWaiting(0).build())
                .hasMessageContaining("maxWaiting");
        assertThatThrownBy(() -> StitchServerOptions.builder()
                        .users(Map.of("mqdb-internal-0", "geheim"))
                        .build())
                .hasMessageContaining("mqdb-internal-")
                .hasMessageNotContaining("geheim");
        assertThat(StitchServerOptions.builder()
                        .users(Map.of("alice", "geheim"))
                        .build()
                        .toString())
                .contains("alice")
                .doesNotContain("geheim");
    }
}
