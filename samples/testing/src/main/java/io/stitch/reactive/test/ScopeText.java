package io.stitch.reactive.test;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Scope;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;
import java.util.stream.Collectors;

/** Shows a scope to whoever reads a failed test. */
final class ScopeText {
    /** Of each entity: more than this nobody reads. */
    private static final int MOST_RECORDS = 20;

    private ScopeText() {}

    static String of(Scope scope) {
        if (scope.isClosed()) {
            return "scope '%s' is closed".formatted(scope.id());
        }
        String records = scope.types().stream()
                .map(type -> of(scope, type))
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining());
        return "scope '%s' holds %s".formatted(scope.id(), records.isEmpty() ? "nothing" : records);
    }

    private static String of(Scope scope, EntityType<?> type) {
        List<ObjectNode> records = scope.snapshot(EntityType.json(type.name()));
        String shown = records.stream()
                .limit(MOST_RECORDS)
                .map(record -> "%n  %s %s".formatted(type.name(), record))
                .collect(Collectors.joining());
        int more = records.size() - MOST_RECORDS;
        return more > 0 ? shown + "%n  … and %d more of %s".formatted(more, type.name()) : shown;
    }
}
