package io.stitch.reactive.peer;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.internal.wire.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** One peer of a simulation: a store, its disk and its clock. */
final class SimulatedPeer {
    static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    static final EntityType<ObjectNode> TASK = EntityType.json("task");
    static final List<String> SCOPES = List.of("p1", "p2");

    final String name;
    final SkewedTime clock;
    final InMemoryPersistence disk;
    final Map<String, Integer> outcomes = new TreeMap<>();
    private final SimulatedNetwork network;
    private final Random random;
    private final Map<String, Scope> scopes = new LinkedHashMap<>();
    private Disks.@Nullable Mounted mounted;
    private @Nullable StitchStore store;

    SimulatedPeer(String name, SimulatedNetwork network, SkewedTime clock, InMemoryPersistence disk, long seed) {
        this.name = name;
        this.network = network;
        this.clock = clock;
        this.disk = disk;
        this.random = new Random(seed);
    }

    void start() {
        Disks.Mounted mount = new Disks.Mounted(disk, network.time, Duration.ofMillis(random.nextInt(30)));
        mounted = mount;
        StitchStore started = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .clientId(name)
                .syncMode(PeerSync.create())
                .persistence(mount)
                .scheduler(clock)
                .random(random::nextDouble)
                .connector(network.connector())
                .build();
        store = started;
        started.start().subscribe(unused -> {}, error -> outcomes.merge("start failed", 1, Integer::sum));
        scopes.clear();
        openAll();
    }

    void openAll() {
        SCOPES.forEach(scope -> scopes.computeIfAbsent(scope, store()::openScope));
    }

    /** Closes a scope, or opens one that is closed. */
    void turn(String scope) {
        Scope open = scopes.remove(scope);
        if (open == null) {
            scopes.put(scope, store().openScope(scope));
        } else {
            open.close();
            outcomes.merge("scope closed", 1, Integer::sum);
        }
    }

    /** Ends in an orderly way; what was asked for is on the disk then. */
    void stop() {
        StitchStore running = store;
        if (running != null) {
            running.close().subscribe();
            network.time.advanceTimeBy(Duration.ofSeconds(5));
        }
    }

    /** Ends as if the power had gone. */
    void crash() {
        if (mounted != null && store != null) {
            mounted.tear();
            network.breakConnection(name);
            store.close().onErrorComplete().subscribe();
        }
    }

    Map<String, JsonNode> held() {
        Map<String, JsonNode> held = new TreeMap<>();
        scopes.values().forEach(scope -> {
            scope.snapshot(PROJECT).forEach(record -> hold(held, "project/", record));
            scope.snapshot(TASK).forEach(record -> hold(held, "task/", record));
        });
        return held;
    }

    private void hold(Map<String, JsonNode> held, String entity, JsonNode record) {
        JsonNode other = held.put(entity + record.path("id").asString(), record);
        if (other != null) {
            throw new AssertionError(name + " holds a record in two scopes: " + record + " and " + other);
        }
    }

    /** Does something to some record. */
    void act(int step) {
        String scopeId = SCOPES.get(random.nextInt(SCOPES.size()));
        Scope scope = scopes.get(scopeId);
        if (scope == null) {
            return;
        }
        List<ObjectNode> tasks = scope.snapshot(TASK);
        int choice = random.nextInt(10);
        if (choice < 2) {
            write(
                    "create",
                    scope.create(
                            TASK,
                            Json.object()
                                    .put("id", "t" + random.nextInt(12))
                                    .put("projectId", scopeId)
                                    .put("by", name + step)));
        } else if (choice == 2) {
            write(
                    "create",
                    scope.create(PROJECT, Json.object().put("id", scopeId).put("by", name + step)));
        } else if (choice == 3 && scope.get(PROJECT, scopeId).isPresent()) {
            write(
                    "root",
                    random.nextInt(3) == 0
                            ? scope.delete(PROJECT, scopeId)
                            : scope.update(PROJECT, scopeId, Patch.of("by", name + step)));
        } else if (!tasks.isEmpty()) {
            String id = tasks.get(random.nextInt(tasks.size())).path("id").asString();
            if (choice < 7) {
                write("update", scope.update(TASK, id, Patch.of("by", name + step)));
            } else if (choice == 7) {
                write("move", scope.update(TASK, id, Patch.of("projectId", scopeId.equals("p1") ? "p2" : "p1")));
            } else {
                write("delete", scope.delete(TASK, id));
            }
        }
    }

    private void write(String what, Mutation<?> mutation) {
        mutation.result()
                .subscribe(
                        result -> outcomes.merge(what + ' ' + result.status(), 1, Integer::sum),
                        error -> outcomes.merge(what + ' ' + error.getClass().getSimpleName(), 1, Integer::sum));
    }

    StitchStore store() {
        return store;
    }
}
