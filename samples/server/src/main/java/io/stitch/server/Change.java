package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** One change of one record: what it was and what it is; one of the two is null for a create or a delete. */
record Change(
        Operation operation,
        Key key,
        @Nullable ObjectNode before,
        @Nullable ObjectNode after) {
    enum Operation {
        CREATE("Create", "created"),
        UPDATE("Update", "updated"),
        DELETE("Delete", "deleted");

        final String word;
        final String suffix;

        Operation(String word, String suffix) {
            this.word = word;
            this.suffix = suffix;
        }
    }
}
