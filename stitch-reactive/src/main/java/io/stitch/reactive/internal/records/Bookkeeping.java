package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.wire.EventPayload;
import io.stitch.reactive.internal.wire.Json;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The fields of a record in which stores keep how its other fields are merged (protocol section 5.4). They travel and are kept with it, and
 * nobody is shown them. Pure functions.
 */
public final class Bookkeeping {
    /** The older stamps of single fields. */
    public static final String STAMPS = EventPayload.RECORD_STAMPS;
    /** What was added to numbers. */
    public static final String COUNTERS = EventPayload.RECORD_COUNTERS;
    /** What was put into lists, and taken out of them. */
    public static final String SETS = EventPayload.RECORD_SETS;
    /** All of them. */
    public static final List<String> FIELDS = List.of(STAMPS, COUNTERS, SETS);

    private static final byte[][] NAMES =
            FIELDS.stream().map(Bookkeeping::quoted).toArray(byte[][]::new);

    private static final byte[][] CHANGES = {quoted(COUNTERS), quoted(SETS)};

    private Bookkeeping() {}

    private static byte[] quoted(String name) {
        return ('"' + name + '"').getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Looks at a record without reading it.
     *
     * @param record UTF-8 JSON
     * @return whether it may have one of these fields; what says no is certain
     */
    public static boolean mayBeIn(byte[] record) {
        return mayBeIn(record, NAMES);
    }

    private static boolean mayBeIn(byte[] record, byte[][] names) {
        for (int i = 0; i + 1 < record.length; i++) {
            boolean mayBegin = record[i] == '"' && (record[i + 1] == '_' || record[i + 1] == '\\');
            if (mayBegin && (isAt(record, i, names) || isEscaped(record, i))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Looks at a record without reading it.
     *
     * @param record UTF-8 JSON
     * @return whether it may have what was added to its fields; what says no is certain
     */
    public static boolean hasChangesIn(byte[] record) {
        return mayBeIn(record, CHANGES);
    }

    private static boolean isAt(byte[] record, int start, byte[][] names) {
        for (byte[] name : names) {
            int i = 0;
            while (i < name.length && start + i < record.length && record[start + i] == name[i]) {
                i++;
            }
            if (i == name.length) {
                return true;
            }
        }
        return false;
    }

    /** A name may be written with escapes. */
    private static boolean isEscaped(byte[] record, int start) {
        for (int i = start + 1; i < record.length && record[i] != '"'; i++) {
            if (record[i] == '\\') {
                return true;
            }
        }
        return false;
    }

    /**
     * Reads a record as it is shown.
     *
     * @param record UTF-8 JSON, checked before
     * @return the record without these fields
     */
    public static ObjectNode read(byte[] record) {
        ObjectNode read = Json.readObject(record);
        return mayBeIn(record) ? without(read) : read;
    }

    /**
     * Takes these fields out of a record.
     *
     * @param record the record, which is changed
     * @return the record
     */
    public static ObjectNode without(ObjectNode record) {
        record.remove(FIELDS);
        return record;
    }
}
