package io.stitch.reactive.wire;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.io.ByteArrayOutputStream;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * Sets fields of a record that stays bytes: what is not changed is copied as it is. A tree of the record and writing it again
 * would be a third of what a local write costs.
 */
public final class JsonSplice {
    private final byte[] record;
    private final ObjectNode fields;
    private final BiPredicate<JsonNode, JsonNode> same;
    private final Set<String> found = new HashSet<>();
    private final ByteArrayOutputStream spliced;
    private int copied;

    private JsonSplice(byte[] record, ObjectNode fields, BiPredicate<JsonNode, JsonNode> same) {
        this.record = record;
        this.fields = fields;
        this.same = same;
        this.spliced = new ByteArrayOutputStream(record.length + 64);
    }

    /**
     * Sets fields on the top level of a record.
     *
     * @param record the record, an object that was checked before
     * @param fields the fields, none of them null
     * @param same whether two values of a field mean the same
     * @return the record with the fields, or the very same array if it has them all; {@code null} if the record is not in UTF-8
     */
    public static byte @Nullable [] set(byte[] record, ObjectNode fields, BiPredicate<JsonNode, JsonNode> same) {
        try (JsonParser parser = Json.rereading(record)) {
            parser.nextToken();
            if (JsonScan.start(parser) < 0) { // Positions are known in UTF-8 only.
                return null;
            }
            return new JsonSplice(record, fields, same).splice(parser);
        }
    }

    private byte[] splice(JsonParser parser) {
        boolean empty = true;
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            empty = false;
            parser.nextToken();
            JsonNode value = fields.get(name);
            if (value == null) {
                parser.skipChildren();
            } else {
                found.add(name);
                replace(parser, value);
            }
        }
        append(JsonScan.start(parser), empty);
        if (copied == 0) {
            return record;
        }
        copyTo(record.length);
        return spliced.toByteArray();
    }

    private void replace(JsonParser parser, JsonNode value) {
        int start = JsonScan.start(parser);
        if (hasSame(parser, value)) {
            return;
        }
        parser.finishToken(); // A text is read no further than to its beginning before somebody asks for it.
        copyTo(start);
        spliced.writeBytes(Json.write(value));
        copied = JsonScan.end(parser);
    }

    private boolean hasSame(JsonParser parser, JsonNode value) {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            return value.isString() && value.stringValue().equals(parser.getString());
        }
        return same.test(value, parser.<JsonNode>readValueAsTree());
    }

    private void append(int end, boolean empty) {
        boolean first = empty;
        for (Map.Entry<String, JsonNode> field : fields.properties()) {
            if (!found.contains(field.getKey())) {
                copyTo(end);
                if (!first) {
                    spliced.write(',');
                }
                first = false;
                spliced.writeBytes(Json.write(Json.text(field.getKey())));
                spliced.write(':');
                spliced.writeBytes(Json.write(field.getValue()));
            }
        }
    }

    private void copyTo(int end) {
        spliced.write(record, copied, end - copied);
        copied = end;
    }
}
