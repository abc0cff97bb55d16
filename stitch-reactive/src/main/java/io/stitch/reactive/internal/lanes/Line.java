package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where each lane stands: in line, behind another record's writes, waiting for its time, parked, or nowhere. What its {@link Turn} says of
 * that and where it is listed change together, here and nowhere else: a lane is in line once, behind one record, and has a timer only while it
 * waits. On the worker.
 */
final class Line {
    private final Lanes lanes;
    private final Set<Lane> ready = new LinkedHashSet<>();
    /** The lanes that wait for another record's writes, by that record. */
    private final Map<RecordKey, Set<Lane>> blocked = new HashMap<>();

    Line(Lanes lanes) {
        this.lanes = lanes;
    }

    // ---- one lane ----

    /** It waits for nothing but its turn. */
    void ready(Lane lane) {
        place(lane, Turn.State.READY);
        ready.add(lane);
    }

    /** Takes out the lane whose turn it is: it stands nowhere, until it is told where. */
    @Nullable
    Lane next() {
        Iterator<Lane> first = ready.iterator();
        if (!first.hasNext()) {
            return null;
        }
        Lane next = first.next();
        first.remove();
        next.turn.state = Turn.State.IDLE;
        return next;
    }

    void idle(Lane lane) {
        place(lane, Turn.State.IDLE);
    }

    void underWay(Lane lane, List<Row> rows) {
        place(lane, Turn.State.UNDER_WAY);
        lane.turn.underWay = rows;
    }

    void parked(Lane lane) {
        place(lane, Turn.State.PARKED);
    }

    /** Its first write failed, and is sent again after a while. */
    void waiting(Lane lane, Disposable timer) {
        place(lane, Turn.State.WAITING);
        lane.turn.timer.update(timer);
    }

    void blocked(Lane lane, RecordKey blocker) {
        place(lane, Turn.State.BLOCKED);
        lane.turn.blocker = blocker;
        blocked.computeIfAbsent(blocker, key -> new LinkedHashSet<>()).add(lane);
    }

    /** Where it begins, as nothing of it was sent in this connection: parked, if its first write is kept so. */
    void begins(Lane lane) {
        Row first = lane.firstOfOurs();
        place(lane, first != null && first.write().parked() ? Turn.State.PARKED : Turn.State.IDLE);
    }

    private void place(Lane lane, Turn.State state) {
        Turn turn = lane.turn;
        switch (turn.state) {
            case READY -> ready.remove(lane);
            case BLOCKED -> unlist(lane);
            case WAITING -> turn.timer.update(Disposables.disposed());
            case UNDER_WAY -> turn.underWay = List.of();
            case IDLE, PARKED -> {}
        }
        turn.blocker = null;
        turn.state = state;
    }

    private void unlist(Lane lane) {
        RecordKey blocker = lane.turn.blocker;
        Set<Lane> others = blocker == null ? null : blocked.get(blocker);
        if (others != null && others.remove(lane) && others.isEmpty()) {
            blocked.remove(blocker);
        }
    }

    // ---- several ----

    /** Puts every lane that waits for nothing but its turn in line, the one that was written first first. */
    void all() {
        lanes.all().stream()
                .filter(lane -> lane.turn.state == Turn.State.IDLE && lane.firstOfOurs() != null)
                .sorted(Comparator.comparingLong(WriteOrder::sequence))
                .forEach(this::ready);
    }

    /** Every lane leaves the line; those that are under way come back when they were answered, and what is parked stays so. */
    void clear() {
        for (Lane lane : lanes.all()) {
            lane.turn.jumps = false;
            lane.turn.failures = 0;
            if (lane.turn.state != Turn.State.UNDER_WAY && lane.turn.state != Turn.State.PARKED) {
                idle(lane);
            }
        }
        ready.clear();
        blocked.clear();
    }

    /** Those that waited for a record's writes are in line again. */
    void release(RecordKey key) {
        Set<Lane> freed = blocked.get(key);
        if (freed != null) {
            List.copyOf(freed).forEach(this::ready);
        }
    }

    /**
     * Finds out whether a lane that is to wait would wait for itself. It is asked for each that is to wait, so it looks along those that wait for one
     * another only if any waits for this.
     *
     * @param lane the lane
     * @param blocker what it is to wait for
     * @return the lanes that wait for one another, the one that was written first first; empty if they do not
     */
    List<Lane> circle(Lane lane, RecordKey blocker) {
        if (!blocked.containsKey(lane.key())) {
            return List.of();
        }
        Set<Lane> chain = new LinkedHashSet<>(Set.of(lane));
        Lane next = lanes.get(blocker);
        while (next != null && !next.equals(lane)) {
            RecordKey further = next.turn.blocker;
            if (further == null || !chain.add(next)) {
                return List.of();
            }
            next = lanes.get(further);
        }
        return next == null
                ? List.of()
                : chain.stream()
                        .sorted(Comparator.comparingLong(WriteOrder::sequence))
                        .toList();
    }

    /** A lane, and those that wait for it, for themselves or because of one another. */
    Set<Lane> with(Lane first) {
        Set<Lane> all = new LinkedHashSet<>(Set.of(first));
        List<Lane> next = List.of(first);
        while (!next.isEmpty()) {
            next = next.stream()
                    .flatMap(lane -> blocked.getOrDefault(lane.key(), Set.of()).stream())
                    .filter(all::add)
                    .toList();
        }
        return all;
    }

    /** Whether what a blocked lane waits for is about to be answered, so that its writers can be told more than that they wait. */
    boolean isMoving(Lane lane) {
        Lane first = lane;
        for (int steps = 0; first != null && first.turn.state == Turn.State.BLOCKED && steps < lanes.total(); steps++) {
            first = first.turn.blocker == null ? null : lanes.get(first.turn.blocker);
        }
        return first != null && first.turn.moves();
    }
}
