package io.stitch.reactive.internal.records;

import io.stitch.reactive.SchemaException;
import io.stitch.reactive.internal.wire.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a write does to the value that a field has when its turn comes, instead of writing another one. In the fields of an update they are under one
 * name, {@value #FIELD}, which goes no further than the queue. Immutable.
 */
public sealed interface FieldChange {
    /** The name, among the fields of an update, of what changes the others. */
    String FIELD = "_changes";

    /**
     * The name, among the fields of an update that is being sent, of the values that its changes came to: what is sent is the same then, however often it
     * is sent, and is no more on top of a state that has it already.
     */
    String WORKED_OUT = "_workedOut";

    /** {@link #FIELD} as it is written. */
    byte[] NAME = ("\"" + FIELD + "\"").getBytes(StandardCharsets.US_ASCII);

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
        JsonNode old = valueOf(before);
        if (this instanceof Increment increment) {
            if (old != null && !fits(old)) {
                throw new SchemaException(
                        "The field '%s' cannot be incremented: it holds %s, and only a number can be added to. Set it to a number first."
                                .formatted(field, kind(old)));
            }
            return number((old == null ? BigDecimal.ZERO : old.decimalValue()).add(increment.by));
        }
        if (old != null && !fits(old)) {
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

    /** {@return what a field holds, or {@code null} if that is nothing} */
    private static @Nullable JsonNode valueOf(@Nullable JsonNode field) {
        return field == null || field.isNull() || field.isMissingNode() ? null : field;
    }

    /** Whether this can be done to a value. */
    private boolean fits(JsonNode value) {
        return this instanceof Increment ? isNumber(value, MOST_DIGITS) : value.isArray();
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
        return sent(fields.has(WORKED_OUT) ? fields : workedOut(fields, before));
    }

    /**
     * The fields of an update as plain values, without the changes of what is of another kind by now: they cannot be shown, and whoever made them hears of
     * it when they are sent.
     *
     * @param fields the fields, which may have changes among them
     * @param before the record that they are written over
     * @return the fields; the same if there are no changes among them
     */
    static ObjectNode shown(ObjectNode fields, ObjectNode before) {
        if (!fields.has(FIELD) || fields.has(WORKED_OUT)) {
            return resolved(fields, before);
        }
        ObjectNode plain = sent(fields);
        of(fields).forEach((field, change) -> {
            JsonNode old = valueOf(before.get(field));
            if (old == null || change.fits(old)) {
                plain.set(field, change.over(field, old));
            }
        });
        return plain;
    }

    /**
     * The fields of an update as they are sent.
     *
     * @param fields the fields; their changes are worked out, or there are none
     * @return a copy of plain values
     */
    static ObjectNode sent(ObjectNode fields) {
        ObjectNode plain = fields.deepCopy();
        plain.remove(FIELD);
        if (plain.remove(WORKED_OUT) instanceof ObjectNode values) {
            plain.setAll(values);
        }
        return plain;
    }

    /**
     * The fields of an update as those are told of them who look back at it.
     *
     * @param fields the fields
     * @param after the record that came of it here
     * @return a copy of plain values
     */
    static ObjectNode told(ObjectNode fields, ObjectNode after) {
        ObjectNode plain = sent(fields);
        of(fields).keySet().stream()
                .filter(field -> !plain.has(field) && after.has(field))
                .forEach(field -> plain.set(field, after.get(field)));
        return plain;
    }

    /**
     * The fields of an update with the values that its changes come to.
     *
     * @param fields the fields, with changes among them that are not worked out
     * @param before the record that they are written over
     * @return a copy that is read as plain values from now on
     * @throws SchemaException if a value is of another kind
     */
    static ObjectNode workedOut(ObjectNode fields, ObjectNode before) {
        ObjectNode values = Json.object();
        of(fields).forEach((field, change) -> values.set(field, change.over(field, before.get(field))));
        ObjectNode worked = fields.deepCopy();
        worked.set(WORKED_OUT, values);
        return worked;
    }

    /**
     * Takes back {@link #workedOut}.
     *
     * @param fields the fields
     * @return a copy whose changes are to be worked out anew
     */
    static ObjectNode unresolved(ObjectNode fields) {
        ObjectNode changes = fields.deepCopy();
        changes.remove(WORKED_OUT);
        return changes;
    }

    /**
     * Looks for changes without reading the whole.
     *
     * @param fields the fields of an update, UTF-8 JSON
     * @return whether there may be changes among them; never false where there are
     */
    static boolean mayBeIn(byte[] fields) {
        byte[] name = NAME;
        for (int at = 0; at <= fields.length - name.length; at++) {
            if (fields[at] == name[0] && Arrays.equals(fields, at, at + name.length, name, 0, name.length)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Makes one patch of two, as far as they have changes.
     *
     * @param first the earlier one, which is changed; what it changes is not worked out
     * @param second the later one, alike
     * @return fields that do what both do, one after the other
     * @throws SchemaException if the earlier one sets a value that the later one cannot change
     */
    static ObjectNode folded(ObjectNode first, ObjectNode second) {
        Map<String, FieldChange> changes = of(first);
        first.remove(FIELD);
        second.properties().forEach(each -> {
            if (!each.getKey().equals(FIELD)) {
                changes.remove(each.getKey());
                first.set(each.getKey(), each.getValue());
            }
        });
        of(second).forEach((field, change) -> {
            if (first.has(field)) {
                first.set(field, change.over(field, first.get(field)));
            } else {
                changes.merge(field, change, FieldChange::then);
            }
        });
        if (!changes.isEmpty()) {
            ObjectNode all = first.putObject(FIELD);
            changes.forEach((field, change) -> all.set(field, change.toJson()));
        }
        return first;
    }

    /** This, and then another one of the same kind: of a field that is a number here nothing but a number can be made by a change. */
    private FieldChange then(FieldChange later) {
        if (this instanceof Increment one && later instanceof Increment other) {
            return new Increment(one.by.add(other.by));
        }
        if (this instanceof Elements one && later instanceof Elements other) {
            Map<JsonNode, Boolean> in = new LinkedHashMap<>(one.in);
            other.in.forEach((element, is) -> {
                in.remove(element);
                in.put(element, is);
            });
            return new Elements(in);
        }
        throw new SchemaException("A field cannot be added to as a number and as a list.");
    }
}
