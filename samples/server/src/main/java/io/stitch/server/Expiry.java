package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Deletes records when their time is over, as their {@code _expires_at} says. Worker only, but for the alarm that calls it. */
final class Expiry {
    private static final String TTL = "ttl_secs";
    private static final String EXPIRES_AT = "_expires_at";
    /** What could not be deleted, because the database cannot be written, is tried again after this. */
    private static final long OVERDUE_MILLIS = 1_000;

    private final ServerHost host;
    private final Worker worker;
    private final Consumer<Key> delete;
    /** By the second in which they expire. */
    private final NavigableMap<Long, Set<Key>> due = new TreeMap<>();

    private long armedFor = Long.MAX_VALUE;

    /**
     * Begins with what a table holds.
     *
     * @param worker runs what an alarm begins
     * @param delete deletes a record, and says so
     */
    Expiry(ServerHost host, RecordTable table, Worker worker, Consumer<Key> delete) {
        this.host = host;
        this.worker = worker;
        this.delete = delete;
        table.each((key, data) -> changed(key, null, data));
        table.watch(this::changed);
    }

    /** Says when a new record expires, in place of how long it is to live. */
    static void settle(ObjectNode data, long nowMillis) {
        JsonNode seconds = data.path(TTL);
        if (seconds.isIntegralNumber() && seconds.canConvertToInt() && seconds.intValue() >= 0) {
            data.remove(TTL);
            data.put(EXPIRES_AT, TimeUnit.MILLISECONDS.toSeconds(nowMillis) + seconds.intValue());
        }
    }

    private void changed(Key key, @Nullable ObjectNode before, @Nullable ObjectNode after) {
        Long old = second(before);
        Long next = second(after);
        if (old != null) {
            Set<Key> there = due.get(old);
            if (there != null && there.remove(key) && there.isEmpty()) {
                due.remove(old);
            }
        }
        if (next != null) {
            due.computeIfAbsent(next, second -> new LinkedHashSet<>()).add(key);
            arm();
        }
    }

    private static @Nullable Long second(@Nullable ObjectNode data) {
        JsonNode at = data == null ? null : data.get(EXPIRES_AT);
        return at != null && at.isIntegralNumber() && at.canConvertToLong() ? at.longValue() : null;
    }

    private void arm() {
        if (due.isEmpty() || due.firstKey() >= armedFor) {
            return;
        }
        long second = due.firstKey();
        armedFor = second;
        long millis = TimeUnit.SECONDS.toMillis(Math.min(second, Integer.MAX_VALUE * 1_000L)) - host.millis();
        host.later(millis > 0 ? millis : OVERDUE_MILLIS, () -> {
            if (worker.isOpen()) {
                worker.resume(() -> sweep(second));
            }
        });
    }

    private void sweep(long alarm) {
        if (armedFor == alarm) {
            armedFor = Long.MAX_VALUE;
        }
        long now = TimeUnit.MILLISECONDS.toSeconds(host.millis());
        List<Key> expired = new ArrayList<>();
        for (Map.Entry<Long, Set<Key>> each : due.headMap(now, true).entrySet()) {
            expired.addAll(each.getValue());
        }
        expired.forEach(delete);
        arm();
    }
}
