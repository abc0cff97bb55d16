package io.stitch.reactive.peer.internal.wire;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds a record's stamp where this SDK writes it: as the last field, and in the order of {@link Hlc#toJson}. Looked for from the end,
 * which needs no parser: what stands before two closing braces is outside of every string, and each step back from there is told by a
 * quote that no backslash precedes.
 */
final class StampScan {
    private static final byte[] END = ascii("\"}}");
    private static final byte[] NODE_ID = ascii(",\"nodeId\":\"");
    private static final byte[] COUNTER = ascii(",\"counter\":");
    private static final byte[] FIRST = ascii("\"_hlc\":{\"ts\":");
    private static final byte[] SIG = ascii("\",\"sig\":\"");
    private static final byte[] FIRST_OF_SIGNATURE = ascii("\"_sig\":{\"key\":\"");
    private static final byte[] NAME = ascii("\"_sig\"");
    private static final int MOST_DIGITS = 16;
    private static final int NOT_HERE = -1;

    private StampScan() {}

    /** A stamp in a record, and where the name of its field begins. */
    private record Found(Hlc stamp, int position) {}

    /**
     * Looks at the end of a record.
     *
     * @param record UTF-8 JSON, checked before
     * @return the stamp; {@code null} if it is not there, or written in another way
     */
    static @Nullable Hlc atEnd(byte[] record) {
        Found found = find(record);
        return found == null ? null : found.stamp();
    }

    /**
     * Takes the stamp off the end of a record.
     *
     * @param record UTF-8 JSON, checked before
     * @return the record without it; {@code null} if it is not there, or written in another way
     */
    static byte @Nullable [] without(byte[] record) {
        Found found = find(record);
        if (found == null) {
            return null;
        }
        boolean alone = record[found.position() - 1] == '{';
        byte[] rest = Arrays.copyOf(record, found.position() + (alone ? 1 : 0));
        rest[rest.length - 1] = '}';
        return rest;
    }

    /**
     * Takes a signature off the end of a record that has no stamp any more.
     *
     * @param record UTF-8 JSON, checked before
     * @return the record without it; the same, if it has none; {@code null} if it may have one elsewhere, or written in another way
     */
    static byte @Nullable [] withoutSignature(byte[] record) {
        int sigEnd = before(record, record.length, END);
        int sigStart = stringStart(record, sigEnd);
        int keyEnd = before(record, sigStart, SIG);
        int keyStart = stringStart(record, keyEnd);
        int field = before(record, keyStart, FIRST_OF_SIGNATURE);
        if (field < 1 || (record[field - 1] != ',' && record[field - 1] != '{')) {
            return mentions(record) ? null : record;
        }
        boolean alone = record[field - 1] == '{';
        byte[] rest = Arrays.copyOf(record, field + (alone ? 1 : 0));
        rest[rest.length - 1] = '}';
        return rest;
    }

    private static boolean mentions(byte[] record) {
        for (int end = NAME.length; end <= record.length; end++) {
            if (before(record, end, NAME) != NOT_HERE) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable Found find(byte[] record) {
        int nodeEnd = before(record, record.length, END);
        int nodeStart = stringStart(record, nodeEnd);
        int counterEnd = before(record, nodeStart, NODE_ID);
        int counterStart = digitsStart(record, counterEnd);
        int tsEnd = before(record, counterStart, COUNTER);
        int tsStart = digitsStart(record, tsEnd);
        int field = before(record, tsStart, FIRST);
        if (field < 1 || (record[field - 1] != ',' && record[field - 1] != '{')) {
            return null;
        }
        long counter = number(record, counterStart, counterEnd);
        if (counter > Integer.MAX_VALUE) {
            return null;
        }
        Hlc stamp = Hlc.of(
                number(record, tsStart, tsEnd),
                (int) counter,
                new String(record, nodeStart, nodeEnd - nodeStart, StandardCharsets.UTF_8));
        return stamp == null ? null : new Found(stamp, field);
    }

    /** {@return where the token begins that ends there} */
    private static int before(byte[] json, int end, byte[] token) {
        int start = end - token.length;
        if (start < 0) {
            return NOT_HERE;
        }
        for (int i = 0; i < token.length; i++) {
            if (json[start + i] != token[i]) {
                return NOT_HERE;
            }
        }
        return start;
    }

    private static int stringStart(byte[] json, int end) {
        for (int i = end - 1; i >= 0; i--) {
            if (json[i] == '"') {
                return i + 1;
            }
            if (json[i] == '\\') {
                return NOT_HERE;
            }
        }
        return NOT_HERE;
    }

    private static int digitsStart(byte[] json, int end) {
        int start = end;
        while (start > 0 && json[start - 1] >= '0' && json[start - 1] <= '9') {
            start--;
        }
        return start == end || end - start > MOST_DIGITS ? NOT_HERE : start;
    }

    private static long number(byte[] json, int start, int end) {
        long value = 0;
        for (int i = start; i < end; i++) {
            value = value * 10 + (json[i] - '0');
        }
        return value;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
