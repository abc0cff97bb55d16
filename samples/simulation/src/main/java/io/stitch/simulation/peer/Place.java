package io.stitch.simulation.peer;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.simulation.peer.wire.Wire;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Where one process has records: a scope that it has opened, or a top-level entity, which nobody opens or closes.
 *
 * @param id the scope's id
 * @param store the store of the process
 * @param scope the scope; {@code null} for a top-level entity
 */
record Place(String id, StitchStore store, @Nullable Scope scope) {
    /**
     * Names what is written here.
     *
     * @param root whether the root is meant, where there is one
     */
    EntityType<ObjectNode> type(boolean root) {
        return EntityType.json(Wire.entity(id, root));
    }

    Optional<ObjectNode> get(EntityType<ObjectNode> type, String record) {
        return scope == null ? store.collection(type).get(record) : scope.get(type, record);
    }

    Mutation<?> create(EntityType<ObjectNode> type, ObjectNode record) {
        return scope == null ? store.collection(type).create(record) : scope.create(type, record);
    }

    Mutation<?> update(EntityType<ObjectNode> type, String record, Patch patch) {
        return scope == null ? store.collection(type).update(record, patch) : scope.update(type, record, patch);
    }

    Mutation<?> update(EntityType<ObjectNode> type, String record, UnaryOperator<ObjectNode> change) {
        return scope == null ? store.collection(type).update(record, change) : scope.update(type, record, change);
    }

    Mutation<?> delete(EntityType<ObjectNode> type, String record) {
        return scope == null ? store.collection(type).delete(record) : scope.delete(type, record);
    }

    /** What it shows, by the names that records have in the ledger. */
    Map<String, JsonNode> held() {
        Map<String, JsonNode> held = new TreeMap<>();
        for (EntityType<ObjectNode> type : types()) {
            List<ObjectNode> shown = scope == null ? store.collection(type).snapshot() : scope.snapshot(type);
            shown.forEach(record ->
                    held.put(id + '/' + type.name() + '/' + record.path("id").asString(), record));
        }
        return held;
    }

    private List<EntityType<ObjectNode>> types() {
        if (scope == null) {
            return List.of(type(false));
        }
        return id.equals(Members.TEAM)
                ? List.of(PeerProcess.PROJECT, PeerProcess.TASK, PeerProcess.GRANT)
                : List.of(PeerProcess.PROJECT, PeerProcess.TASK);
    }
}
