package io.stitch.reactive.peer;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.peer.Peers.Peer;
import org.junit.jupiter.api.AfterEach;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** A task whose fields are written, and what is seen of it. */
abstract class FieldsOfATask {
    static final EntityType<ObjectNode> TASK = EntityType.json("task");

    final Peers peers = new Peers();

    @AfterEach
    void close() {
        peers.close();
    }

    static void create(Peer peer, Scope scope, String id) {
        ObjectNode task = JsonNodeFactory.instance.objectNode().put("id", id).put("projectId", scope.id());
        peer.write(scope.create(TASK, task.put("title", "one").put("due", 1)));
    }

    static void set(Peer peer, Scope scope, String field, Object value) {
        peer.write(scope.update(TASK, "t1", Patch.of(field, value)));
    }

    static String shown(Scope scope) {
        return scope.get(TASK, "t1")
                .map(task -> {
                    ObjectNode plain = task.deepCopy();
                    plain.remove(List.of("id", "projectId", "_hlc"));
                    return plain.toString();
                })
                .orElse("nothing");
    }

    static void requireShown(String fields, Scope... scopes) {
        for (Scope scope : scopes) {
            assertThat(shown(scope)).isEqualTo(fields.replace('\'', '"'));
        }
    }
}
