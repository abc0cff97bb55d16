package io.stitch.reactive.wire;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.Arrays;
import java.util.Set;

/** The payload of an event or a reply, read only as far as the rules look into it; its {@code data} stays bytes. */
final class Payload {
    private static final String DATA = "data";

    private final byte[] bytes;
    private final JsonNode json;
    private final int dataStart;
    private final int dataEnd;

    private Payload(byte[] bytes, JsonNode json, int dataStart, int dataEnd) {
        this.bytes = bytes;
        this.json = json;
        this.dataStart = dataStart;
        this.dataEnd = dataEnd;
    }

    /**
     * Reads a payload.
     *
     * @param bytes the payload; kept, not to be modified
     * @param fields the fields to read besides {@code data}
     * @param dataFields the fields of {@code data} to read
     * @return the payload
     * @throws tools.jackson.core.JacksonException if it is not JSON or breaks a bound
     */
    static Payload read(byte[] bytes, Set<String> fields, Set<String> dataFields) {
        try (JsonParser parser = Json.mapper().createParser(bytes)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                ObjectNode json = Json.object();
                int start = 0;
                int end = 0;
                for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                    boolean container = parser.nextToken().isStructStart();
                    if (!name.equals(DATA)) {
                        JsonScan.field(parser, name, fields, json);
                    } else if (container) {
                        start = JsonScan.start(parser);
                        json.set(DATA, JsonScan.container(parser, dataFields));
                        end = JsonScan.end(parser);
                    } else {
                        json.set(DATA, parser.<JsonNode>readValueAsTree());
                    }
                }
                if (parser.nextToken() == null) {
                    boolean known = JsonScan.isContainer(bytes, start, end);
                    return new Payload(bytes, json, known ? start : 0, known ? end : 0);
                }
            }
        }
        // Not one object: reading it whole says what is wrong.
        return new Payload(bytes, Json.read(bytes), 0, 0);
    }

    /**
     * {@return the fields that were asked for, those of {@code data} below it}
     */
    JsonNode json() {
        return json;
    }

    /**
     * The record of an event. To be called only if {@code data} is an object.
     *
     * @param corrections what the topic adds to it or says otherwise
     * @return UTF-8 JSON
     */
    byte[] record(ObjectNode corrections) {
        if (corrections.isEmpty() && dataStart < dataEnd) {
            return Arrays.copyOfRange(bytes, dataStart, dataEnd);
        }
        ObjectNode record = (ObjectNode) Json.read(bytes).path(DATA);
        record.setAll(corrections);
        return Json.write(record);
    }

    /**
     * {@return it as the reply to a request that was executed}
     */
    Reply.Ok ok() {
        if (dataStart < dataEnd || !json.has(DATA)) {
            return new Reply.Ok(bytes, dataStart, dataEnd, bytes.length);
        }
        byte[] data = Json.write(Json.read(bytes).path(DATA));
        return new Reply.Ok(data, 0, data.length, bytes.length);
    }
}
