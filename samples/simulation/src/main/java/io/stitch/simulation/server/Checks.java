package io.stitch.simulation.server;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Scope;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.simulation.Disk;
import io.stitch.simulation.Run;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Compares what is shown with what is kept, when nothing is under way. */
final class Checks {
    private static final int LONGEST_WAIT = 12;
    private static final long MOMENT = 400;
    private final World world;
    private final Run run;

    Checks(World world) {
        this.world = world;
        this.run = world.run();
    }

    /** Waits until nothing happens on a device, for a while, and looks then; {@return whether it could} */
    boolean look(Device device) {
        StoreProcess process = device.process();
        for (int i = 0; i < LONGEST_WAIT; i++) {
            run.time().pass(MOMENT);
            if (process.isQuiet(MOMENT)) {
                compare(process);
                return true;
            }
        }
        return false;
    }

    void compare(StoreProcess process) {
        if (!process.isRunning() || process.isClosing()) {
            return;
        }
        world.ledger().requireNoneOnDisk(process.device());
        process.views().forEach(View::check);
        if (process.isStarted()
                && process.isQuiet(MOMENT)
                && !process.mayShowLess()
                && !process.store().connectionStatus().isConnected()) {
            world.ledger().requireNoneWaits(process);
        }
        showsTheirs(process);
        Disk disk = process.device().disk();
        if (disk != null
                && disk.faults().isWell()
                && process.isQuiet(0)
                && process.isStarted()
                && process.login().possible().size() == 1
                && !world.ledger().isAnyOnlineOnly(process)) {
            compareWithDisk(process, disk);
        }
    }

    private void showsTheirs(StoreProcess process) {
        for (String id : process.openScopes()) {
            Scope scope = process.handle(id);
            if (scope != null) {
                for (EntityType<ObjectNode> type : Entities.SCOPED) {
                    scope.snapshot(type).forEach(record -> shown(process, type, record));
                }
            }
        }
        for (EntityType<ObjectNode> type : List.of(Entities.PERSON, Entities.DRAFT)) {
            process.store().collection(type).snapshot().forEach(record -> shown(process, type, record));
        }
    }

    private void shown(StoreProcess process, EntityType<?> type, ObjectNode record) {
        world.ledger().shown(process, type.name() + '/' + record.path("id").asString(), record, "a snapshot");
    }

    private void compareWithDisk(StoreProcess process, Disk disk) {
        String user = process.login().possible().iterator().next();
        List<PendingWrite> rows = disk.rows().stream()
                .filter(row -> row.user() == null || row.user().equals(user))
                .toList();
        if (process.store().pendingWrites() != rows.size()) {
            run.problem(
                    "pendingCount differs from the disk",
                    "%s counts %d pending writes of %s, and its disk has %s"
                            .formatted(process.device().name(), process.store().pendingWrites(), user, rows));
        }
        for (String id : process.openScopes()) {
            Scope scope = process.handle(id);
            if (scope != null && !process.mayShowLess()) {
                for (EntityType<ObjectNode> type : Entities.SCOPED) {
                    Set<String> unclear = new TreeSet<>();
                    Map<String, JsonNode> kept = kept(disk, rows, type.name(), id, unclear);
                    compare(process, type.name(), byId(scope.snapshot(type)), kept, unclear);
                }
            }
        }
    }

    private void compare(
            StoreProcess process,
            String entity,
            Map<String, JsonNode> shown,
            Map<String, JsonNode> kept,
            Set<String> unclear) {
        shown.keySet().removeAll(unclear);
        kept.keySet().removeAll(unclear);
        if (!shown.equals(kept)) {
            run.problem(
                    "shown differs from the disk",
                    "%s shows %s of %s, and its disk has %s"
                            .formatted(process.device().name(), shown, entity, kept));
        }
    }

    /** What the disk has of a scope, with the pending writes on top; where these are about nothing, nobody knows. */
    private static Map<String, JsonNode> kept(
            Disk disk, List<PendingWrite> rows, String entity, String scope, Set<String> unclear) {
        Map<String, ObjectNode> records = new TreeMap<>();
        for (StoredRecord record : disk.records(entity)) {
            if (record.scope().equals(scope)) {
                records.put(record.id(), (ObjectNode) World.MAPPER.readTree(record.json()));
            }
        }
        for (PendingWrite row : rows) {
            String id = row.key().id();
            if (row.key().entity().equals(entity) && row.scope().equals(scope)) {
                ObjectNode payload = (ObjectNode) World.MAPPER.readTree(row.payload());
                switch (row.kind()) {
                    case CREATE -> records.merge(id, payload, (there, fields) -> there.setAll(fields));
                    case UPDATE -> {
                        ObjectNode record = records.get(id);
                        // What changes the value of a field may be in there already.
                        if (record == null || payload.has("_changes")) {
                            unclear.add(id);
                        } else {
                            record.setAll(payload);
                        }
                    }
                    case DELETE -> records.remove(id);
                }
            }
        }
        return byId(List.copyOf(records.values()));
    }

    /** Without what is cleared, and without what only servers write. */
    static Map<String, JsonNode> byId(List<ObjectNode> records) {
        Map<String, JsonNode> byId = new TreeMap<>();
        for (ObjectNode record : records) {
            ObjectNode plain = record.deepCopy();
            List<String> names = List.copyOf(plain.propertyNames());
            for (String name : names) {
                if (name.startsWith("_") || plain.path(name).isNull()) {
                    plain.remove(name);
                }
            }
            byId.put(record.path("id").asString(), plain);
        }
        return byId;
    }
}
