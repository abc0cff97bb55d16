package io.stitch.server;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import java.nio.file.Path;
import java.time.Instant;

import static org.assertj.core.api.Assertions.assertThat;

class ExpiryTest {
    @TempDir
    Path folder;

    private static StitchServer server(boolean legacy) {
        return StitchServer.start(StitchServerOptions.builder().legacy(legacy).build());
    }

    @Test
    void aWholeNumberOfSecondsBecomesATime() {
        try (var server = server(false);
                var client = new TestClient(server, "c1")) {
            long before = Instant.now().getEpochSecond();
            JsonNode created = client.request("$DB/note/create", "{\"id\":\"n1\",\"ttl_secs\":100}")
                    .path("data");
            assertThat(created.has("ttl_secs")).isFalse();
            assertThat(created.path("_expires_at").asLong()).isBetween(before + 100, before + 102);
            assertThat(client.request("$DB/note/create", "{\"id\":\"n2\",\"ttl_secs\":\"abc\"}")
                            .path("data")
                            .path("ttl_secs")
                            .asString())
                    .as("as a real server stores it")
                    .isEqualTo("abc");
            assertThat(client.request("$DB/note/n1/update", "{\"ttl_secs\":7}")
                            .path("data")
                            .path("_expires_at")
                            .asLong())
                    .isEqualTo(created.path("_expires_at").asLong());
        }
    }

    @Test
    void anOldServerSaysItOutsideTheScope() {
        try (var server = server(true);
                var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/task/events/#");
            client.subscribe("$DB/project/p1/task/events/#");
            client.request("$DB/task/create", "{\"id\":\"t1\",\"projectId\":\"p1\",\"ttl_secs\":1}");
            var gone = client.next();
            assertThat(gone.getTopic().toString()).matches("\\$DB/task/events/p[0-7]/t1");
            JsonNode payload = TestClient.json(gone);
            assertThat(payload.path("operation").asString()).isEqualTo("Delete");
            assertThat(payload.path("data").path("projectId").asString()).isEqualTo("p1");
            assertThat(payload.has("sender")).isFalse();
            assertThat(server.records("task")).isEmpty();
        }
    }

    @Test
    void aNewServerSaysItInTheScopeAndRemembersIt() {
        try (var server = server(false);
                var client = new TestClient(server, "c1")) {
            client.request("$DB/project/create", "{\"id\":\"p1\"}");
            client.subscribe("$DB/project/p1/task/events/#");
            client.request("$DB/task/create", "{\"id\":\"t1\",\"projectId\":\"p1\",\"ttl_secs\":1}");
            JsonNode gone = TestClient.json(client.next());
            assertThat(gone.path("operation").asString()).isEqualTo("Delete");
            assertThat(gone.path("data").path("_version").asLong()).isEqualTo(2);
            assertThat(client.request("$DB/task/create", "{\"id\":\"t1\",\"projectId\":\"p1\"}")
                            .path("data")
                            .path("_version")
                            .asLong())
                    .as("after the delete's version")
                    .isEqualTo(3);
        }
    }

    @Test
    void whatExpiredWhileTheServerWasAwayGoesWhenItIsBack() {
        StitchServerOptions options =
                StitchServerOptions.builder().data(folder.resolve("db")).build();
        try (var server = StitchServer.start(options)) {
            server.put("note", "{\"id\":\"n1\",\"_expires_at\":1}");
            server.put("note", "{\"id\":\"n2\"}");
        }
        try (var server = StitchServer.start(options);
                var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/note/events/#");
            if (server.record("note", "n1").isPresent()) {
                assertThat(client.next().getTopic().toString()).endsWith("/n1");
            }
            assertThat(server.records("note"))
                    .extracting(each -> each.path("id").asString())
                    .containsExactly("n2");
        }
    }
}
