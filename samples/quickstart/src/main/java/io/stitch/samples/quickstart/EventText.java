package io.stitch.samples.quickstart;

import io.stitch.reactive.RecordEvent;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Puts events into words. */
final class EventText {
    /** Fields that the server, or the library for an old server or among peers, keeps beside the application's own. */
    private static final Set<String> BOOKKEEPING = Set.of("_version", "_hlc", "version", "updatedAt");

    private static final int WIDTH = 50;

    private EventText() {}

    /** Which record the event is about and what happened to it. */
    static String headline(RecordEvent event) {
        String operation = event.operation().name().toLowerCase(Locale.ROOT);
        return headline(operation, event.entity() + "/" + event.id(), "\"" + shortened(title(event)) + "\"");
    }

    /** An operation, its record and more, in columns. */
    static String headline(String operation, String record, String more) {
        return "%-8s %-15s %s".formatted(operation, record, more);
    }

    private static String title(RecordEvent event) {
        if (event.isOf(Board.TASK)) {
            return event.record(Board.TASK).title();
        }
        if (event.isOf(Board.NOTE)) {
            return event.record(Board.NOTE).text();
        }
        return event.record(Board.PROJECT).name();
    }

    private static String shortened(String text) {
        return text.length() <= WIDTH ? text : text.substring(0, WIDTH - 3) + "...";
    }

    /** The fields that differ, each with its old and its new value. */
    static List<String> differences(ObjectNode before, ObjectNode after) {
        Set<String> fields = new TreeSet<>(before.propertyNames());
        fields.addAll(after.propertyNames());
        fields.removeAll(BOOKKEEPING);
        List<String> differences = new ArrayList<>();
        for (String field : fields) {
            JsonNode old = before.path(field);
            JsonNode now = after.path(field);
            if (!value(old).equals(value(now))) {
                differences.add("%s: %s -> %s".formatted(field, value(old), value(now)));
            }
        }
        return differences;
    }

    /** A server may leave out a field that is null, so both read the same. */
    private static String value(JsonNode field) {
        return field.isNull() || field.isMissingNode() ? "none" : field.asString();
    }
}
