package io.stitch.reactive.internal.records;

import tools.jackson.databind.JsonNode;

import java.math.BigDecimal;
import java.util.Map;

/** What a write does to the value that a field has when its turn comes, instead of writing another one. */
public sealed interface FieldChange {
    /**
     * Adds to a number; where there is none it begins at 0.
     *
     * @param by how much; below 0 to take away
     */
    record Increment(BigDecimal by) implements FieldChange {}

    /**
     * Puts elements into a list that has each once, and takes them out of it.
     *
     * @param in whether each element is in afterwards, in the order in which they are put in
     */
    record Elements(Map<JsonNode, Boolean> in) implements FieldChange {}
}
