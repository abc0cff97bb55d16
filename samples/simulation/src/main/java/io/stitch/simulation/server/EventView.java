package io.stitch.simulation.server;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RecordEvent.Operation;
import io.stitch.reactive.Scope;
import tools.jackson.databind.node.ObjectNode;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Somebody who makes a map of the events of a scope, or of each change of it. */
final class EventView extends View {
    private final boolean everyChange;
    private final Map<String, ObjectNode> records = new TreeMap<>();
    private final Set<Integer> writes = new TreeSet<>();
    private final int firstWrite;
    /** Whether what others wrote after it came may have been taken before it, as its worker stood still. */
    private final boolean late;

    EventView(StoreProcess process, Scope scope, boolean everyChange, int patience, boolean overflows) {
        super(process, scope, everyChange ? "mutations()" : "events()", patience, overflows);
        this.everyChange = everyChange;
        this.firstWrite = process.device().world().ledger().nextNumber();
        this.late = process.lane().isStalled();
        if (everyChange) {
            watch(scope.mutations());
        } else {
            watch(scope.events());
        }
    }

    @Override
    void seen(Object signal) {
        RecordEvent event = (RecordEvent) signal;
        ObjectNode json = event.json();
        Ledger ledger = process.device().world().ledger();
        String key = event.entity() + '/' + event.id();
        if (event.operation() == Operation.DELETED) { // With what was shown before: nothing new is told.
            records.remove(key);
        } else {
            ledger.shown(process, key, json, "an event of " + this);
            records.put(key, json);
        }
        writes.addAll(Tags.in(json));
    }

    @Override
    void compare() {
        if (everyChange) {
            requireEachWrite();
        } else {
            Map<String, ObjectNode> there = new TreeMap<>();
            for (EntityType<ObjectNode> type : Entities.SCOPED) {
                shown(scope, type)
                        .forEach(record ->
                                there.put(type.name() + '/' + record.path("id").asString(), record));
            }
            if (!there.equals(records)) {
                differs("events differ from the snapshot", records, there);
            }
        }
    }

    private boolean isAnothers(int write) {
        return !process.device().equals(process.device().world().ledger().find(write).device);
    }

    /** What was written after it came, and is seen now, it must have been told of. */
    private void requireEachWrite() {
        for (EntityType<ObjectNode> type : Entities.SCOPED) {
            for (ObjectNode record : shown(scope, type)) {
                for (int write : Tags.in(record)) {
                    if (write >= firstWrite && !writes.contains(write) && !(late && isAnothers(write))) {
                        differs("mutation missed", writes, record);
                        return;
                    }
                }
            }
        }
    }
}
