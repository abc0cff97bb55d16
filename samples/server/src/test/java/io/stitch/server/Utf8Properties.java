package io.stitch.server;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import static org.assertj.core.api.Assertions.assertThat;

class Utf8Properties {
    @Property
    void theOrderIsThatOfTheBytes(@ForAll String a, @ForAll String b) {
        String x = encodable(a);
        String y = encodable(b);
        int bytes = Arrays.compareUnsigned(x.getBytes(StandardCharsets.UTF_8), y.getBytes(StandardCharsets.UTF_8));
        assertThat(Integer.signum(Utf8.ORDER.compare(x, y))).isEqualTo(Integer.signum(bytes));
    }

    @Property
    void theOrderIsThatOfTheBytesAfterACommonBeginning(@ForAll int a, @ForAll int b) {
        theOrderIsThatOfTheBytes(
                "t" + Character.toString(a >>> 1 & 0xF_FFFF), "t" + Character.toString(b >>> 1 & 0xF_FFFF));
    }

    /** Half a surrogate pair has no bytes. */
    private static String encodable(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }
}
