package io.stitch.reactive.wire;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.Set;

/** The payload of a reply, read only as far as somebody looks into it; its {@code data} stays bytes. */
final class Payload {
    static final String DATA = "data";

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
     * @return the payload
     * @throws tools.jackson.core.JacksonException if it is not JSON or breaks a bound
     */
    static Payload read(byte[] bytes, Set<String> fields) {
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
                        json.set(DATA, JsonScan.skipped(parser));
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
     * {@return the fields that were asked for}
     */
    JsonNode json() {
        return json;
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
