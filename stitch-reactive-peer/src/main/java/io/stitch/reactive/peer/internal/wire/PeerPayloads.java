package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.internal.wire.EventPayload;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Operation;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.TreeMap;

/** The events that peers send each other, and their goodbyes (protocol section 5.2). Pure functions. */
public final class PeerPayloads {
    /** The field of a record, and of the event of a delete, that holds its author's signature. */
    public static final String SIGNATURE = EventPayload.RECORD_SIGNATURE;

    static final String REPLAY = "replay";
    private static final String CLIENT_ID = "clientId";
    private static final String CONNECTED_AT = "connectedAt";

    private PeerPayloads() {}

    /**
     * One record in a peer's manifest.
     *
     * @param entity the record's entity; empty if that is not said, so that any with the id may be meant
     * @param id the record's id
     * @param stamp its stamp
     * @param sum what tells two states with one stamp apart; {@code null} if all fields have that stamp, or it is not said
     */
    public record Entry(
            String entity, String id, Hlc stamp, @Nullable String sum) {
        /**
         * A record whose fields all have its stamp.
         *
         * @param entity the record's entity
         * @param id the record's id
         * @param stamp its stamp
         */
        public Entry(String entity, String id, Hlc stamp) {
            this(entity, id, stamp, null);
        }
    }

    /**
     * Writes an event of somebody who does not sign, as {@link #event(Operation, String, String, byte[], Hlc, String, String, boolean)} does.
     *
     * @param operation what happened
     * @param entity the record's entity
     * @param id the record's id
     * @param data the whole record with its stamp in it, {@code null} on a delete
     * @param stamp the stamp
     * @param sender who publishes it
     * @param replay whether it answers somebody, and is no news by itself
     * @return the payload
     */
    public static byte[] event(
            Operation operation,
            String entity,
            String id,
            byte @Nullable [] data,
            Hlc stamp,
            String sender,
            boolean replay) {
        return event(operation, entity, id, data, stamp, null, sender, replay);
    }

    /**
     * Writes an event. The record goes in as the bytes that it is kept as.
     *
     * @param operation what happened
     * @param entity the record's entity
     * @param id the record's id
     * @param data the whole record with its stamp in it, {@code null} on a delete
     * @param stamp the stamp
     * @param sender who publishes it
     * @param replay whether it answers somebody, and is no news by itself
     * @param proof its author's signature as JSON, if it is a delete and has one; that of a record is in the record
     * @return the payload
     */
    public static byte[] event(
            Operation operation,
            String entity,
            String id,
            byte @Nullable [] data,
            Hlc stamp,
            @Nullable String proof,
            String sender,
            boolean replay) {
        StringBuilder before = new StringBuilder(96).append("{\"operation\":\"").append(operation.payloadName());
        before.append("\",\"entity\":");
        quote(entity, before);
        before.append(",\"id\":");
        quote(id, before);
        StringBuilder after = new StringBuilder(192).append(",\"hlc\":");
        append(stamp, after);
        if (proof != null) {
            after.append(",\"" + SIGNATURE + "\":").append(proof);
        }
        after.append(",\"sender\":");
        quote(sender, after);
        after.append(replay ? ",\"" + REPLAY + "\":true}" : "}");
        return data == null
                ? before.append(after).toString().getBytes(StandardCharsets.UTF_8)
                : around(before.append(",\"data\":"), data, after);
    }

    /**
     * Writes a stamp as the last field of a record.
     *
     * @param record UTF-8 JSON, an object without a stamp
     * @param stamp the stamp
     * @return the record with it
     */
    public static byte[] stamped(byte[] record, Hlc stamp) {
        boolean empty = record[record.length - 2] == '{';
        StringBuilder field = new StringBuilder(128)
                .append(empty ? "\"" : ",\"")
                .append(Hlc.FIELD)
                .append("\":");
        append(stamp, field);
        byte[] end = field.append('}').toString().getBytes(StandardCharsets.UTF_8);
        byte[] whole = Arrays.copyOf(record, record.length - 1 + end.length);
        System.arraycopy(end, 0, whole, record.length - 1, end.length);
        return whole;
    }

    /**
     * Writes a signature and a stamp as the last fields of a record.
     *
     * @param record UTF-8 JSON, an object without either
     * @param signature the signature as JSON
     * @param stamp the stamp
     * @return the record with both
     */
    public static byte[] signed(byte[] record, String signature, Hlc stamp) {
        boolean empty = record[record.length - 2] == '{';
        byte[] field = ((empty ? "\"" : ",\"") + SIGNATURE + "\":" + signature + '}').getBytes(StandardCharsets.UTF_8);
        byte[] whole = Arrays.copyOf(record, record.length - 1 + field.length);
        System.arraycopy(field, 0, whole, record.length - 1, field.length);
        return stamped(whole, stamp);
    }

