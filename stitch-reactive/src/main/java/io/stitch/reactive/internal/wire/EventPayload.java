package io.stitch.reactive.internal.wire;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.Arrays;
import java.util.Set;
import java.util.function.Function;

/**
 * The payload of an event, read in one pass into what the rules look at; its record stays bytes. Trees of even those few fields took as
 * much time and memory as all the rest of decoding an event.
 */
public final class EventPayload<S> {
    /** The field of an event that holds a peer's stamp. */
    public static final String STAMP = "hlc";
    /** The field of a record that holds a peer's stamp. */
    public static final String RECORD_STAMP = "_hlc";
    /** The field of a record that holds the older stamps of its fields. */
    public static final String RECORD_STAMPS = "_stamps";
    /** The field of a record that holds what was added to its numbers. */
    public static final String RECORD_COUNTERS = "_counters";
    /** The field of a record that holds what was put into its lists, and taken out of them. */
    public static final String RECORD_SETS = "_sets";
    /** The field of a record that holds its author's signature. */
    public static final String RECORD_SIGNATURE = "_sig";

    private final byte[] bytes;
    private final Function<JsonParser, @Nullable S> stamps;
    private final @Nullable String scopeField;
    private final String timeField;
    private @Nullable String id;
    private @Nullable String entity;
    private String operation = "";
    private String sender = "";
    private boolean hasOperationId;
    private boolean isReplay;
    private boolean isRestored;
    private long count = -1;
    private @Nullable String epoch;
    private boolean hasStamp;
    private @Nullable S stamp;
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
    private @Nullable S recordStamp;
    private @Nullable ObjectNode bookkeeping;
    private @Nullable ObjectNode corrections;

    private enum Data {
        NOTHING,
        RECORD,
        SOMETHING_ELSE
    }

    private EventPayload(
            byte[] bytes, @Nullable String scopeField, String timeField, Function<JsonParser, @Nullable S> stamps) {
        this.stamps = stamps;
        this.bytes = bytes;
        this.scopeField = scopeField;
        this.timeField = timeField;
    }

