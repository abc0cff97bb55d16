package io.stitch.simulation.peer.intruder;

import io.stitch.server.Message;
import io.stitch.simulation.peer.wire.Wire;
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
public record Stranger(Surroundings world) {
    /** Who it says it is. */
    public static final String NAME = "stranger";

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /**
     * Deletes a record, whether there is one or not.
     *
     * @param scope in which scope
     * @param id the record's id
     * @param sender in whose name
     * @param ahead how far its clock is ahead, in milliseconds
     */
    public void deletes(String scope, String id, String sender, long ahead) {
        event(scope, "deleted", id, sender, ahead, null);
    }

    /**
     * Writes a record, in its own name.
     *
     * @param scope in which scope
     * @param id the record's id
     * @param sender in whose name
     * @param ahead how far its clock is ahead, in milliseconds
     */
    public void writes(String scope, String id, String sender, long ahead) {
        ObjectNode data = JSON.objectNode().put("id", id).put(Wire.BY, NAME);
        if (!Wire.isTop(scope)) {
            data.put(Wire.SCOPE_FIELD, scope);
        }
        event(scope, "created", id, sender, ahead, data);
    }

    private void event(
            String scope, String operation, String id, String sender, long ahead, @Nullable ObjectNode data) {
        long ts = world.network().millis() + ahead;
        ObjectNode stamp = JSON.objectNode()
                .put("ts", ts)
                .put("counter", 0)
                .put("nodeId", NAME + '~' + world.run().time().elapsed());
        ObjectNode event = JSON.objectNode()
                .put("entity", Wire.entity(scope, false))
                .put("id", id)
                .put("sender", sender);
        if (data != null) {
            event.set("data", data.set(Wire.STAMP, stamp));
        }
        event.set("hlc", stamp);
        world.count("a stranger's " + (Wire.isTop(scope) ? "person " : "task ") + operation);
        say(Wire.event(scope, operation), event);
    }

    /**
     * Says that it holds records, which it wrote at the beginning of time.
     *
     * @param scope in which scope
     * @param ids the records' ids
     */
    public void holds(String scope, List<String> ids) {
        ObjectNode hello = JSON.objectNode()
                .put("clientId", NAME)
                .put("round", "r" + world.run().time().elapsed());
        hello.set("features", JSON.arrayNode().add("digest"));
        ArrayNode manifest = JSON.arrayNode();
        for (String id : ids) {
            ObjectNode stamp = JSON.objectNode().put("ts", 1).put("counter", 0).put("nodeId", NAME);
            ObjectNode entry = JSON.objectNode().put("id", id).put("entity", Wire.entity(scope, false));
            manifest.add(entry.set("hlc", stamp));
        }
        hello.set("manifest", manifest);
        world.count("a stranger's hello");
        say(Wire.topic(scope, "hello"), hello);
    }

    private void say(String topic, ObjectNode payload) {
        Message message = new Message(topic, Wire.MAPPER.writeValueAsBytes(payload), Map.of(), null, null);
        if (!world.protection().keepsOthersOut()) { // Else it is nothing to anybody.
            world.said(NAME, message);
        }
        world.network().say(message);
    }
}
