package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.spi.RecordKey;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The lanes that wait for another record's writes, by that record. On the worker. */
final class Blocked {
    private final Lanes lanes;
    private final Map<RecordKey, Set<Lane>> waiting = new HashMap<>();

    Blocked(Lanes lanes) {
        this.lanes = lanes;
    }

    void add(Lane lane, RecordKey blocker) {
        lane.turn.state = Turn.State.BLOCKED;
        lane.turn.blocker = blocker;
        waiting.computeIfAbsent(blocker, key -> new LinkedHashSet<>()).add(lane);
    }

    void remove(Lane lane) {
        Set<Lane> others = lane.turn.blocker == null ? null : waiting.get(lane.turn.blocker);
        if (others != null && others.remove(lane) && others.isEmpty()) {
            waiting.remove(lane.turn.blocker);
        }
    }

    /** {@return the lanes that waited for a record, and do no more} */
    Set<Lane> release(RecordKey key) {
        Set<Lane> freed = waiting.remove(key);
        return freed == null ? Set.of() : freed;
    }

    void clear() {
        waiting.clear();
    }

    /** A lane, and those that wait for it, for themselves or because of one another. */
    Set<Lane> with(Lane first) {
        Set<Lane> all = new LinkedHashSet<>(Set.of(first));
        List<Lane> next = List.of(first);
        while (!next.isEmpty()) {
            next = next.stream()
                    .flatMap(lane -> waiting.getOrDefault(lane.key(), Set.of()).stream())
                    .filter(all::add)
                    .toList();
        }
        return all;
    }

    /** Whether what a lane waits for is about to be answered, so that its writers can be told more than that they wait. */
    boolean isMoving(Lane lane) {
        Lane first = lane;
        for (int steps = 0; first != null && first.turn.state == Turn.State.BLOCKED && steps < lanes.total(); steps++) {
            first = first.turn.blocker == null ? null : lanes.get(first.turn.blocker);
        }
        return first != null && first.turn.moves();
    }
}
