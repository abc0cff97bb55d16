package io.stitch.server;

import tools.jackson.databind.node.ObjectNode;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** Numbers the events of each scope, so that a client sees when it has missed one. Worker only. */
final class EventCounts {
    private static final int MAX_SCOPES = 1_000_000;
    private final Map<String, Long> counts = new HashMap<>();
    private final Map<String, Long> uncommitted = new HashMap<>();
    private String epoch = freshEpoch();

    private static String freshEpoch() {
        return String.format("%016x", UUID.randomUUID().getLeastSignificantBits());
    }

    /** Gives an event the next number of its scope. */
    void number(String scopeId, ObjectNode event) {
        long count = uncommitted.getOrDefault(scopeId, counts.getOrDefault(scopeId, 0L)) + 1;
        uncommitted.put(scopeId, count);
        event.put("count", count).put("epoch", epoch);
    }

    /** Says which number the newest event of a scope has. */
    void newest(String scopeId, ObjectNode answer) {
        answer.put("count", counts.getOrDefault(scopeId, 0L)).put("epoch", epoch);
    }

    void commit() {
        counts.putAll(uncommitted);
        uncommitted.clear();
        if (counts.size() > MAX_SCOPES) {
            counts.clear();
            epoch = freshEpoch();
        }
    }

    /** Events that were never sent are not missed. */
    void rollBack() {
        uncommitted.clear();
    }
}
