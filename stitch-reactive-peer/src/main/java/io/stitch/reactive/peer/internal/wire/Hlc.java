package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.Names;
import io.stitch.reactive.internal.wire.EventPayload;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.JsonScan;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The stamp of a write between peers: a time of a hybrid logical clock and who read it (protocol section 5.1). Ordered by time, then
 * by counter, then by the UTF-16 code units of the node id.
 *
 * @param ts milliseconds since 1970, 0 to 2⁵³−1
 * @param counter orders what has one time, 0 to 2³¹−1
 * @param nodeId the clock that was read
 */
public record Hlc(long ts, int counter, String nodeId) implements Comparable<Hlc> {
    /** The latest time: a JSON number is exact up to here everywhere. */
    public static final long MAX_TS = (1L << 53) - 1;

    /** The field of a record that carries its stamp. */
    public static final String FIELD = EventPayload.RECORD_STAMP;

    /** The longest node id: a client id, and what tells two databases of it apart. */
    public static final int MAX_NODE_ID = 256;

    /**
     * Checks the bounds.
     *
     * @param ts milliseconds since 1970
     * @param counter orders what has one time
     * @param nodeId the clock
     * @throws IllegalArgumentException if one is out of bounds
     */
    public Hlc {
        if (ts < 0
                || ts > MAX_TS
                || counter < 0
                || nodeId.isEmpty()
                || nodeId.length() > MAX_NODE_ID
                || hasControl(nodeId)
                // Others could neither be told of it nor find it in a database again.
                || !Names.isWellFormed(nodeId)) {
            throw new IllegalArgumentException("Not a stamp: %d, %d, '%s'.".formatted(ts, counter, nodeId));
        }
    }

    private static boolean hasControl(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public int compareTo(Hlc other) {
        int order = Long.compare(ts, other.ts);
        if (order == 0) {
            order = Integer.compare(counter, other.counter);
        }
        return order == 0 ? nodeId.compareTo(other.nodeId) : order;
    }

    /**
     * Tells whether this is later.
     *
     * @param other another stamp, or {@code null}
     * @return whether this is later, which any stamp is than none
     */
    public boolean isAfter(@Nullable Hlc other) {
        return other == null || compareTo(other) > 0;
    }

    /**
     * {@return this as the wire and records carry it}
     */
    public ObjectNode toJson() {
        return Json.object().put("ts", ts).put("counter", counter).put("nodeId", nodeId);
    }

    /**
     * Reads what the wire carries.
     *
     * @param json the stamp
     * @return the stamp, or {@code null} if it is none or breaks a bound
     */
    public static @Nullable Hlc parse(JsonNode json) {
        JsonNode ts = json.path("ts");
        JsonNode counter = json.path("counter");
        JsonNode nodeId = json.path("nodeId");
        if (!ts.isIntegralNumber()
                || !ts.canConvertToLong()
                || !counter.isIntegralNumber()
                || !counter.canConvertToInt()
                || !nodeId.isString()) {
            return null;
        }
        return of(ts.longValue(), counter.intValue(), nodeId.stringValue());
    }

    /**
     * Reads what the wire carries without a tree of it.
     *
     * @param parser at the value; afterwards at its end
     * @return the stamp, or {@code null} if it is none or breaks a bound
     */
    static @Nullable Hlc read(JsonParser parser) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return null;
        }
        long ts = -1;
        long counter = -1;
        String nodeId = null;
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            parser.nextToken();
            switch (name) {
                case "ts" -> ts = JsonScan.integer(parser);
                case "counter" -> counter = JsonScan.integer(parser);
                case "nodeId" -> nodeId = JsonScan.text(parser);
                default -> {}
            }
            parser.skipChildren();
        }
        return counter < 0 || counter > Integer.MAX_VALUE || nodeId == null ? null : of(ts, (int) counter, nodeId);
    }

    static @Nullable Hlc of(long ts, int counter, String nodeId) {
        try {
            return new Hlc(ts, counter, nodeId);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /**
     * Reads the stamp of a record without reading the rest of it.
     *
     * @param record UTF-8 JSON, checked before
     * @return the stamp, or {@code null} if the record has none
     */
    public static @Nullable Hlc ofRecord(byte[] record) {
        Hlc atEnd = StampScan.atEnd(record);
        return atEnd == null ? anywhere(record) : atEnd;
    }

    private static @Nullable Hlc anywhere(byte[] record) {
        try (JsonParser parser = Json.rereading(record)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                    parser.nextToken();
                    if (name.equals(FIELD)) {
                        return read(parser);
                    }
                    parser.skipChildren();
                }
            }
            return null;
        }
    }

    /**
     * {@return this as one word, as tombstones and facts keep it}
     */
    public String text() {
        return ts + "." + counter + '.' + nodeId;
    }

    /**
     * Reads what {@link #text()} wrote.
     *
     * @param text the word
     * @return the stamp, or {@code null} if it is none
     */
    public static @Nullable Hlc parse(String text) {
        String[] parts = text.split("\\.", 3);
        if (parts.length != 3 || !parts[0].matches("[0-9]{1,16}") || !parts[1].matches("[0-9]{1,9}|[12][0-9]{9}")) {
            return null;
        }
        long counter = Long.parseLong(parts[1]);
        return counter > Integer.MAX_VALUE ? null : of(Long.parseLong(parts[0]), (int) counter, parts[2]);
    }
}
