package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.JsonSplice;
import io.stitch.reactive.spi.FieldOrder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.Map;

/** Merges fields into records, on the top level, as servers do: a value sets a field, a null clears it (RFC 7396). Pure. */
public final class Merge {
    private Merge() {}

    /**
     * Merges fields into a record.
     *
     * @param record the record, which is changed
     * @param fields the fields
     * @return the record
     */
    public static ObjectNode into(ObjectNode record, ObjectNode fields) {
        if (fields.has(FieldChange.FIELD)) {
            return into(record, FieldChange.resolved(fields, record));
        }
        fields.properties().forEach(field -> {
            if (field.getValue().isNull()) {
                record.remove(field.getKey());
            } else {
                record.set(field.getKey(), ownCopy(field.getValue()));
            }
        });
        return record;
    }

    /**
     * Merges fields into a record that is kept as bytes.
     *
     * @param record the record, UTF-8 JSON
     * @param fields the fields
     * @return the record with the fields
     */
    public static JsonSplice.Spliced into(byte[] record, ObjectNode fields) {
        if (fields.has(FieldChange.FIELD)) {
            return into(record, FieldChange.resolved(fields, Json.readObject(record)));
        }
        JsonSplice.Spliced spliced = JsonSplice.set(record, fields, Merge::sameValue);
        if (spliced != null) {
            return spliced;
        }
        ObjectNode data = Json.readObject(record);
        boolean changed = !changesNothing(data, fields);
        return new JsonSplice.Spliced(changed ? Json.write(into(data, fields)) : record, data, changed);
    }

    /** Only objects and arrays can be changed, so all else may be shared. */
    private static JsonNode ownCopy(JsonNode value) {
        return value.isContainer() ? value.deepCopy() : value;
    }

    /** {@return whether a record has all fields as a patch would set them} */
    public static boolean changesNothing(ObjectNode record, ObjectNode fields) {
        return !fields.has(FieldChange.FIELD) && hasSame(fields, record);
    }

    /**
     * Makes one patch of two.
     *
     * @param first the earlier one, which is changed
     * @param second the later one
     * @return fields that do what both do, one after the other
     */
    public static ObjectNode patches(ObjectNode first, ObjectNode second) {
        return first.has(FieldChange.FIELD) || second.has(FieldChange.FIELD)
                ? FieldChange.folded(first, second)
                : first.setAll(second);
    }

    /**
     * Compares two records. A cleared field may be absent or null.
     *
     * @param one a record
     * @param other another
     * @return whether they mean the same
     */
    public static boolean isSame(ObjectNode one, ObjectNode other) {
        return hasSame(one, other) && hasSame(other, one);
    }

    private static boolean hasSame(ObjectNode one, ObjectNode other) {
        for (Map.Entry<String, JsonNode> field : one.properties()) {
            if (!sameValue(field.getValue(), other.path(field.getKey()))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Compares two values of a field. A cleared field may be absent or null.
     *
     * @param one a value; a missing node if the field is absent
     * @param other another
     * @return whether they mean the same
     */
    public static boolean sameValue(JsonNode one, JsonNode other) {
        boolean empty = one.isNull() || one.isMissingNode();
        if (empty || other.isNull() || other.isMissingNode()) {
            return empty && (other.isNull() || other.isMissingNode());
        }
        if (one.isNumber() && other.isNumber()) {
            return FieldOrder.compare(one, other) == 0;
        }
        return one.equals(other);
    }
}
