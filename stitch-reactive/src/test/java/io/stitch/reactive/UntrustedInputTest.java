package io.stitch.reactive;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

import java.nio.charset.StandardCharsets;
import java.util.Map;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** Whatever a broker delivers, the stream goes on and says what it dropped. */
class UntrustedInputTest {
    private static final String EVENTS = "$DB/project/p1/task/events/";
    private static final Map<String, String> SERVER = Map.of("x-mqtt-sender", "mqdb-internal-0");

    @Test
    void badMessagesAreDroppedCountedAndTheStreamGoesOn() {
        try (var server = StitchServer.start(StitchServerOptions.defaults())) {
            Board.seedProject(server, "p1", 1);
            StitchStore store = Board.connect(server, "ada");
            Scope scope = store.replaceScope("p1");
            StepVerifier.create(Board.tasks(scope, 1))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);

            server.publishRaw(EVENTS + "created", "{nope", SERVER);
            server.publishRaw(EVENTS + "created", "[".repeat(10_000) + "]".repeat(10_000), SERVER);
            server.publishRaw(EVENTS + "created", "{\"id\":42,\"data\":{}}", SERVER);
            server.publishRaw(EVENTS + "created", "{\"data\":{}}", SERVER);
            server.publishRaw(EVENTS + "renamed", "{\"id\":\"t1\",\"data\":{}}", SERVER);
            server.publishRaw("$DB/project/p1/nope/events/created", "{\"id\":\"t1\",\"data\":{}}", SERVER);
            server.publishRaw(EVENTS + "created", event("t1", "p2", 1), SERVER);
            server.publishRaw(EVENTS + "created", large(10_000_000), SERVER);
            server.publishRaw("$DB/clients/ada/made-up", "{\"status\":\"ok\",\"data\":{}}", SERVER);
            server.publishRaw("$DB/clients/ada/made-up", "42", SERVER);
            server.publishRaw(EVENTS + "created", event("t1", "p1", 2), SERVER);
            server.publishRaw(EVENTS + "updated", event("t1", "p1", 1), SERVER);
            server.publishRaw(EVENTS + "updated", event("t1", "p1", 2), SERVER);
            server.publishRaw(EVENTS + "created", event("last", "p1", 1), SERVER);

            // The large record is within the bounds, so it is the third task beside t1.
            StepVerifier.create(Board.tasks(scope, 4))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(store.diagnosticCounts())
                    .containsEntry(DiagnosticCode.MALFORMED_JSON, 2L)
                    .containsEntry(DiagnosticCode.MALFORMED_EVENT, 2L)
                    .containsEntry(DiagnosticCode.UNKNOWN_TOPIC, 1L)
                    .containsEntry(DiagnosticCode.UNKNOWN_ENTITY, 1L)
                    .containsEntry(DiagnosticCode.CONTRADICTS_TOPIC, 1L)
                    .containsEntry(DiagnosticCode.UNKNOWN_REPLY, 1L)
                    .containsEntry(DiagnosticCode.MALFORMED_REPLY, 1L)
                    .containsEntry(DiagnosticCode.OUTDATED, 1L)
                    .containsEntry(DiagnosticCode.DUPLICATE, 1L);
            Board.close(store);
        }
    }

    @Test
    void forgedEventsAndRepliesOnAnOldServerChangeNothing() {
        try (var server =
                StitchServer.start(StitchServerOptions.builder().legacy(true).build())) {
            Board.seedProject(server, "p1", 1);
            StitchStore store = Board.connect(server, "ada");
            Scope scope = store.replaceScope("p1");
            StepVerifier.create(Board.tasks(scope, 1))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            Mqtt5BlockingClient eve = MqttClient.builder()
                    .useMqttVersion5()
                    .identifier("mqdb-event-publisher")
                    .serverHost("127.0.0.1")
                    .serverPort(server.port())
                    .buildBlocking();
            eve.connect();
            publish(eve, EVENTS + "updated", event("p1-t000000", "p1", 99));
            publish(eve, EVENTS + "deleted", "{\"id\":\"p1-t000000\"}");
            publish(eve, "$DB/clients/ada/guessed", "{\"status\":\"ok\",\"data\":{}}");
            publish(eve, "$DB/clients/ada/scope-open-error", "{\"scopeId\":\"p1\",\"code\":403,\"message\":\"go\"}");
            eve.disconnect();
            server.put("task", "{\"id\":\"true\",\"projectId\":\"p1\",\"title\":\"by the server\"}");

            StepVerifier.create(Board.tasks(scope, 2))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(scope.get(TASK, "p1-t000000")).hasValue(new Board.Task("p1-t000000", "p1", "Task 0"));
            assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.FORGED, 4L);
            Board.close(store);
        }
    }

    private static void publish(Mqtt5BlockingClient client, String topic, String payload) {
        client.publishWith()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(payload.getBytes(StandardCharsets.UTF_8))
                .send();
    }

    private static String event(String id, String projectId, int version) {
        return "{\"id\":\"%s\",\"data\":{\"id\":\"%s\",\"projectId\":\"%s\",\"title\":\"x\",\"_version\":%d}}"
                .formatted(id, id, projectId, version);
    }

    private static String large(int bytes) {
        return "{\"id\":\"large\",\"data\":{\"id\":\"large\",\"projectId\":\"p1\",\"_version\":1,\"text\":\"%s\"}}"
                .formatted("x".repeat(bytes));
    }
}
