package io.stitch.server;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class WebSocketTest {
    private static StitchServerOptions.Builder options() {
        return StitchServerOptions.builder().webSocketPort(0).tickets(Optional::of);
    }

    private static TestClient client(String url) {
        return new TestClient(url, "c1", new TestTicket("ada"), null);
    }

    @Test
    void aServerListensForWebSocketsOnAPortOfTheirOwnAndKeepsItThroughARestart() {
        try (var server = StitchServer.start(options().build())) {
            String url = server.webSocketUrl();
            assertThat(url).matches("ws://127\\.0\\.0\\.1:[1-9][0-9]*/mqtt");
            assertThat(URI.create(url).getPort()).isNotEqualTo(server.port());
            try (var client = client(url)) {
                assertThat(client.code("$DB/note/create", "{\"id\":\"n1\"}")).isZero();
            }

            server.restart();

            assertThat(server.webSocketUrl()).isEqualTo(url);
            try (var client = client(url);
                    var other = new TestClient(server, "c2")) {
                assertThat(client.code("$DB/note/n1", "{}")).isZero();
                assertThat(other.code("$DB/note/n1", "{}")).isZero();
            }
        }
    }

    @Test
    void aTakenPortIsNamed() {
        try (var first = StitchServer.start(options().build())) {
            int taken = URI.create(first.webSocketUrl()).getPort();
            assertThatIllegalStateException()
                    .isThrownBy(() ->
                            StitchServer.start(options().webSocketPort(taken).build()))
                    .withMessageContaining(String.valueOf(taken));
        }
    }

    @Test
    void aServerThatWasNotAskedToDoesNotListenForThem() {
        try (var server = StitchServer.start(StitchServerOptions.defaults())) {
            assertThatIllegalStateException().isThrownBy(server::webSocketUrl).withMessageContaining("webSocketPort");
        }
    }
}