    /**
     * Reads a payload.
     *
     * @param bytes the payload; kept, not to be modified
     * @param scopeField the field of the record that names its scope, if it has one
     * @param timeField the field of the record that says when it was changed
     * @param stamps reads stamps
     * @return the payload; one without anything in it if it is JSON but not an object
     * @throws tools.jackson.core.JacksonException if it is not JSON or breaks a bound
     */
    public static <S> EventPayload<S> read(
            byte[] bytes, @Nullable String scopeField, String timeField, Function<JsonParser, @Nullable S> stamps) {
        EventPayload<S> payload = new EventPayload<>(bytes, scopeField, timeField, stamps);
        try (JsonParser parser = Json.tokens(bytes)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                payload.read(parser);
                if (parser.nextToken() == null) {
                    return payload;
                }
            }
        }
        Json.requireOneValue(bytes); // Not one object.
        return new EventPayload<>(bytes, scopeField, timeField, stamps);
    }

    private void read(JsonParser parser) {
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            JsonToken value = parser.nextToken();
            switch (name) {
                case "id" -> id = JsonScan.text(parser);
                case "entity" -> entity = JsonScan.text(parser);
                case "operation" -> operation = textOr(parser, operation);
                case "sender" -> sender = textOr(parser, sender);
                case "operation_id" -> hasOperationId = value != JsonToken.VALUE_NULL;
                case "replay" -> isReplay = value == JsonToken.VALUE_TRUE;
                case "restored" -> isRestored = value == JsonToken.VALUE_TRUE;
                case "count" -> count = JsonScan.integer(parser);
                case "epoch" -> epoch = JsonScan.text(parser);
                case STAMP -> {
                    hasStamp = true;
                    stamp = stamps.apply(parser);
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
            if (name.equals(timeField)) {
                updatedAt = Json.number(parser);
            }
            switch (name) {
                case "id" -> recordId = JsonScan.text(parser);
                case "_version" -> {
                    hasVersion = true;
                    version = value == JsonToken.VALUE_NULL ? ChangeEvent.NO_VERSION : versionOf(parser);
                }
                case RECORD_STAMP -> {
                    recordHasStamp = true;
                    recordStamp = stamps.apply(parser);
                }
                case RECORD_STAMPS, RECORD_COUNTERS, RECORD_SETS -> {
                    ObjectNode all = bookkeeping == null ? Json.object() : bookkeeping;
                    all.set(name, JsonScan.tree(parser));
                    bookkeeping = all;
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
        return version < 0 || version > ChangeEvent.MAX_VERSION ? ChangeEvent.NO_VERSION - 1 : version;
    }

    /** {@return the id, or {@code null} if it is missing or not a string} */
    @Nullable
    public String id() {
        return id;
    }

    /** {@return the entity that it names, or {@code null} if that is missing or not a string} */
    @Nullable
    public String entity() {
        return entity;
    }

    /** {@return the name of the operation, empty if it is missing or not a string} */
    public String operation() {
        return operation;
    }

    /** {@return who published it, empty if that is missing or not a string} */
    public String sender() {
        return sender;
    }

    /** {@return whether it has an {@code operation_id}} */
    public boolean hasOperationId() {
        return hasOperationId;
    }

    /** {@return whether it answers a hello} */
    public boolean isReplay() {
        return isReplay;
    }

    /** {@return whether it says that its server went back to the version that it has} */
    public boolean isRestored() {
        return isRestored;
    }

    /** {@return which of its scope's events it is, or {@code null} if it does not say} */
    @Nullable
    public EventCount count() {
        return EventCount.of(count, epoch);
    }

    /** {@return whether it has an {@code hlc}} */
    public boolean hasStamp() {
        return hasStamp;
    }

    /** {@return its {@code hlc}, or {@code null} if that is missing or no stamp} */
    @Nullable
    public S stamp() {
        return stamp;
    }

    /** {@return whether its {@code data} is an object} */
    public boolean hasRecord() {
        return data == Data.RECORD;
    }

    /** {@return whether it has no {@code data}, or null} */
    public boolean hasNoData() {
        return data == Data.NOTHING;
    }

    /** {@return the record's id, or {@code null} if it is missing or not a string} */
    @Nullable
    public String recordId() {
        return recordId;
    }

    /** {@return whether the record has the field that names its scope} */
    public boolean statesScope() {
        return statesScope;
    }

    /** {@return the scope that the record states, or {@code null} if that is not a string} */
    @Nullable
    public String scope() {
        return scope;
    }

    /** {@return whether the record has a {@code _version}} */
    public boolean hasVersion() {
        return hasVersion;
    }

    /** {@return the record's {@code _version}, {@link ChangeEvent#NO_VERSION} if it has none, and less if it is no version} */
    public long version() {
        return version;
    }

    /** {@return when the record says that it was changed, or NaN if that is not a number} */
    public double updatedAt() {
        return updatedAt;
    }

    /** {@return whether the record has an {@code _hlc}} */
    public boolean recordHasStamp() {
        return recordHasStamp;
    }

    /** {@return the record's {@code _hlc}, or {@code null} if that is missing or no stamp} */
    @Nullable
    public S recordStamp() {
        return recordStamp;
    }

    /** {@return those of its fields that say how the others are merged, or {@code null} if the record has none} */
    @Nullable
    public ObjectNode bookkeeping() {
        return bookkeeping;
    }

    /** Has the record say what its topic says. */
    public void correct(String field, JsonNode value) {
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
    public byte[] record() {
        if (dataStart < dataEnd) {
            byte[] record = Arrays.copyOfRange(bytes, dataStart, dataEnd);
            var corrected =
                    corrections == null ? null : JsonSplice.set(record, corrections, JsonNode::equals, Set.of());
            if (corrections == null || corrected != null) {
                return corrected == null ? record : corrected.json();
            }
        }
        ObjectNode record = (ObjectNode) Json.read(bytes).path(ReplyPayload.DATA);
        if (corrections != null) {
            record.setAll(corrections);
        }
        return Json.write(record);
    }
}
