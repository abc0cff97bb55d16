package io.stitch.simulation.peer;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * When a peer wrote something, as records and messages carry it.
 *
 * @param ts the time
 * @param counter tells what was written in the same millisecond apart
 * @param node who wrote it
 */
record Stamp(long ts, int counter, String node) implements Comparable<Stamp> {
    /** Reads what is in a field, or {@code null} where there is none. */
    static @Nullable Stamp of(JsonNode json) {
        return json.isObject()
                ? new Stamp(
                        json.path("ts").asLong(),
                        json.path("counter").asInt(),
                        json.path("nodeId").asString(""))
                : null;
    }

    /** Reads what stands for a stamp where it is a name. */
    static @Nullable Stamp of(String text) {
        String[] parts = text.split("\\.", 3);
        return parts.length == 3 ? new Stamp(Long.parseLong(parts[0]), Integer.parseInt(parts[1]), parts[2]) : null;
    }

    String text() {
        return ts + "." + counter + '.' + node;
    }

    @Override
    public int compareTo(Stamp other) {
        int order = Long.compare(ts, other.ts);
        if (order == 0) {
            order = Integer.compare(counter, other.counter);
        }
        return order == 0 ? node.compareTo(other.node) : order;
    }

    boolean isAfter(@Nullable Stamp other) {
        return other == null || compareTo(other) > 0;
    }
}
