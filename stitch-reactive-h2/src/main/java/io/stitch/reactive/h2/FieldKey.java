package io.stitch.reactive.h2;

import io.stitch.reactive.spi.FieldOrder;
import tools.jackson.databind.JsonNode;

import java.util.Arrays;

/** A field's value as it is kept in an index: as bytes that sort as the values do, and what there is. */
final class FieldKey {
    /** H2 takes a megabyte; texts that differ only behind this are sorted by id. */
    static final int LONGEST = 64 * 1024;

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

    /** {@return the bytes that are kept} */
    static byte[] kept(JsonNode value) {
        byte[] key = FieldOrder.key(value);
        return key.length <= LONGEST ? key : Arrays.copyOf(key, LONGEST);
    }

    /** {@return the smallest key that is larger than all that begin so; no UTF-8 and no kind ends in the largest byte} */
    static byte[] behind(byte[] beginning) {
        byte[] next = beginning.clone();
        next[next.length - 1]++;
        return next;
    }
}
