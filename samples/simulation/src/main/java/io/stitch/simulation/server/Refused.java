package io.stitch.simulation.server;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Scope;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.LinkedHashMap;
import java.util.Map;

/** Refuses a device a scope, and looks whether it goes on showing what it held. */
final class Refused {
    private final World world;
    private final Device device;
    private final String scope;

    Refused(World world, Device device, String scope) {
        this.world = world;
        this.device = device;
        this.scope = scope;
    }

    void refuse(int code) {
        StoreProcess process = device.process();
        boolean quiet = process.isRunning() && !process.isClosing() && new Checks(world).look(device);
        Map<String, Long> before = quiet ? settled(process) : Map.of();
        process.shutOut().remove(scope);
        world.refuseScope(device.name(), scope, code);
        if (!before.isEmpty()
                && new Checks(world).look(device)
                && process.shutOut().contains(scope)) {
            Map<String, Long> after = settled(process);
            before.forEach((record, version) -> {
                if (version.equals(
                        after.get(record))) { // Another one would be of an own write that was accepted since.
                    world.run()
                            .problem(
                                    "shown though it is refused",
                                    "%s shows %s of %s, which it may not see".formatted(device.name(), record, scope));
                }
            });
        }
    }

    /** The versions of what is shown and not pending. */
    private Map<String, Long> settled(StoreProcess process) {
        Map<String, Long> versions = new LinkedHashMap<>();
        @Nullable Scope handle = process.handle(scope);
        if (handle != null) {
            for (EntityType<ObjectNode> type : Entities.SCOPED) {
                for (ObjectNode record : handle.snapshot(type)) {
                    String id = record.path("id").asString();
                    if (!handle.isPending(type, id)) {
                        versions.put(
                                type.name() + '/' + id, record.path("_version").asLong());
                    }
                }
            }
        }
        return versions;
    }
}
