package io.stitch.reactive.h2;

import tools.jackson.databind.JsonNode;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A field's value as bytes that sort as the values do. */
final class FieldKey {
    /** H2 takes a megabyte; texts that differ only behind this are sorted by id. */
    static final int LONGEST = 64 * 1024;

    /** What is absent, null, an object or an array. */
    static final byte OTHER = 0;

    private static final byte BOOLEAN = 1;
    private static final byte NUMBER = 2;
    static final byte TEXT = 3;

    /** The field is not there. */
    static final int ABSENT = 0;
    /** It is null. */
    static final int NULL = 1;
    /** It is an object or an array. */
    static final int STRUCTURE = 2;
    /** It is a boolean, a number or a text. */
    static final int SCALAR = 3;

    private FieldKey() {}

    /** {@return what there is: nothing, null, a structure or a scalar} */
    static int state(JsonNode value) {
        if (value.isMissingNode()) {
            return ABSENT;
        }
        if (value.isNull()) {
            return NULL;
        }
        return value.isContainer() ? STRUCTURE : SCALAR;
    }

    /** {@return the bytes} They may be longer than what is kept. */
    static byte[] of(JsonNode value) {
        if (value.isBoolean()) {
            return new byte[] {BOOLEAN, (byte) (value.booleanValue() ? 1 : 0)};
        }
        if (value.isNumber()) {
            // Infinite beyond the range of a double, where Jackson's own conversion fails.
            long bits = Double.doubleToLongBits(value.numberValue().doubleValue() + 0.0);
            // Negative numbers sort the other way round, and before the positive ones.
            long sortable = bits < 0 ? ~bits : bits ^ Long.MIN_VALUE;
            return ByteBuffer.allocate(9).put(NUMBER).putLong(sortable).array();
        }
        return value.isString() ? ofText(value.stringValue()) : new byte[] {OTHER};
    }

    static byte[] ofText(String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(1 + text.length).put(TEXT).put(text).array();
    }

    /** {@return the bytes that are kept} */
    static byte[] kept(JsonNode value) {
        byte[] key = of(value);
        return key.length <= LONGEST ? key : Arrays.copyOf(key, LONGEST);
    }

    /** {@return the smallest key that is larger than all that begin so; no UTF-8 and no kind ends in the largest byte} */
    static byte[] behind(byte[] beginning) {
        byte[] next = beginning.clone();
        next[next.length - 1]++;
        return next;
    }
}
