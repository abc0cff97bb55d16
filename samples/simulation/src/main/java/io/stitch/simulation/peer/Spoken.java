package io.stitch.simulation.peer;

import io.stitch.simulation.peer.wire.Stamp;
import io.stitch.simulation.peer.wire.Wire;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * When records were deleted and written as a whole, as anybody said: of that, what counts in the end. And what a delete that counts no more must
 * not have taken with it.
 */
final class Spoken {
    private final PeerWorld world;
    private final Map<String, NavigableSet<Stamp>> deletes = new HashMap<>();
    private final Map<String, NavigableSet<Stamp>> wholes = new HashMap<>();
    private final List<Before> before = new ArrayList<>();

    /**
     * What one process knew when everything healed.
     *
     * @param isAway whether nobody could tell it anything just then
     * @param shown what it showed
     * @param grants whom it trusted
     */
    private record Before(
            PeerProcess process, boolean isAway, Map<String, JsonNode> shown, Map<String, JsonNode> grants) {
        @Nullable
        Stamp stamp(String record) {
            return Stamp.of(
                    shown.getOrDefault(record, MissingNode.getInstance()).path(Wire.STAMP));
        }
    }

    Spoken(PeerWorld world) {
        this.world = world;
    }

    void delete(String record, Stamp stamp) {
        deletes.computeIfAbsent(record, name -> new TreeSet<>()).add(stamp);
    }

    void whole(String record, Stamp stamp) {
        wholes.computeIfAbsent(record, name -> new TreeSet<>()).add(stamp);
    }

    @Nullable
    Stamp latestDelete(String record) {
        return latest(deletes, record);
    }

    @Nullable
    Stamp latestWhole(String record) {
        return latest(wholes, record);
    }

    private @Nullable Stamp latest(Map<String, NavigableSet<Stamp>> stamps, String record) {
        return of(stamps, record).descendingSet().stream()
                .filter(stamp -> world.members().counts(record, stamp))
                .findFirst()
                .orElse(null);
    }

    private static NavigableSet<Stamp> of(Map<String, NavigableSet<Stamp>> stamps, String record) {
        return stamps.getOrDefault(record, Collections.emptyNavigableSet());
    }

    /** Whether somebody who counts no more wrote over it: then it was there, and is nowhere any more. */
    boolean isWrittenOver(PeerWrite write) {
        Stamp stamp = write.stamp;
        return world.protection().signs()
                && Stream.of(deletes, wholes)
                        .flatMap(each -> of(each, write.record).stream())
                        .anyMatch(each -> (stamp == null || each.isAfter(stamp))
                                && !world.members().counts(write.record, each));
    }

    // ---- what deletes must not have taken with them ----

    /** Everything heals now. */
    void healing() {
        if (!world.protection().grants()) {
            return;
        }
        for (Peer peer : world.peers()) {
            PeerProcess process = peer.process();
            if (process.isRunning()) {
                Map<String, JsonNode> shown = new TreeMap<>();
                world.scopes().forEach(scope -> shown.putAll(process.held(scope)));
                boolean isAway = !process.store().connectionStatus().isConnected()
                        && world.network().connection(peer.name()) == null;
                before.add(new Before(
                        process, isAway, shown, process.held(world.members().team())));
            }
        }
    }

    /**
     * All know the same grants. Whoever had a record then still has it, if those who had taken the delete of it knew that it counts no more, and
     * those who did not know it had not heard of the delete and could not hear of it.
     */
    void requireKept() {
        for (Before each : before) {
            each.shown().keySet().forEach(record -> requireKept(each, record));
        }
    }

    private void requireKept(Before holder, String record) {
        Stamp stamp = holder.stamp(record);
        PeerProcess process = holder.process();
        String scope = record.substring(0, record.indexOf('/'));
        if (stamp == null
                || !process.isRunning()
                || world.vault().lacks(process.peer().name(), scope)
                || !world.members().counts(record, stamp)) {
            return;
        }
        List<Stamp> later =
                of(deletes, record).stream().filter(each -> each.isAfter(stamp)).toList();
        boolean anyCounts = later.stream().anyMatch(each -> world.members().counts(record, each));
        boolean isSafe = before.stream()
                .allMatch(each ->
                        later.stream().allMatch(delete -> world.members().isAgreed(each.grants(), delete))
                                || (each.isAway() && stamp.equals(each.stamp(record)))
                                || each.process().place(scope) == null);
        if (later.isEmpty() || anyCounts || !isSafe) {
            return;
        }
        world.count("a delete that counts no more was looked at");
        JsonNode held = process.held(scope).get(record);
        Stamp now = held == null ? null : Stamp.of(held.path(Wire.STAMP));
        if (now == null || stamp.isAfter(now)) {
            world.run()
                    .problem(
                            "deleted by whom nobody trusts",
                            "%s had %s, stamped %s, which was deleted %s, which does not count; now it has %s"
                                    .formatted(process.name(), record, stamp, later, held));
        }
    }
}
