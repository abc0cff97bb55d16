package io.stitch.samples.quickstart;

import io.stitch.reactive.RecordEvent;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import tools.jackson.databind.node.ObjectNode;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Tells what changed, event by event. */
final class Watching {
    private Watching() {}

    /** A line for each event that has anything to tell. */
    static Flux<String> changes(Flux<RecordEvent> events) {
        return Flux.defer(() -> {
            Map<String, ObjectNode> known = new HashMap<>();
            return events.mapNotNull(event -> tell(event, known));
        });
    }

    /**
     * The line for an event, if it has anything to tell: not what was there when the watcher came (origin STORED), which is
     * only remembered to compare later events with, and not what changes nothing but a version.
     */
    private static @Nullable String tell(RecordEvent event, Map<String, ObjectNode> known) {
        ObjectNode now = event.json();
        ObjectNode before = known.put(event.entity() + "/" + event.id(), now);
        if (event.origin() == RecordEvent.Origin.STORED) {
            return null;
        }
        if (before == null || event.operation() != RecordEvent.Operation.UPDATED) {
            return EventText.headline(event);
        }
        List<String> differences = EventText.differences(before, now);
        return differences.isEmpty() ? null : EventText.headline(event) + "  " + String.join(", ", differences);
    }
}
