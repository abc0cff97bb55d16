package io.stitch.simulation.server;

import io.stitch.reactive.WriteKind;
import io.stitch.simulation.server.Write.Execution;
import io.stitch.simulation.server.Write.Told;
import tools.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a writer was told that the server did, that writer sees from then on (Terry et al., <i>Session Guarantees for Weakly Consistent Replicated
 * Data</i>, 1994): a record that was deleted is not shown again as it was before, and one that was written is not shown without that.
 */
final class ReadYourWrites {
    private final World world;
    private final Map<String, List<Write>> synced = new HashMap<>();

    ReadYourWrites(World world) {
        this.world = world;
    }

    /** A writer is told that the server has something. */
    void synced(Write write) {
        if (write.kind == WriteKind.DELETE || write.marked) {
            synced.computeIfAbsent(write.record(), record -> new ArrayList<>()).add(write);
        }
    }

    /** Something is shown to whoever uses a process. */
    void shown(StoreProcess process, String record, JsonNode json, String where) {
        Set<Integer> shown = Tags.in(json);
        for (Write write : synced.getOrDefault(record, List.of())) {
            boolean own = write.device.equals(process.device()) && write.process == process.number();
            if (!own || write.told != Told.SYNCED || write.excused) {
                continue;
            }
            done(write).ifPresent(done -> {
                if (write.kind == WriteKind.DELETE) {
                    requireNewer(write, done, shown, json, where);
                } else if (!shown.contains(write.number)) {
                    requireDeleted(write, done, json, where);
                }
            });
        }
    }

    /** When the server did it first, unless it went back to an older copy since, or its writer was told before. */
    private Optional<Execution> done(Write write) {
        return write.executions.stream()
                .min(Comparator.comparing(Execution::order))
                .filter(done -> done.generation() == world.generation() && done.at() <= write.toldAt);
    }

    private void requireNewer(Write delete, Execution done, Set<Integer> shown, JsonNode json, String where) {
        shown.stream()
                .filter(world.ledger()::knows)
                .map(world.ledger()::find)
                .filter(write -> !write.executions.isEmpty()
                        && write.executions.stream().allMatch(each -> each.order() < done.order()))
                .findFirst()
                .ifPresent(write -> world.run()
                        .problem(
                                "shown after it was deleted",
                                "%s, of before %s, is shown in %s: %s".formatted(write, delete, where, json)));
    }

    private void requireDeleted(Write write, Execution done, JsonNode json, String where) {
        boolean deleted = world.ledger().writes().stream()
                .filter(each -> each.kind == WriteKind.DELETE && mayEntail(each, write))
                .anyMatch(each -> each.number > write.number
                        || each.executions.stream().anyMatch(execution -> execution.order() > done.order()));
        // Versions of an old server go back, so that a late event of another's earlier write may look like a newer one.
        long since = world.conditions().legacy() ? 0 : done.at();
        if (!deleted && !world.others().wroteRecordSince(write, since)) {
            world.run()
                    .problem("not shown after it was written", "%s is missing in %s: %s".formatted(write, where, json));
        }
    }

    /** Whether a delete may be one of the record, or of something that the record goes with. */
    private static boolean mayEntail(Write delete, Write write) {
        return delete.record().equals(write.record()) || !delete.entity.equals(write.entity);
    }
}
