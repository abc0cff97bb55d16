package io.stitch.reactive.spi;

import io.stitch.reactive.Names;
import tools.jackson.databind.JsonNode;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How the values of a field compare, in memory and in a database: {@code false} before {@code true}, numbers by their exact value,
 * texts by the code points of Unicode. What is absent, null, an object or an array comes before booleans, these before numbers, these
 * before texts. Pure.
 */
public final class FieldOrder {
    /** The first byte of {@link #key} of what is absent, null, an object or an array. */
    public static final byte OTHER = 0;
    /** The first byte of {@link #key} of a boolean. */
    public static final byte BOOLEAN = 1;
    /** The first byte of {@link #key} of a number. */
    public static final byte NUMBER = 2;
    /** The first byte of {@link #key} of a text. */
    public static final byte TEXT = 3;

    private static final int ZERO = 0x80;
    /** An exponent of ten has 33 bits, with its sign: it is written as five bytes, of which the first one is of the sign. */
    private static final long LEAST_EXPONENT = -(1L << 33);

    /** A part of a pattern up to this length is looked for place by place. */
    private static final int SHORT = 32;

    private FieldOrder() {}

    /**
     * {@return what kind of value it is: {@link #OTHER}, {@link #BOOLEAN}, {@link #NUMBER} or {@link #TEXT}}
     *
     * @param value the value; a missing node if the field is absent
     */
    public static byte kind(JsonNode value) {
        if (value.isBoolean()) {
            return BOOLEAN;
        }
        if (value.isNumber()) {
            return NUMBER;
        }
        return value.isString() ? TEXT : OTHER;
    }

    /**
     * Compares two values.
     *
     * @param one a value
     * @param other another
     * @return less than 0, 0 or more than 0, as {@link java.util.Comparator#compare} does
     */
    public static int compare(JsonNode one, JsonNode other) {
        int kinds = Byte.compare(kind(one), kind(other));
        if (kinds != 0) {
            return kinds;
        }
        return switch (kind(one)) {
            case BOOLEAN -> Boolean.compare(one.booleanValue(), other.booleanValue());
            case NUMBER -> compareNumbers(one, other);
            case TEXT -> RecordKey.compareTexts(one.stringValue(), other.stringValue());
            default -> 0;
        };
    }

    private static int compareNumbers(JsonNode one, JsonNode other) {
        return one.isIntegralNumber() && one.canConvertToLong() && other.isIntegralNumber() && other.canConvertToLong()
                ? Long.compare(one.longValue(), other.longValue())
                : number(one).compareTo(number(other));
    }

    /**
     * The exact value of a number.
     *
     * @param number the number
     * @return its value, as JSON has it
     */
    public static BigDecimal number(JsonNode number) {
        // A float is written by its own shortest digits, which are not those of the double nearest to it.
        return number.isFloat() ? new BigDecimal(number.asString()) : number.decimalValue();
    }

    /**
     * Gives a value bytes that compare, unsigned, as the values do, and are equal where those are. None begins like another one, texts
     * excepted.
     *
     * @param value the value
     * @return the bytes, as many as a text has in UTF-8 and one, or at most some hundreds of a number
     */
    public static byte[] key(JsonNode value) {
        return switch (kind(value)) {
            case BOOLEAN -> new byte[] {BOOLEAN, (byte) (value.booleanValue() ? 1 : 0)};
            case NUMBER -> ofNumber(number(value));
            case TEXT -> ofText(value.stringValue());
            default -> new byte[] {OTHER};
        };
    }

    /**
     * Gives a text the bytes of {@link #key}.
     *
     * @param text the text
     * @return the bytes; those of a text that it begins with are their beginning
     */
    public static byte[] ofText(String text) {
        byte[] utf8 = bytesOf(text);
        byte[] key = new byte[utf8.length + 1];
        key[0] = TEXT;
        System.arraycopy(utf8, 0, key, 1, utf8.length);
        return key;
    }

