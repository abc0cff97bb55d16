package io.stitch.reactive.spi;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
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
    /** Values, names and brackets in one message. */
    public static final long MAX_TOKENS = 4_000_000;

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
            return parser.nextToken() == null ? null : "more than one JSON object";
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
            if (MAPPER.readTree(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException(unreadable(e), e);
        }
        throw new IllegalArgumentException(NO_OBJECT);
    }
}
