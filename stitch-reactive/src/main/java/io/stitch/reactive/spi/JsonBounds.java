package io.stitch.reactive.spi;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonFactoryBuilder;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What a store reads of JSON, from the wire and from disk, and so what it takes to be written. */
public final class JsonBounds {
    /** Objects and arrays inside each other; a record rarely needs five. */
    public static final int MAX_DEPTH = 64;
    /** Characters of a field's name. */
    public static final int MAX_NAME_LENGTH = 4_096;
    /** Characters of a text. */
    public static final int MAX_STRING_LENGTH = 16 * 1024 * 1024;
    /** Characters of a number. */
    public static final int MAX_NUMBER_LENGTH = 1_000;
    /** How far from zero the exponent of a number may be: one beyond fits no decimal, or takes for ever to compare with another. */
    public static final int MAX_EXPONENT = 9_999;
    /** Values, names and brackets in one message. */
    public static final long MAX_TOKENS = 4_000_000;

    private static final int EXPONENT_DIGITS = 4;
    private static final String NO_OBJECT = "no JSON object";

    static final JsonMapper MAPPER = JsonMapper.builder(factory(MAX_TOKENS).build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private JsonBounds() {}

    /**
     * Begins a factory of readers with these bounds.
     *
     * @param maxTokens how many tokens one reader reads, or -1 for any number
     * @return a builder
     */
    public static JsonFactoryBuilder factory(long maxTokens) {
        return JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxTokenCount(maxTokens)
                        .maxNameLength(MAX_NAME_LENGTH)
                        .maxStringLength(MAX_STRING_LENGTH)
                        .maxNumberLength(MAX_NUMBER_LENGTH)
                        .build())
                // A name is data here: interning foreign names would let somebody fill the table.
                .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES);
    }

    /**
     * Requires of what is read that no number has an exponent beyond the bound, which a reader that skips numbers does not notice.
     *
     * @param json UTF-8, or what else JSON may be in
     * @throws JacksonException if one has
     */
    public static void requireExponents(byte[] json) {
        if (mayHaveLargeExponent(json)) {
            try (JsonParser parser = MAPPER.createParser(json)) {
                requireExponents(parser);
            }
        }
    }

    private static void requireExponents(JsonParser parser) {
        for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
            if (token == JsonToken.VALUE_NUMBER_FLOAT && hasLargeExponent(parser.getString())) {
                throw new StreamConstraintsException(
                        "a number has an exponent beyond %d".formatted(MAX_EXPONENT), parser.currentLocation());
            }
        }
    }

    /**
     * {@return whether a number has an exponent beyond the bound}
     *
     * @param number as JSON has it
     */
    private static boolean hasLargeExponent(String number) {
        int e = Math.max(number.indexOf('e'), number.indexOf('E'));
        if (e < 0) {
            return false;
        }
        int digit = number.charAt(e + 1) == '+' || number.charAt(e + 1) == '-' ? e + 2 : e + 1;
        while (digit < number.length() && number.charAt(digit) == '0') {
            digit++;
        }
        return number.length() - digit > EXPONENT_DIGITS;
    }

    /** Looks for what is rare in passing: a digit, an e and more digits than an exponent has. It may be in a text. */
    private static boolean mayHaveLargeExponent(byte[] json) {
        if (json.length > 1 && (json[0] <= 0 || json[1] <= 0)) { // Not in UTF-8, or begun by what says so.
            return true;
        }
        for (int i = 1; i < json.length - EXPONENT_DIGITS; i++) {
            if ((json[i] | 0x20) == 'e' && isDigit(json[i - 1])) {
                int digit = json[i + 1] == '+' || json[i + 1] == '-' ? i + 2 : i + 1;
                int end = digit + EXPONENT_DIGITS + 1;
                while (digit < json.length && digit < end && isDigit(json[digit])) {
                    digit++;
                }
                if (digit == end) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    /**
     * Looks whether bytes that were kept are an object within the bounds, without making a tree of it.
     *
     * @param json UTF-8
     * @return what is wrong with them, or {@code null}
     */
    public static @Nullable String problem(byte[] json) {
        try (JsonParser parser = MAPPER.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return NO_OBJECT;
            }
            if (json.length <= MAX_STRING_LENGTH) {
                parser.skipChildren();
            } else if (hasLongText(parser)) { // Which a parser that skips does not notice.
                return "a text has more than %d characters".formatted(MAX_STRING_LENGTH);
            }
            if (parser.nextToken() != null) {
                return "more than one JSON object";
            }
            requireExponents(json);
            return null;
        } catch (JacksonException e) {
            return unreadable(e);
        }
    }

    private static boolean hasLongText(JsonParser parser) {
        while (!parser.streamReadContext().inRoot()) {
            if (parser.nextToken() == JsonToken.VALUE_STRING && parser.getStringLength() > MAX_STRING_LENGTH) {
                return true;
            }
        }
        return false;
    }

    private static String unreadable(JacksonException e) {
        return "no JSON that a store reads: " + e.getOriginalMessage();
    }

    /**
     * Reads what should be a JSON object, as a record or a write is kept.
     *
     * @param json UTF-8
     * @return the object; numbers keep every digit
     * @throws IllegalArgumentException if it is none, or beyond a bound
     */
    public static ObjectNode read(byte[] json) {
        try {
            requireExponents(json);
            if (MAPPER.readTree(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException(unreadable(e), e);
        }
        throw new IllegalArgumentException(NO_OBJECT);
    }
}
