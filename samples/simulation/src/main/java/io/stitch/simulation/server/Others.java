package io.stitch.simulation.server;

import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Who writes to the server besides a store: another client, and the server itself when it is restored. */
final class Others {
    /** The number of the first record that no store writes. */
    static final int CROWD = 1_000;

    private final World world;
    private final List<Change> changes = new ArrayList<>();
    private int count;

    private record Change(String record, String scope, long at) {}

    Others(World world) {
        this.world = world;
    }

    /** Creates so many records that no store writes. */
    void gather(int crowd) {
        String scope = Entities.SCOPES.get(0);
        if (crowd > 0) {
            put("project", scope, 1);
        }
        for (int i = 0; i < crowd; i++) {
            put("task", scope, CROWD + i);
        }
    }

    /** Creates a scope with a record that no store writes. */
    void begin(String scope) {
        put("project", scope, 1);
        put("task", scope, CROWD);
    }

    /** Creates or changes a record past all stores. */
    void put(String entity, String scope, int number) {
        if (world.isCommitFailing()) {
            return;
        }
        String id = Entities.id(entity, scope, number);
        ObjectNode record = world.serverRecord(entity, id).orElseGet(() -> fresh(entity, scope, id));
        ObjectNode fields = record.objectNode();
        fields.put("id", id);
        if (world.serverRecord(entity, id).isEmpty()) {
            fields.setAll(record);
        }
        fields.put(Tags.SHARED[count++ % Tags.SHARED.length], "other" + count);
        try {
            world.server().put(entity, fields.toString());
            changed(entity, id, scope);
        } catch (IllegalArgumentException e) {
            world.run().trace(() -> "the server refuses: " + e.getMessage());
        }
    }

    private static ObjectNode fresh(String entity, String scope, String id) {
        ObjectNode record = tools.jackson.databind.node.JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("name", "another's")
                .put("title", "another's");
        return Entities.isChild(entity) ? record.put(Entities.SCOPE_FIELD, scope) : record;
    }

    void delete(String entity, String scope, int number) {
        String id = Entities.id(entity, scope, number);
        if (!world.isCommitFailing() && world.serverRecord(entity, id).isPresent()) {
            try {
                world.server().delete(entity, id);
                changed(entity, id, scope);
            } catch (IllegalArgumentException e) {
                world.run().trace(() -> "the server refuses: " + e.getMessage());
            }
        }
    }

    private void changed(String entity, String id, String scope) {
        changes.add(new Change(entity + '/' + id, scope, world.run().time().elapsed()));
    }

    /** Everything may be another than it was. */
    void everything() {
        changes.add(new Change("", "", world.run().time().elapsed()));
    }

    /** Whether anybody else has ever written the record of a write: it may be that nobody had heard of it where it was made. */
    boolean wrote(Write write) {
        return wroteSince(write, 0);
    }

    /** Whether anybody but its own device may have changed the record of a write since it was made. */
    boolean wroteSince(Write write) {
        return wroteSince(write, write.at);
    }

    /** Whether anybody but its own device has written the very record of a write since a moment. */
    boolean wroteRecordSince(Write write, long at) {
        return changes.stream()
                        .anyMatch(change -> change.at() >= at && change.record().equals(write.record()))
                || world.ledger().writes().stream()
                        .filter(other -> !other.device.equals(write.device)
                                && other.record().equals(write.record()))
                        .flatMap(other -> other.executions.stream())
                        .anyMatch(execution -> execution.at() >= at);
    }

    private boolean wroteSince(Write write, long at) {
        boolean root = write.entity.equals("project");
        boolean others = changes.stream()
                .filter(change -> change.at() >= at)
                .anyMatch(change -> change.record().isEmpty()
                        || change.record().equals(write.record())
                        || (root && change.scope().equals(write.scope)));
        return others
                || world.conditions().constraints()
                || world.ledger().writes().stream()
                        .filter(other -> !other.device.equals(write.device) || !other.users.equals(write.users))
                        .filter(other -> other.record().equals(write.record())
                                || (root && Optional.ofNullable(other.scope).equals(Optional.ofNullable(write.scope))))
                        .anyMatch(other -> other.executions.stream().anyMatch(each -> each.at() >= at));
    }
}
