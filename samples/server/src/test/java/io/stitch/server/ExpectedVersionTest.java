package io.stitch.server;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

class ExpectedVersionTest {
    @RegisterExtension
    static final StitchServerExtension EXTENSION = StitchServerExtension.of(StitchServerOptions.defaults());

    private static int tests;
    private StitchServer server;
    private String task;

    @BeforeEach
    void keep(StitchServer running) {
        server = running;
        task = "$DB/task/x" + ++tests;
        server.put("task", "{\"id\":\"x" + tests + "\"}");
    }

    @Test
    void aWriteForTheVersionThatIsThereIsExecutedAndTheFieldIsNotStored() {
        try (var client = new TestClient(server, "c1")) {
            JsonNode updated = client.request(task + "/update", "{\"n\":1,\"_expected_version\":1}");
            assertThat(updated.path("data")).hasToString("{\"_version\":2,\"id\":\"x" + tests + "\",\"n\":1}");
            assertThat(client.code(task + "/delete", "{\"_expected_version\":2}"))
                    .isZero();
            assertThat(server.record("task", "x" + tests)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "2", "9007199254740993", "99999999999999999999"})
    void aWriteForAnyOtherVersionIsRefusedWith412AndChangesNothing(String version) {
        String expected = "{\"n\":1,\"_expected_version\":" + version + "}";
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.code(task + "/update", expected)).isEqualTo(412);
            assertThat(client.code(task + "/delete", expected)).isEqualTo(412);
            assertThat(server.record("task", "x" + tests))
                    .hasValueSatisfying(
                            found -> assertThat(found).hasToString("{\"_version\":1,\"id\":\"x" + tests + "\"}"));
        }
    }

    /** Also for what is not there: that is how a client finds out that the server knows the field. */
    @ParameterizedTest
    @ValueSource(strings = {"\"?\"", "\"1\"", "-1", "1.0", "null", "true", "[1]"})
    void aVersionThatIsNoneIsRefusedWith400(String version) {
        String expected = "{\"_expected_version\":" + version + "}";
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.code(task + "/update", expected)).isEqualTo(400);
            assertThat(client.code(task + "/delete", expected)).isEqualTo(400);
            assertThat(client.code("$DB/task/nowhere/delete", expected)).isEqualTo(400);
        }
    }

    @Test
    void whatIsNotThereHasNoVersion() {
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.code("$DB/task/nowhere/delete", "{\"_expected_version\":1}"))
                    .isEqualTo(404);
            assertThat(client.code("$DB/task/nowhere/update", "{\"_expected_version\":1}"))
                    .isEqualTo(404);
        }
    }

    @Test
    void aCreateDoesNotStoreTheFieldEither() {
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.request("$DB/note/create", "{\"id\":\"n" + tests + "\",\"_expected_version\":0}")
                            .path("data"))
                    .hasToString("{\"_version\":1,\"id\":\"n" + tests + "\"}");
        }
    }

    /** What was executed is answered from memory, not compared with the version that it has made. */
    @Test
    void aRepetitionIsAnsweredFromMemory() {
        try (var client = new TestClient(server, "c1")) {
            for (int i = 0; i < 2; i++) {
                client.publish(task + "/update", "{\"n\":1,\"_expected_version\":1}", Map.of(), "same");
                assertThat(TestClient.json(client.next())
                                .path("data")
                                .path("_version")
                                .asLong())
                        .isEqualTo(2);
            }
        }
    }
}
