package io.stitch.simulation.server;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Scope;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Somebody who shows the newest list of an entity, or marks what is pending of it. */
final class ListView extends View {
    private final EntityType<ObjectNode> type;
    private final boolean pending;
    private @Nullable Object newest;

    ListView(StoreProcess process, Scope scope, EntityType<ObjectNode> type, boolean pending, int patience) {
        super(process, scope, (pending ? "pending " : "records ") + type.name(), patience, false);
        this.type = type;
        this.pending = pending;
        if (pending) {
            watch(scope.pending(type));
        } else {
            watch(scope.records(type));
        }
    }

    @Override
    void seen(Object signal) {
        newest = signal;
        if (!pending && signal instanceof List<?> list) {
            Ledger ledger = process.device().world().ledger();
            list.forEach(each -> {
                if (each instanceof ObjectNode record) {
                    String key = type.name() + '/' + record.path("id").asString();
                    ledger.shown(process, key, record, "a list of " + this);
                }
            });
        }
    }

    @Override
    void compare() {
        Object there = pending ? pendingNow() : shown(scope, type);
        if (!there.equals(newest)) {
            differs("list differs from the snapshot", newest, there);
        }
    }

    /** Of what may be seen; a record that was deleted here and is pending is in the set, too. */
    private Object pendingNow() {
        Set<String> ids = shown(scope, type).stream()
                .map(record -> record.path("id").asString())
                .collect(Collectors.toCollection(TreeSet::new));
        if (newest instanceof Set<?> told) {
            told.forEach(id -> ids.add(String.valueOf(id)));
        }
        return ids.stream().filter(id -> scope.isPending(type, id)).collect(Collectors.toSet());
    }
}
