package io.stitch.reactive.internal.wire;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * Sets fields of a record that is kept as bytes: what is not changed is copied as it is. The tree of the record is read in the
 * same pass, for whoever wants it; writing that tree would be a third of what a local write costs.
 */
public final class JsonSplice {
    private final byte[] record;
    private final ObjectNode fields;
    private final BiPredicate<JsonNode, JsonNode> same;
    private final @Nullable Set<String> wanted;
    private final ObjectNode data = Json.object();
    private final ByteArrayOutputStream spliced;
    private boolean changed;
    private boolean empty = true;
    private int copied;

    /**
     * A record with fields set.
     *
     * @param json the record, UTF-8
     * @param data the same as a tree of the caller's own, or of it what was asked for
     * @param isChanged whether any field has another value than before
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    public record Spliced(byte[] json, ObjectNode data, boolean isChanged) {}

    private JsonSplice(
            byte[] record, ObjectNode fields, BiPredicate<JsonNode, JsonNode> same, @Nullable Set<String> wanted) {
        this.record = record;
        this.fields = fields;
        this.same = same;
        this.wanted = wanted;
        this.spliced = new ByteArrayOutputStream(record.length + 64);
    }

    /**
     * Sets fields on the top level of a record.
     *
     * @param record the record, an object that was checked before
     * @param fields the fields
     * @param same whether two values of a field mean the same
     * @return the record with the fields; {@code null} if that takes more than setting: a field is null, which clears it, or the
     *     record is not in UTF-8
     */
    public static @Nullable Spliced set(byte[] record, ObjectNode fields, BiPredicate<JsonNode, JsonNode> same) {
        return set(record, fields, same, null);
    }

    /**
     * Sets fields on the top level of a record, of which not everything has to be read.
     *
     * @param record the record, an object that was checked before
     * @param fields the fields
     * @param same whether two values of a field mean the same
     * @param wanted which fields are wanted as a tree, besides those that are set; {@code null} for all
     * @return as above
     */
    public static @Nullable Spliced set(
            byte[] record, ObjectNode fields, BiPredicate<JsonNode, JsonNode> same, @Nullable Set<String> wanted) {
        for (JsonNode value : fields) {
            if (value.isNull()) {
                return null;
            }
        }
        try (JsonParser parser = Json.rereading(record)) {
            parser.nextToken();
            if (JsonScan.start(parser) < 0) { // Positions are known in UTF-8 only.
                return null;
            }
            return new JsonSplice(record, fields, same, wanted).splice(parser);
        }
    }

    private Spliced splice(JsonParser parser) {
        int found = 0;
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            parser.nextToken();
            empty = false;
            JsonNode value = fields.get(name);
            if (value == null) {
                keep(name, parser);
                continue;
            }
            int start = JsonScan.start(parser);
            JsonNode before = JsonScan.value(parser);
            found++;
            if (same.test(value, before)) {
                data.set(name, before);
            } else {
                set(name, value, start);
                copied = JsonScan.end(parser);
            }
        }
        if (found < fields.size()) {
            append(JsonScan.start(parser));
        }
        if (!changed) {
            return new Spliced(record, data, false);
        }
        copyTo(record.length);
        return new Spliced(spliced.toByteArray(), data, true);
    }

    private void keep(String name, JsonParser parser) {
        if (wanted == null || wanted.contains(name)) {
            data.set(name, JsonScan.value(parser));
        } else {
            parser.skipChildren();
        }
    }

    private void append(int end) {
        for (Map.Entry<String, JsonNode> field : fields.properties()) {
            String name = field.getKey();
            if (!data.has(name)) {
                copyTo(end);
                if (!empty) {
                    spliced.write(',');
                }
                empty = false;
                writeText(name);
                spliced.write(':');
                set(name, field.getValue(), end);
            }
        }
    }

    private void set(String name, JsonNode value, int position) {
        changed = true;
        copyTo(position);
        if (value.isString()) {
            writeText(value.stringValue());
        } else {
            spliced.writeBytes(Json.write(value));
        }
        data.set(name, value.isContainer() ? value.deepCopy() : value);
    }

    private void writeText(String text) {
        spliced.write('"');
        spliced.writeBytes(JsonStringEncoder.getInstance().quoteAsUTF8(text));
        spliced.write('"');
    }

    private void copyTo(int end) {
        spliced.write(record, copied, end - copied);
        copied = end;
    }
}
