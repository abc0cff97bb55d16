package io.stitch.reactive;

import com.hivemq.client.mqtt.MqttClient;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

import java.util.List;
import java.util.Map;

import static io.stitch.reactive.Board.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

/** Who is connected, on a real broker and the reference server. */
class PresenceTest {
    private static List<String> namesOf(List<PresentClient> clients) {
        return clients.stream()
                .map(client -> client.clientId() + " of " + client.user())
                .toList();
    }

    @Test
    void eachSeesTheOthersComeAndGo() {
        try (var server = StitchServer.start(StitchServerOptions.builder()
                .users(Map.of("ada", "a", "ben", "b"))
                .build())) {
            StitchStore ben = Board.connect(Board.store(server.url()).remote(login(server, "ben", "b")));
            StitchStore ada = Board.connect(
                    Board.store(server.url()).remote(login(server, "ada", "a")).clientId("ada-1"));
            StepVerifier.create(ada.presence().map(PresenceTest::namesOf).filter(names -> !names.isEmpty()))
                    .expectNext(List.of(ben.clientId() + " of ben"))
                    .then(() -> ben.disconnect().block(LIMIT))
                    .thenCancel()
                    .verify(LIMIT);
            StepVerifier.create(ada.presence().filter(List::isEmpty).next())
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            ben.connect().block(LIMIT);
            StepVerifier.create(ben.presence().map(PresenceTest::namesOf).filter(names -> !names.isEmpty()))
                    .expectNext(List.of("ada-1 of ada"))
                    .thenCancel()
                    .verify(LIMIT);
            Board.close(ada, ben);
        }
    }

    private static RemoteOptions login(StitchServer server, String user, String password) {
        return RemoteOptions.to(server.url()).login(user, password);
    }

    @Test
    void whatAClientSaysOfPresenceIsAForgery() {
        try (var server = StitchServer.start(
                StitchServerOptions.builder().legacy(true).presence(true).build())) {
            StitchStore ada = Board.connect(server, "ada");
            connect(server, "guest");
            StepVerifier.create(ada.presence().map(PresenceTest::namesOf).filter(names -> !names.isEmpty()))
                    .expectNext(List.of("guest of null"))
                    .then(() -> server.publishRaw(
                            "$DB/_presence/ghost",
                            "{\"client_id\":\"ghost\",\"user_id\":null,\"event\":\"connect\",\"ts\":1}",
                            Map.of("x-mqtt-sender", "mqdb-internal-0")))
                    .then(() -> connect(server, "later"))
                    .expectNext(List.of("guest of null", "later of null"))
                    .thenCancel()
                    .verify(LIMIT);
            assertThat(ada.diagnosticCounts()).containsEntry(DiagnosticCode.FORGED, 1L);
            Board.close(ada);
        }
    }

    private static void connect(StitchServer server, String id) {
        MqttClient.builder()
                .useMqttVersion5()
                .identifier(id)
                .serverHost("127.0.0.1")
                .serverPort(server.port())
                .buildBlocking()
                .connect();
    }
}
