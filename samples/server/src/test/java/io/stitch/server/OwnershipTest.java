package io.stitch.server;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

class OwnershipTest {
    @RegisterExtension
    final StitchServerExtension extension = StitchServerExtension.of(StitchServerOptions.builder()
            .users(Map.of("alice", "a", "bob", "b"))
            .owners(Map.of("project", "ownerId"))
            .helloSpacing(Duration.ZERO)
            .build());

    private StitchServer server;
    private TestClient alice;
    private TestClient bob;

    @BeforeEach
    void connect(StitchServer running) {
        server = running;
        alice = new TestClient(server, "a1", "alice", "a");
        bob = new TestClient(server, "b1", "bob", "b");
        alice.request("$DB/project/create", "{\"id\":\"p1\"}");
        alice.request("$DB/task/create", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
    }

    @AfterEach
    void disconnect() {
        alice.close();
        bob.close();
    }

    private static JsonNode refusal(TestClient client) {
        return TestClient.json(client.next());
    }

    @Test
    void aNewRootBelongsToItsWriter() {
        assertThat(server.record("project", "p1").orElseThrow().path("ownerId").asString())
                .isEqualTo("alice");
        assertThat(bob.code("$DB/project/create", "{\"id\":\"p2\",\"ownerId\":\"alice\"}"))
                .isEqualTo(403);
    }

    @Test
    void othersNeitherReadNorWriteNorDelete() {
        for (String record : new String[] {"project/p1", "task/t1"}) {
            assertThat(bob.code("$DB/" + record, "{}")).isEqualTo(403);
            assertThat(bob.code("$DB/" + record + "/update", "{\"n\":1}")).isEqualTo(403);
            assertThat(bob.code("$DB/" + record + "/delete", "{}")).isEqualTo(403);
        }
        assertThat(bob.request("$DB/project/list", "{}").path("data")).isEmpty();
        assertThat(bob.request("$DB/task/list", "{}").path("data")).isEmpty();
        assertThat(alice.request("$DB/task/list", "{}").path("data")).hasSize(1);
    }

    @Test
    void aChildGoesOnlyIntoAnOwnScopeThatExists() {
        bob.request("$DB/project/create", "{\"id\":\"p2\"}");
        assertThat(bob.code("$DB/task/create", "{\"projectId\":\"p1\"}")).isEqualTo(403);
        assertThat(bob.code("$DB/task/create", "{\"projectId\":\"p9\"}")).isEqualTo(404);
        assertThat(alice.code("$DB/task/t1/update", "{\"projectId\":\"p2\"}")).isEqualTo(403);
        assertThat(alice.code("$DB/task/t1/update", "{\"projectId\":\"p9\"}")).isEqualTo(404);
    }

    @Test
    void nobodyGivesARecordAway() {
        assertThat(alice.code("$DB/project/p1/update", "{\"ownerId\":\"bob\"}")).isEqualTo(403);
        assertThat(alice.code("$DB/project/p1/update", "{\"ownerId\":null}")).isEqualTo(403);
    }

    @Test
    void aHelloForAnothersScopeIsRefusedWith403() {
        bob.hello("p1", "[]", true);
        JsonNode refusal = refusal(bob);
        assertThat(refusal.path("code").asInt()).isEqualTo(403);
        assertThat(refusal.path("scopeId").asString()).isEqualTo("p1");
        alice.hello("p1", "[]", true);
        assertThat(alice.nextEvents(2))
                .containsExactly(
                        "$DB/clients/a1/replay/project/p1/events/created p1 2",
                        "$DB/clients/a1/replay/project/p1/task/events/created t1 1");
    }

    @Test
    void aHelloDoesNotTellTheVersionOfAnothersRecordNorRaiseIt() {
        bob.request("$DB/project/create", "{\"id\":\"p2\"}");
        bob.hello(
                "p2",
                "[{\"id\":\"t1\",\"entity\":\"task\",\"version\":7},{\"id\":\"p2\",\"entity\":\"project\",\"version\":1}]",
                true);
        assertThat(bob.nextEvents(1)).containsExactly("$DB/clients/b1/replay/project/p2/task/events/deleted t1 7");
        assertThat(server.record("task", "t1").orElseThrow().path("_version").asInt())
                .isEqualTo(1);
    }

    @Test
    void whatARootLeftBehindIsNobodys() {
        alice.request("$DB/project/p1/delete", "{}");
        bob.hello("p1", "[]", true);
        bob.assertNothingCame();
        assertThat(bob.code("$DB/task/t1", "{}")).isEqualTo(404);
    }

    @Test
    void withoutAUserNothingIsOwned() {
        var options = StitchServerOptions.builder().owners(Map.of("project", "ownerId"));
        try (var open = StitchServer.start(options.build());
                var anonymous = new TestClient(open, "c1");
                var nameless = new TestClient(open, "c2", "", "")) {
            assertThat(anonymous.code("$DB/project/create", "{}")).isEqualTo(401);
            assertThat(nameless.code("$DB/project/create", "{\"ownerId\":\"\"}"))
                    .isEqualTo(401);
            anonymous.hello("p1", "[]", false);
            assertThat(refusal(anonymous).path("code").asInt()).isEqualTo(401);
        }
    }
}
