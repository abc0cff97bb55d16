package io.stitch.reactive;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class OpenScopesTest {
    private static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    private static final EntityType<ObjectNode> TASK = EntityType.json("task");
    private static final EntityType<ObjectNode> NOTE = EntityType.json("note");
    private static final StitchSchema SCHEMA = StitchSchema.root(PROJECT)
            .topLevel(EntityType.json("user"))
            .child(TASK, "projectId")
            .child(NOTE, "boardId")
            .build();

    @Test
    void aStoreTellsWhichHandlesAreOpen() {
        StitchStore store = StitchStore.builder()
                .schema(SCHEMA)
                .remote(RemoteOptions.to("mqtt://127.0.0.1:1"))
                .build();
        Scope active = store.replaceScope("p1");
        Scope beside = store.openScope("p2");
        assertThat(store.openScopes()).containsExactlyInAnyOrder(active, beside);
        active.close();
        assertThat(store.openScopes()).containsExactly(beside);
        store.close().block(Duration.ofSeconds(30));
    }

    @Test
    void aScopeAndItsSchemaNameWhatAScopeConsistsOf() {
        StitchStore store = StitchStore.builder()
                .schema(SCHEMA)
                .remote(RemoteOptions.to("mqtt://127.0.0.1:1"))
                .build();
        assertThat(store.openScope("p1").types()).hasToString("[" + PROJECT + ", " + TASK + ", " + NOTE + "]");
        store.close().block(Duration.ofSeconds(30));
        assertThat(SCHEMA.scopeField(NOTE)).contains("boardId");
        assertThat(SCHEMA.scopeField(PROJECT)).isEmpty();
    }

    @Test
    void aConnectorCanReadALastWill() {
        LastWill will = LastWill.of("left/ada", "{}").qos(0);
        assertThat(will.topic()).isEqualTo("left/ada");
        assertThat(will.payload()).asString().isEqualTo("{}");
        assertThat(will.qos()).isZero();
        assertThat(will.userProperties()).isEmpty();
        UserProperty by = new UserProperty("by", "ada");
        assertThat(will.userProperties(List.of(by)).qos(1).userProperties()).containsExactly(by);
    }
}
