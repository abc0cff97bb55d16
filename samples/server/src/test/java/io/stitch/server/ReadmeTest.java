package io.stitch.server;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** The code of this module's README. */
class ReadmeTest {
    private final List<String> urls = new ArrayList<>();

    private void connectTo(String url) {
        urls.add(url);
    }

    @Test
    void aServerRunsInATest() {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) { // in memory, on a free port
            server.put(
                    "task",
                    "{\"id\":\"t1\",\"projectId\":\"p1\",\"title\":\"write\"}"); // as a client would, with events
            connectTo(server.url()); // mqtt://127.0.0.1:<port>
            server.restart(); // clients are cut, records stay
        }
        assertThat(urls).allMatch(url -> url.matches("mqtt://127\\.0\\.0\\.1:[0-9]+"));
    }

    @Test
    void aServerTakesTicketsAndListensForWebSockets() {
        Map<String, String> users = Map.of("t-4711", "ada");
        StitchServerOptions options = StitchServerOptions.builder()
                .tickets(ticket -> Optional.ofNullable(users.get(ticket))) // empty: refused with 0x87
                .webSocketPort(0) // a free port
                .build();
        try (StitchServer server = StitchServer.start(options)) {
            connectTo(server.webSocketUrl()); // ws://127.0.0.1:<port>/mqtt
        }
        assertThat(urls).allMatch(url -> url.matches("ws://127\\.0\\.0\\.1:[0-9]+/mqtt"));
    }

    @Nested
    class BoardTest {
        @RegisterExtension // static: one server for the class; an instance field: one for each test
        static final StitchServerExtension SERVER = StitchServerExtension.of(
                StitchServerOptions.builder().helloSpacing(Duration.ZERO).build());

        @Test
        void aTaskIsThere(StitchServer server) { // the running server, also SERVER.server()
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            assertThat(server.records("task")).hasSize(1);
        }
    }
}
