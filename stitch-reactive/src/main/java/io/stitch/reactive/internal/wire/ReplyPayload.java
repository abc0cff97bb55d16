package io.stitch.reactive.internal.wire;

import io.stitch.reactive.spi.JsonBounds;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.Set;

/** The payload of a reply, read only as far as somebody looks into it; its {@code data} stays bytes. */
final class ReplyPayload {
    static final String DATA = "data";

    private final byte[] bytes;
    private final JsonNode json;
    private final boolean hasData;
    private final int dataStart;
    private final int dataEnd;

    private ReplyPayload(byte[] bytes, JsonNode json, boolean hasData, int dataStart, int dataEnd) {
        this.bytes = bytes;
        this.json = json;
        this.hasData = hasData;
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
    static ReplyPayload read(byte[] bytes, Set<String> fields) {
        JsonBounds.require(bytes);
        try (JsonParser parser = Json.brief().createParser(bytes)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                ObjectNode json = Json.object();
                boolean hasData = false;
                int start = 0;
                int end = 0;
                for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                    boolean container = parser.nextToken().isStructStart();
                    if (!name.equals(DATA)) {
                        JsonScan.field(parser, name, fields, json);
                        continue;
                    }
                    hasData = true;
                    if (container) {
                        start = JsonScan.start(parser);
                        parser.skipChildren();
                        end = JsonScan.end(parser);
                    }
                }
                if (parser.nextToken() == null) {
                    boolean known = JsonScan.isContainer(bytes, start, end);
                    return new ReplyPayload(bytes, json, hasData, known ? start : 0, known ? end : 0);
                }
            }
        }
        Json.requireOneValue(bytes); // Not one object.
        return new ReplyPayload(bytes, Json.object(), false, 0, 0);
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
        if (dataStart < dataEnd || !hasData) {
            return new Reply.Ok(bytes, dataStart, dataEnd, bytes.length);
        }
        byte[] data = Json.write(Json.read(bytes).path(DATA));
        return new Reply.Ok(data, 0, data.length, bytes.length);
    }
}
