package io.stitch.server;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ConstraintsTest {
    @RegisterExtension
    final StitchServerExtension extension = StitchServerExtension.of(StitchServerOptions.builder()
            .schema(EntitySchema.of("project").withNotNull("name"))
            .schema(EntitySchema.of("task")
                    .withForeignKey("projectId", "project", ForeignKey.OnDelete.CASCADE)
                    .withType("title", EntitySchema.FieldType.STRING)
                    .withDefault("done", Json.NODES.booleanNode(false)))
            .schema(EntitySchema.of("comment").withForeignKey("taskId", "task", ForeignKey.OnDelete.SET_NULL))
            .schema(EntitySchema.of("label")
                    .withForeignKey("taskId", "task", ForeignKey.OnDelete.SET_NULL)
                    .withNotNull("taskId"))
            .schema(EntitySchema.of("invoice").withForeignKey("taskId", "task", ForeignKey.OnDelete.RESTRICT))
            .schema(EntitySchema.of("user").withUnique("email").withNotNull("email"))
            .schema(EntitySchema.of("node").withForeignKey("parentId", "node", ForeignKey.OnDelete.CASCADE))
            .build());

    private StitchServer server;

    @BeforeEach
    void fill(StitchServer running) {
        server = running;
        server.put("project", "{\"id\":\"p1\",\"name\":\"Alpha\"}");
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
    }

    @Test
    void aMissingParentIsRefusedWith409() {
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.code("$DB/task/create", "{\"projectId\":\"nope\"}"))
                    .isEqualTo(409);
            assertThat(client.code("$DB/task/t1/update", "{\"projectId\":\"nope\"}"))
                    .isEqualTo(409);
            assertThat(client.code("$DB/comment/create", "{\"taskId\":1}")).isEqualTo(409);
            assertThat(client.code("$DB/comment/create", "{\"taskId\":null}")).isZero();
        }
    }

    @Test
    void aUniqueValueIsFreeAgainOnceItsHolderChangedOrWent() {
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.code("$DB/user/create", "{\"id\":\"u1\",\"email\":\"a@x\"}"))
                    .isZero();
            assertThat(client.code("$DB/user/create", "{\"id\":\"u2\",\"email\":\"a@x\"}"))
                    .isEqualTo(409);
            assertThat(client.code("$DB/user/u1/update", "{\"email\":\"a@x\",\"n\":1}"))
                    .isZero();
            assertThat(client.code("$DB/user/u1/update", "{\"email\":\"b@x\"}")).isZero();
            assertThat(client.code("$DB/user/create", "{\"id\":\"u2\",\"email\":\"a@x\"}"))
                    .isZero();
            assertThat(client.code("$DB/user/u2/delete", "{}")).isZero();
            assertThat(client.code("$DB/user/create", "{\"id\":\"u3\",\"email\":\"a@x\"}"))
                    .isZero();
            assertThat(client.code("$DB/user/u3/update", "{\"email\":null}")).isEqualTo(409);
        }
    }

    @Test
    void aFieldOfTheWrongTypeIsRefusedWith400AndADefaultIsFilledIn() {
        try (var client = new TestClient(server, "c1")) {
            JsonNode refused = client.request("$DB/task/create", "{\"title\":5}");
            assertThat(refused.path("code").asInt()).isEqualTo(400);
            assertThat(refused.path("message").asString()).contains("task.title");
            assertThat(client.request("$DB/task/create", "{}").path("data").path("done"))
                    .hasToString("false");
        }
    }

    @Test
    void aDeletedRootTakesItsChildrenAndItsEventComesFirst() {
        server.put("comment", "{\"id\":\"c1\",\"taskId\":\"t1\"}");
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/project/p1/#");
            client.subscribe("$DB/comment/events/#");
            server.delete("project", "p1");
            assertThat(client.nextEvents(2))
                    .containsExactly("$DB/project/p1/events/deleted p1 3", "$DB/project/p1/task/events/deleted t1 2");
            assertThat(TestClient.json(client.next()).path("data"))
                    .hasToString("{\"_version\":2,\"id\":\"c1\",\"taskId\":null}");
        }
        assertThat(server.records("task")).isEmpty();
    }

    @Test
    void aRestrictedDeleteChangesNothing() {
        server.put("comment", "{\"id\":\"c1\",\"taskId\":\"t1\"}");
        server.put("invoice", "{\"id\":\"i1\",\"taskId\":\"t1\"}");
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.code("$DB/project/p1/delete", "{}")).isEqualTo(409);
        }
        assertThat(server.records("task")).hasSize(1);
        assertThat(server.record("comment", "c1").orElseThrow().path("taskId").asString())
                .isEqualTo("t1");
    }

    @Test
    void aDeleteThatWouldClearARequiredFieldChangesNothing() {
        server.put("comment", "{\"id\":\"c1\",\"taskId\":\"t1\"}");
        server.put("label", "{\"id\":\"l1\",\"taskId\":\"t1\"}");
        try (var client = new TestClient(server, "c1")) {
            client.subscribe("$DB/comment/events/#");
            client.publish("$DB/task/t1/delete", "{}", Map.of(), "r1");
            assertThat(TestClient.json(client.next()).path("code").asInt()).isEqualTo(409);
        }
        assertThat(server.record("task", "t1")).isPresent();
        assertThat(server.record("project", "p1").orElseThrow().path("_version").asLong())
                .isEqualTo(2);
    }

    @Test
    void aRootThatItsSchemaWouldRefuseDoesNotUndoItsChildsWrite() {
        server.seed("project", List.of(Json.object().put("id", "nameless")));
        try (var client = new TestClient(server, "c1")) {
            assertThat(client.code("$DB/task/create", "{\"id\":\"t2\",\"projectId\":\"nameless\"}"))
                    .isZero();
        }
        assertThat(server.record("project", "nameless")
                        .orElseThrow()
                        .path("_version")
                        .asLong())
                .isEqualTo(2);
    }

    @Test
    void aCascadeMayBeDeeperThanTheStackAndGoInCircles() {
        int depth = 10_000;
        List<ObjectNode> chain = new ArrayList<>();
        for (int i = 0; i < depth; i++) {
            chain.add(Json.object().put("id", "n" + i).put("parentId", "n" + (i + depth - 1) % depth));
        }
        server.seed("node", chain);
        server.delete("node", "n0");
        assertThat(server.records("node")).isEmpty();
    }

    @Test
    void theServersOwnWritesAreCheckedToo() {
        assertThatThrownBy(() -> server.put("task", "{\"projectId\":\"nope\"}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("foreign key violation");
        assertThatThrownBy(() -> server.delete("task", "nope"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not found");
    }
}
