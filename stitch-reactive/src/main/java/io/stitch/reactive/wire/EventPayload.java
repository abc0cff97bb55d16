package io.stitch.reactive.wire;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.Arrays;

/**
 * The payload of an event, read in one pass into what the rules look at; its record stays bytes. Trees of even those few fields took as
 * much time and memory as all the rest of decoding an event.
 */
final class EventPayload {
    private final byte[] bytes;
    private final @Nullable String scopeField;
    private @Nullable String id;
    private String operation = "";
    private String sender = "";
    private boolean hasOperationId;
    private boolean isReplay;
    private boolean hasStamp;
    private @Nullable Hlc stamp;
    private Data data = Data.NOTHING;
    private int dataStart;
    private int dataEnd;
    private @Nullable String recordId;
    private boolean statesScope;
    private @Nullable String scope;
    private boolean hasVersion;
    private long version = ChangeEvent.NO_VERSION;
    private double updatedAt = Double.NaN;
    private boolean recordHasStamp;
    private @Nullable Hlc recordStamp;
    private @Nullable ObjectNode corrections;

    private enum Data {
        NOTHING,
        RECORD,
        SOMETHING_ELSE
    }

    private EventPayload(byte[] bytes, @Nullable String scopeField) {
        this.bytes = bytes;
        this.scopeField = scopeField;
    }

    /**
     * Reads a payload.
     *
     * @param bytes the payload; kept, not to be modified
     * @param scopeField the field of the record that names its scope, if it has one
     * @return the payload; one without anything in it if it is JSON but not an object
     * @throws tools.jackson.core.JacksonException if it is not JSON or breaks a bound
     */
    static EventPayload read(byte[] bytes, @Nullable String scopeField) {
        EventPayload payload = new EventPayload(bytes, scopeField);
        try (JsonParser parser = Json.tokens(bytes)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                payload.read(parser);
                if (parser.nextToken() == null) {
                    return payload;
                }
            }
        }
        Json.read(bytes); // Not one object: reading it whole says what is wrong.
        return new EventPayload(bytes, scopeField);
    }

    private void read(JsonParser parser) {
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            JsonToken value = parser.nextToken();
            switch (name) {
                case "id" -> id = JsonScan.text(parser);
                case "operation" -> operation = textOr(parser, operation);
                case "sender" -> sender = textOr(parser, sender);
                case "operation_id" -> hasOperationId = value != JsonToken.VALUE_NULL;
                case PeerPayloads.REPLAY -> isReplay = value == JsonToken.VALUE_TRUE;
                case "hlc" -> {
                    hasStamp = true;
                    stamp = Hlc.read(parser);
                }
                case ReplyPayload.DATA -> readData(parser, value);
                default -> {}
            }
            parser.skipChildren();
        }
    }

    private void readData(JsonParser parser, JsonToken value) {
        if (value == JsonToken.START_OBJECT) {
            data = Data.RECORD;
            int start = JsonScan.start(parser);
            readRecord(parser);
            int end = JsonScan.end(parser);
            if (JsonScan.isContainer(bytes, start, end)) {
                dataStart = start;
                dataEnd = end;
            }
        } else if (value != JsonToken.VALUE_NULL) {
            data = Data.SOMETHING_ELSE;
        }
    }

    private void readRecord(JsonParser parser) {
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            JsonToken value = parser.nextToken();
            if (name.equals(scopeField)) {
                statesScope = true;
                scope = JsonScan.text(parser);
            }
            switch (name) {
                case "id" -> recordId = JsonScan.text(parser);
                case "_version" -> {
                    hasVersion = true;
                    version = value == JsonToken.VALUE_NULL ? ChangeEvent.NO_VERSION : versionOf(parser);
                }
                case "updatedAt" -> updatedAt = Json.number(parser);
                case Hlc.FIELD -> {
                    recordHasStamp = true;
                    recordStamp = Hlc.read(parser);
                }
                default -> {}
            }
            parser.skipChildren();
        }
    }

    private static String textOr(JsonParser parser, String otherwise) {
        String text = JsonScan.text(parser);
        return text == null ? otherwise : text;
    }

    /** {@return the version, or below {@link ChangeEvent#NO_VERSION} if it is none} */
    private static long versionOf(JsonParser parser) {
        long version = JsonScan.integer(parser);
        return version < 0 ? ChangeEvent.NO_VERSION - 1 : version;
    }

    /** {@return the id, or {@code null} if it is missing or not a string} */
    @Nullable
    String id() {
        return id;
    }

    /** {@return the name of the operation, empty if it is missing or not a string} */
    String operation() {
        return operation;
    }

    /** {@return who published it, empty if that is missing or not a string} */
    String sender() {
        return sender;
    }

    /** {@return whether it has an {@code operation_id}} */
    boolean hasOperationId() {
        return hasOperationId;
    }

    /** {@return whether it answers a hello} */
    boolean isReplay() {
        return isReplay;
    }

    /** {@return whether it has an {@code hlc}} */
    boolean hasStamp() {
        return hasStamp;
    }

    /** {@return its {@code hlc}, or {@code null} if that is missing or no stamp} */
    @Nullable
    Hlc stamp() {
        return stamp;
    }

    /** {@return whether its {@code data} is an object} */
    boolean hasRecord() {
        return data == Data.RECORD;
    }

    /** {@return whether it has no {@code data}, or null} */
    boolean hasNoData() {
        return data == Data.NOTHING;
    }

    /** {@return the record's id, or {@code null} if it is missing or not a string} */
    @Nullable
    String recordId() {
        return recordId;
    }

    /** {@return whether the record has the field that names its scope} */
    boolean statesScope() {
        return statesScope;
    }

    /** {@return the scope that the record states, or {@code null} if that is not a string} */
    @Nullable
    String scope() {
        return scope;
    }

    /** {@return whether the record has a {@code _version}} */
    boolean hasVersion() {
        return hasVersion;
    }

    /** {@return the record's {@code _version}, {@link ChangeEvent#NO_VERSION} if it has none, and less if it is no version} */
    long version() {
        return version;
    }

    /** {@return the record's {@code updatedAt}, or NaN if that is not a number} */
    double updatedAt() {
        return updatedAt;
    }

    /** {@return whether the record has an {@code _hlc}} */
    boolean recordHasStamp() {
        return recordHasStamp;
    }

    /** {@return the record's {@code _hlc}, or {@code null} if that is missing or no stamp} */
    @Nullable
    Hlc recordStamp() {
        return recordStamp;
    }

    /** Has the record say what its topic says. */
    void correct(String field, JsonNode value) {
        ObjectNode all = corrections;
        if (all == null) {
            all = Json.object();
            corrections = all;
        }
        all.set(field, value);
    }

    /**
     * {@return the record as UTF-8 JSON, corrected} To be called only if there is one.
     */
    byte[] record() {
        if (corrections == null && dataStart < dataEnd) {
            return Arrays.copyOfRange(bytes, dataStart, dataEnd);
        }
        ObjectNode record = (ObjectNode) Json.read(bytes).path(ReplyPayload.DATA);
        if (corrections != null) {
            record.setAll(corrections);
        }
        return Json.write(record);
    }
}
