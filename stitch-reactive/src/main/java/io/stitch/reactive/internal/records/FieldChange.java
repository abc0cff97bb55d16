package io.stitch.reactive.internal.records;

import io.stitch.reactive.SchemaException;
import io.stitch.reactive.internal.wire.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a write does to the value that a field has when its turn comes, instead of writing another one. In the fields of an update they are under one
 * name, {@value #FIELD}, which goes no further than the queue. Immutable.
 */
public sealed interface FieldChange {
    /** The name, among the fields of an update, of what changes the others. */
    String FIELD = "_changes";

    /** How many digits a number may have that is added to, and zeros before or after them. */
    int MOST_DIGITS = 200;

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

    /**
     * Reads the changes among the fields of an update.
     *
     * @param fields the fields
     * @return what changes which field
     */
    static Map<String, FieldChange> of(ObjectNode fields) {
        Map<String, FieldChange> changes = new LinkedHashMap<>();
        fields.path(FIELD).properties().forEach(each -> changes.put(each.getKey(), read(each.getValue())));
        return changes;
    }

    private static FieldChange read(JsonNode json) {
        JsonNode by = json.path("increment");
        if (by.isNumber()) {
            return new Increment(by.decimalValue());
        }
        Map<JsonNode, Boolean> in = new LinkedHashMap<>();
        json.path("in").forEach(element -> in.put(element, true));
        json.path("out").forEach(element -> in.put(element, false));
        return new Elements(in);
    }

    /**
     * Writes this as {@link #of} reads it.
     *
     * @return the change
     */
    default ObjectNode toJson() {
        ObjectNode json = Json.object();
        if (this instanceof Increment increment) {
            return json.put("increment", increment.by);
        }
        ArrayNode in = json.putArray("in");
        ArrayNode out = json.putArray("out");
        ((Elements) this).in.forEach((element, is) -> (is ? in : out).add(element));
        return json;
    }

    /**
     * The value that a field has after this.
     *
     * @param field the field
     * @param before the value before, or {@code null} if it has none
     * @return the value
     * @throws SchemaException if the value is of another kind
     */
    default JsonNode over(String field, @Nullable JsonNode before) {
        JsonNode old = before == null || before.isNull() || before.isMissingNode() ? null : before;
        if (this instanceof Increment increment) {
            if (old != null && !isNumber(old, MOST_DIGITS)) {
                throw new SchemaException(
                        "The field '%s' cannot be incremented: it holds %s, and only a number can be added to. Set it to a number first."
                                .formatted(field, kind(old)));
            }
            return number((old == null ? BigDecimal.ZERO : old.decimalValue()).add(increment.by));
        }
        if (old != null && !old.isArray()) {
            throw new SchemaException(
                    "Nothing can be added to or removed from the field '%s': it holds %s, and only a list has elements. Set it to a list first."
                            .formatted(field, kind(old)));
        }
        Map<JsonNode, Boolean> changed = ((Elements) this).in;
        ArrayNode after = Json.object().arrayNode();
        if (old != null) {
            for (JsonNode element : old) {
                if (changed.entrySet().stream()
                        .noneMatch(each -> !each.getValue() && Merge.sameValue(each.getKey(), element))) {
                    after.add(element);
                }
            }
        }
        changed.forEach((element, is) -> {
            if (is && after.values().stream().noneMatch(there -> Merge.sameValue(there, element))) {
                after.add(element.deepCopy());
            }
        });
        return after;
    }

    private static String kind(JsonNode value) {
        return value.isNumber() ? "a number of too many digits" : "a value of the kind " + value.getNodeType();
    }

    /**
     * Tells whether a value can be added to.
     *
     * @param value the value
     * @param mostDigits how many digits it may have, and zeros before or after them
     * @return whether it is such a number
     */
    static boolean isNumber(JsonNode value, int mostDigits) {
        boolean isEndless =
                value.isFloatingPointNumber() && !value.isBigDecimal() && !Double.isFinite(value.asDouble(Double.NaN));
        if (!value.isNumber() || isEndless) {
            return false;
        }
        BigDecimal number = value.decimalValue();
        return number.precision() <= mostDigits && Math.abs((long) number.scale()) <= mostDigits;
    }

    /**
     * A number as short as it can be written.
     *
     * @param value the number
     * @return its node, as it would be read again
     */
    static JsonNode number(BigDecimal value) {
        BigDecimal shortest = value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
        var nodes = Json.mapper().getNodeFactory();
        if (shortest.scale() <= 0 && shortest.precision() - shortest.scale() <= 18) {
            long integer = shortest.longValueExact();
            // As it would be read again: nodes of other types are not equal.
            return (int) integer == integer ? nodes.numberNode((int) integer) : nodes.numberNode(integer);
        }
        return nodes.numberNode(shortest);
    }

    /**
     * The fields of an update as plain values.
     *
     * @param fields the fields, which may have changes among them
     * @param before the record that they are written over
     * @return the fields; the same if there are no changes among them
     * @throws SchemaException if a value is of another kind
     */
    static ObjectNode resolved(ObjectNode fields, ObjectNode before) {
        if (!fields.has(FIELD)) {
            return fields;
        }
        ObjectNode plain = fields.deepCopy();
        plain.remove(FIELD);
        of(fields).forEach((field, change) -> plain.set(field, change.over(field, before.get(field))));
        return plain;
    }
}
