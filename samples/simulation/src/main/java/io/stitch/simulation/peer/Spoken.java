package io.stitch.simulation.peer;

import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/** When records were deleted and written as a whole, as anybody said: of that, what counts in the end. */
final class Spoken {
    private final PeerWorld world;
    private final Map<String, NavigableSet<Stamp>> deletes = new HashMap<>();
    private final Map<String, NavigableSet<Stamp>> wholes = new HashMap<>();

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
}
