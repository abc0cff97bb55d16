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

import java.io.Serial;

/** What a store reads of JSON, from the wire and from disk, and so what it takes to be written. */
public final class JsonBounds {
    /** Objects and arrays inside each other; a record rarely needs five. */
    public static final int MAX_DEPTH = 64;
    /** Characters of a field's name. */
    public static final int MAX_NAME_LENGTH = 4_096;
    /** Characters of a text. */
    public static final int MAX_STRING_LENGTH = 16 * 1024 * 1024;
    /** Characters of a number: what a decimal takes to be made grows with their square. */
    public static final int MAX_NUMBER_LENGTH = 750;
    /** How far from zero the exponent of a number may be: one beyond fits no decimal, or takes for ever to compare with another. */
    public static final int MAX_EXPONENT = 9_999;
    /** Values, names and brackets in one message. */
    public static final long MAX_TOKENS = 4_000_000;
    /** Values of one list, or of one object. */
    public static final int MAX_ELEMENTS = 250_000;
    /** Values of one message, lists and objects included. */
    public static final int MAX_VALUES = 500_000;
    /** Different names of fields in one message. */
    public static final int MAX_NAMES = 10_000;
    /** What those have together, in bytes. */
    public static final int MAX_NAMES_BYTES = 1024 * 1024;
    /** Values of a record that is written. */
    public static final int MAX_RECORD_VALUES = 300_000;
    /** Different names of fields in a record that is written. */
    public static final int MAX_RECORD_NAMES = 5_000;

    /** What a record takes in a manifest, with the shortest names that there are; seven values. */
    private static final int LISTED_BYTES = 50;

    private static final int LISTED_VALUE_BYTES = 8;
    static final int EXPONENT_DIGITS = 4;
    static final String LARGE_EXPONENT = "a number has an exponent beyond %d".formatted(MAX_EXPONENT);
    static final String NO_UTF8 = "a text is not in UTF-8";
    private static final JsonCounts.Limits MESSAGE =
            new JsonCounts.Limits(MAX_ELEMENTS, MAX_VALUES, MAX_NAMES, MAX_NAMES_BYTES);
    /** Less than a message has room for: other things lie around a record when it is sent and kept. */
    private static final JsonCounts.Limits RECORD =
            new JsonCounts.Limits(MAX_ELEMENTS, MAX_RECORD_VALUES, MAX_RECORD_NAMES, MAX_NAMES_BYTES / 2);

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

    /** JSON has more of something than is read: the message says of what. */
    public static final class TooManyException extends StreamConstraintsException {
        @Serial
        private static final long serialVersionUID = 1;

        private TooManyException(String message) {
            super(message);
        }
    }

    /**
     * Requires of what is read that it has neither more values or names than the bounds, nor a number with an exponent beyond it, nor bytes that
     * are no UTF-8: a reader notices none of it in time. To be called before any other work.
     *
     * @param json UTF-8, or what else JSON may be in
     * @throws TooManyException if it has more of something
     * @throws JacksonException if it has such a number, or such bytes
     */
    public static void require(byte[] json) {
        require(json, MESSAGE);
    }

    /**
     * Requires the same of what lists many records, such as a manifest, and is as large as the application allows: the number of its values
     * is bounded by its bytes.
     *
     * @param json UTF-8, or what else JSON may be in
     * @throws TooManyException if it has more of something
     * @throws JacksonException if it has a number that is not read
     */
    public static void requireListing(byte[] json) {
        require(
                json,
                new JsonCounts.Limits(
                        Math.max(MAX_ELEMENTS, json.length / LISTED_BYTES),
                        Math.max(MAX_VALUES, json.length / LISTED_VALUE_BYTES),
                        MAX_NAMES,
                        MAX_NAMES_BYTES));
    }

    private static void require(byte[] json, JsonCounts.Limits limits) {
        String problem = JsonCounts.problem(json, limits);
        if (problem != null) {
            throw problem.equals(LARGE_EXPONENT) || problem.equals(NO_UTF8)
                    ? new StreamConstraintsException(problem)
                    : new TooManyException(problem);
        }
    }

    /**
     * Looks whether a record that is to be written has more values or names than will be read.
     *
     * @param json UTF-8
     * @return what is wrong with it, or {@code null}
     */
    public static @Nullable String recordProblem(byte[] json) {
        return JsonCounts.problem(json, RECORD);
    }

    /**
     * Looks whether bytes that were kept are an object within the bounds, without making a tree of it.
     *
     * @param json UTF-8
     * @return what is wrong with them, or {@code null}
     */
    public static @Nullable String problem(byte[] json) {
        try (JsonParser parser = MAPPER.createParser(json)) {
            String problem = JsonCounts.problem(json, MESSAGE);
            if (problem != null) {
                return problem;
            }
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
            require(json);
            if (MAPPER.readTree(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException(unreadable(e), e);
        }
        throw new IllegalArgumentException(NO_OBJECT);
    }
}