    /**
     * Takes off what {@link #stamped} and {@link #signed} wrote.
     *
     * @param record UTF-8 JSON, an object that was checked before
     * @return the record without its stamp and its signature; {@code null} if they are not its last fields, or somebody else wrote them in
     *     another way
     */
    public static byte @Nullable [] unstamped(byte[] record) {
        byte[] unstamped = StampScan.without(record);
        return unstamped == null ? null : StampScan.withoutSignature(unstamped);
    }

    /**
     * Finds the signature of what was signed.
     *
     * @param record UTF-8 JSON, an object that was checked before
     * @return its {@code _sig} as JSON, or {@code null} if it has none
     */
    public static @Nullable String signatureOf(byte[] record) {
        JsonNode signature = Json.readObject(record).path(SIGNATURE);
        return signature.isObject() ? signature.toString() : null;
    }

    private static void append(Hlc stamp, StringBuilder json) {
        json.append("{\"ts\":").append(stamp.ts()).append(",\"counter\":").append(stamp.counter());
        json.append(",\"nodeId\":");
        quote(stamp.nodeId(), json);
        json.append('}');
    }

    private static byte[] around(CharSequence before, byte[] data, CharSequence after) {
        byte[] head = before.toString().getBytes(StandardCharsets.UTF_8);
        byte[] tail = after.toString().getBytes(StandardCharsets.UTF_8);
        byte[] whole = Arrays.copyOf(head, head.length + data.length + tail.length);
        System.arraycopy(data, 0, whole, head.length, data.length);
        System.arraycopy(tail, 0, whole, head.length + data.length, tail.length);
        return whole;
    }

    private static void quote(String text, StringBuilder json) {
        json.append('"');
        if (isPlain(text)) {
            json.append(text); // As names mostly are: the encoder costs several times as much.
        } else {
            JsonStringEncoder.getInstance().quoteAsString(text, json);
        }
        json.append('"');
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                return false;
            }
        }
        return true;
    }

    /**
     * Writes that a peer is gone.
     *
     * @param clientId the peer
     * @param connectedAt when it began the connection that ends, in milliseconds since 1970
     * @return the payload
     */
    public static byte[] gone(String clientId, long connectedAt) {
        return Json.write(Json.object().put(CLIENT_ID, clientId).put(CONNECTED_AT, connectedAt));
    }

    /** When the connection was begun on which something was said; -1 if that is not said, or no such time. */
    static long connectedAt(JsonNode said) {
        JsonNode at = said.path(CONNECTED_AT);
        return at.isIntegralNumber() && at.canConvertToLong() ? timeOrNone(at.longValue()) : -1;
    }

    static long timeOrNone(long millis) {
        return millis >= 0 && millis <= Hlc.MAX_TS ? millis : -1;
    }

    /**
     * A record as text that is the same for every order of its fields and every way to write its numbers: fields are sorted by
     * UTF-16 code units, numbers have neither exponents nor trailing zeros.
     *
     * @param record UTF-8 JSON
     * @return the text
     */
    public static String canonical(byte[] record) {
        return canonical(Json.readObject(record));
    }

    /**
     * A value as text, in the same way.
     *
     * @param value any JSON
     * @return the text
     */
    public static String canonical(JsonNode value) {
        StringBuilder text = new StringBuilder();
        canonical(value, text);
        return text.toString();
    }

    private static void canonical(JsonNode node, StringBuilder text) {
        if (node instanceof ObjectNode object) {
            TreeMap<String, JsonNode> sorted = new TreeMap<>();
            object.properties().forEach(field -> sorted.put(field.getKey(), field.getValue()));
            char before = '{';
            for (var field : sorted.entrySet()) {
                text.append(before).append(Json.text(field.getKey())).append(':');
                canonical(field.getValue(), text);
                before = ',';
            }
            text.append(sorted.isEmpty() ? "{}" : "}");
        } else if (node instanceof ArrayNode array) {
            char before = '[';
            for (JsonNode element : array) {
                text.append(before);
                canonical(element, text);
                before = ',';
            }
            text.append(array.isEmpty() ? "[]" : "]");
        } else if (node.isNumber()) {
            text.append(number(node));
        } else {
            text.append(node);
        }
    }

    /** A number of many digits is left as it came: 1E1000000 in full would fill the memory. */
    private static String number(JsonNode node) {
        var value = node.decimalValue().stripTrailingZeros();
        return Math.abs((long) value.scale()) > 400 ? value.toString() : value.toPlainString();
    }
}
