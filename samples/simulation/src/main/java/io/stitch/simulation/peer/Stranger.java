package io.stitch.simulation.peer;

import io.stitch.server.Message;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.Map;

/**
 * Somebody who has rights in every scope but holds none, and names ids as it likes: those of records that only another scope has, too. What
 * it says in a scope is as good as what any peer says there, and is nothing to the others.
 *
 * @param world where it is
 */
record Stranger(PeerWorld world) {
    static final String NAME = "stranger";

    private static final String PREFIX = "stitch/peer/project/";
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /**
     * Deletes a task, whether there is one or not.
     *
     * @param sender in whose name
     * @param ahead how far its clock is ahead, in milliseconds
     */
    void deletes(String scope, String id, String sender, long ahead) {
        event(scope, "deleted", id, sender, ahead, null);
    }

    /** Writes a task, in its own name. */
    void writes(String scope, String id, String sender, long ahead) {
        ObjectNode data = JSON.objectNode().put("id", id).put("by", NAME).put(PeerProcess.SCOPE_FIELD, scope);
        event(scope, "created", id, sender, ahead, data);
    }

    private void event(
            String scope, String operation, String id, String sender, long ahead, @Nullable ObjectNode data) {
        long ts = world.network().millis() + ahead;
        ObjectNode stamp = JSON.objectNode()
                .put("ts", ts)
                .put("counter", 0)
                .put("nodeId", NAME + '~' + world.run().time().elapsed());
        ObjectNode event = JSON.objectNode().put("entity", "task").put("id", id).put("sender", sender);
        if (data != null) {
            event.set("data", data.set("_hlc", stamp));
        }
        event.set("hlc", stamp);
        world.ledger().count("a stranger's task " + operation);
        say(scope + "/task/events/" + operation, event);
    }

    /** Says that it holds tasks, which it wrote at the beginning of time. */
    void holds(String scope, List<String> ids) {
        ObjectNode hello = JSON.objectNode()
                .put("clientId", NAME)
                .put("round", "r" + world.run().time().elapsed());
        hello.set("features", JSON.arrayNode().add("digest"));
        ArrayNode manifest = JSON.arrayNode();
        for (String id : ids) {
            ObjectNode stamp = JSON.objectNode().put("ts", 1).put("counter", 0).put("nodeId", NAME);
            ObjectNode entry = JSON.objectNode().put("id", id).put("entity", "task");
            manifest.add(entry.set("hlc", stamp));
        }
        hello.set("manifest", manifest);
        world.ledger().count("a stranger's hello");
        say(scope + "/hello", hello);
    }

    private void say(String topic, ObjectNode payload) {
        Message message =
                new Message(PREFIX + topic, PeerLedger.MAPPER.writeValueAsBytes(payload), Map.of(), null, null);
        if (!world.protection().keepsOthersOut()) { // Else it is nothing to anybody.
            world.ledger().said(NAME, message);
        }
        world.network().say(message);
    }
}