    /** UTF-8, and half a character as if it were a whole one: Java writes a question mark for each. */
    private static byte[] bytesOf(String text) {
        if (Names.isWellFormed(text)) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length() + 8);
        text.codePoints().forEach(point -> {
            if (isHalf(point)) {
                bytes.write(0xE0 | (point >> 12));
                bytes.write(0x80 | ((point >> 6) & 0x3F));
                bytes.write(0x80 | (point & 0x3F));
            } else {
                bytes.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
            }
        });
        return bytes.toByteArray();
    }

    private static boolean isHalf(int point) {
        return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    }

    /** The sign, the exponent of ten, then two digits in a byte and an end: of what is negative, all the other way round. */
    private static byte[] ofNumber(BigDecimal value) {
        if (value.signum() == 0) {
            return new byte[] {NUMBER, (byte) ZERO};
        }
        boolean negative = value.signum() < 0;
        BigInteger unscaled = value.unscaledValue().abs();
        String digits = unscaled.toString();
        long exponent = (long) digits.length() - value.scale() - LEAST_EXPONENT;
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
        }
        ByteArrayOutputStream key = new ByteArrayOutputStream(8 + end / 2);
        key.write(NUMBER);
        int turned = negative ? 0xFF : 0;
        key.write(negative ? ZERO - 1 : ZERO + 1);
        for (int shift = 32; shift >= 0; shift -= 8) {
            key.write((int) (exponent >>> shift) ^ turned);
        }
        for (int i = 0; i < end; i += 2) {
            int pair = 10 * (digits.charAt(i) - '0') + (i + 1 < end ? digits.charAt(i + 1) - '0' : 0);
            key.write((pair + 1) ^ turned);
        }
        key.write(turned);
        return key.toByteArray();
    }

    /**
     * Tells whether a text has the parts of a pattern, one after the other: {@code *} stands for any characters, and everything else for
     * itself. In linear time, whatever somebody chose for the text: the first place where a part fits leaves the most room for those
     * behind it.
     *
     * @param text the text
     * @param pattern the pattern
     * @return whether it has
     */
    public static boolean isLike(String text, String pattern) {
        return Names.isWellFormed(pattern)
                ? hasParts(text, pattern)
                // Half a character in it would be found in a whole one.
                : hasParts(characters(text), characters(pattern));
    }

    private static boolean hasParts(String text, String pattern) {
        String[] parts = pattern.split("\\*", -1);
        String last = parts[parts.length - 1];
        if (parts.length == 1) {
            return text.equals(last);
        }
        if (!text.startsWith(parts[0])) {
            return false;
        }
        int at = parts[0].length();
        for (String part : Arrays.asList(parts).subList(1, parts.length - 1)) {
            int found = indexOf(text, part, at);
            if (found < 0) {
                return false;
            }
            at = found + part.length();
        }
        return text.length() - last.length() >= at && text.endsWith(last);
    }

    /**
     * Tells whether a text has another one in it, whatever the case of either: characters are the same if {@link String#equalsIgnoreCase} says
     * so. In linear time, as {@link #isLike}.
     *
     * @param text the text
     * @param part what is looked for
     * @return whether it has
     */
    public static boolean contains(String text, String part) {
        String sought = folded(part);
        return Names.isWellFormed(part)
                ? indexOf(folded(text), sought, 0) >= 0
                : indexOf(characters(folded(text)), characters(sought), 0) >= 0;
    }

    /** As many characters as before, and the same whatever their case was. */
    private static String folded(String text) {
        StringBuilder folded = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            folded.appendCodePoint(Character.toLowerCase(Character.toUpperCase(point)));
            i += Character.charCount(point);
        }
        return folded.toString();
    }

    /** Bytes as a text, in which a character is found only where one is. */
    private static String characters(String text) {
        return new String(bytesOf(text), StandardCharsets.ISO_8859_1);
    }

    /** {@link String#indexOf} is faster, but takes the product of both lengths for a text that nearly has a long part everywhere. */
    private static int indexOf(String text, String part, int from) {
        if (part.length() <= SHORT || part.length() > text.length() - from) {
            return text.indexOf(part, from);
        }
        int[] shorter = beginningsAtEnds(part);
        int matched = 0;
        for (int i = from; i < text.length(); i++) {
            while (matched > 0 && text.charAt(i) != part.charAt(matched)) {
                matched = shorter[matched - 1];
            }
            if (text.charAt(i) == part.charAt(matched)) {
                matched++;
            }
            if (matched == part.length()) {
                return i + 1 - matched;
            }
        }
        return -1;
    }

    /** Of each beginning of a part, how long the longest other beginning is that it ends with (Knuth, Morris and Pratt). */
    private static int[] beginningsAtEnds(String part) {
        int[] lengths = new int[part.length()];
        int matched = 0;
        for (int i = 1; i < lengths.length; i++) {
            while (matched > 0 && part.charAt(i) != part.charAt(matched)) {
                matched = lengths[matched - 1];
            }
            if (part.charAt(i) == part.charAt(matched)) {
                matched++;
            }
            lengths[i] = matched;
        }
        return lengths;
    }
}
