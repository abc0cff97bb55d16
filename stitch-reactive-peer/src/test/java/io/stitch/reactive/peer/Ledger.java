package io.stitch.reactive.peer;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.spi.OutboundMessage;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.util.Map;
import java.util.TreeMap;

/** What was written in a simulation, from what was seen at the broker: the measure of what peers must hold in the end. */
final class Ledger {
    private final Map<String, Fate> fates = new TreeMap<>();

    /** The latest that is known of one record. */
    private static final class Fate {
        private @Nullable Hlc acknowledged;
        private @Nullable Hlc acknowledgedDelete;
        private @Nullable Hlc delete;
        private final Map<Hlc, JsonNode> written = new TreeMap<>();
    }

    /** A peer published this. */
    void published(OutboundMessage message) {
        note(message, false);
    }

    /** A peer learned that the broker took this. */
    void acknowledged(OutboundMessage message) {
        note(message, true);
    }

    private void note(OutboundMessage message, boolean acknowledged) {
        if (!message.topic().contains("/events/")) {
            return;
        }
        JsonNode event = Json.read(message.payload());
        if (event.path("replay").asBoolean(false)) {
            return;
        }
        Fate fate = fates.computeIfAbsent(
                event.path("entity").asString() + '/' + event.path("id").asString(), key -> new Fate());
        Hlc stamp = Hlc.parse(event.path("hlc"));
        boolean delete = message.topic().endsWith("/deleted");
        if (delete && stamp.isAfter(fate.delete)) {
            fate.delete = stamp;
        }
        if (!delete) {
            fate.written.put(stamp, event.path("data"));
        }
        if (acknowledged) {
            fate.acknowledged = stamp.isAfter(fate.acknowledged) ? stamp : fate.acknowledged;
            if (delete && stamp.isAfter(fate.acknowledgedDelete)) {
                fate.acknowledgedDelete = stamp;
            }
        }
    }

    /** What is wrong with what all peers hold, or {@code null}. */
    @Nullable
    String problem(Map<String, JsonNode> held) {
        for (var entry : fates.entrySet()) {
            String key = entry.getKey();
            Fate fate = entry.getValue();
            JsonNode record = held.get(key);
            if (record == null) {
                Hlc acknowledged = fate.acknowledged;
                Hlc delete = fate.delete;
                if (acknowledged != null && (delete == null || acknowledged.isAfter(delete))) {
                    return "%s is missing, but %s was acknowledged and no later delete was published (%s)"
                            .formatted(key, acknowledged.text(), delete == null ? "none" : delete.text());
                }
                continue;
            }
            Hlc stamp = Hlc.parse(record.path("_hlc"));
            if (fate.acknowledged != null && fate.acknowledged.isAfter(stamp)) {
                return "%s is held as of %s, but %s was acknowledged"
                        .formatted(key, stamp.text(), fate.acknowledged.text());
            }
            if (fate.acknowledgedDelete != null && !stamp.isAfter(fate.acknowledgedDelete)) {
                return "%s returned as of %s after the delete %s"
                        .formatted(key, stamp.text(), fate.acknowledgedDelete.text());
            }
            JsonNode written = fate.written.get(stamp);
            if (written != null && !written.equals(record)) {
                return "%s is %s, but %s was written".formatted(key, record, written);
            }
        }
        return null;
    }

    int records() {
        return fates.size();
    }
}
