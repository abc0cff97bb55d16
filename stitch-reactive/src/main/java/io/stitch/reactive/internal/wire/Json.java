package io.stitch.reactive.internal.wire;

import io.stitch.reactive.spi.JsonBounds;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonFactoryBuilder;
import tools.jackson.core.util.JsonRecyclerPools;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * JSON as the wire has it: trees and bytes, with bounds on what is read.
 *
 * <p>Numbers keep every digit (big decimals, not doubles), so that a record that passes through is not changed.
 */
public final class Json {
    /** Characters of a text that {@link #brief} reads; one that is skipped may have more. */
    private static final int MAX_BRIEF_TEXT = 65_536;

    private static final JsonMapper MAPPER = mapper(factory(JsonBounds.MAX_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build());
    /** For what was checked when it came: looking for duplicate names again is a third of reading a record. */
    private static final JsonMapper REREADING =
            mapper(factory(JsonBounds.MAX_TOKENS).build());
    /** For what a reply has beside its data, of which nobody reads a book: to undo the escapes of one takes longer than all else. */
    private static final JsonMapper BRIEF = mapper(brief(factory(JsonBounds.MAX_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build()));
    /** For what is read one entry at a time, and is bounded by its bytes. */
    private static final JsonMapper STREAMED = mapper(
            factory(-1).enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());

    static {
        // A mapper takes a lock to learn a type; here, so that no reactive thread ever waits for it.
        MAPPER.readTree("{}");
        MAPPER.writeValueAsBytes(MAPPER.createObjectNode());
        REREADING.readTree("{}");
    }

    private Json() {}

    private static JsonFactoryBuilder factory(long maxTokens) {
        return JsonBounds.factory(maxTokens)
                // Few threads read and write: each keeps its buffers, which costs less than a pool that all share.
                .recyclerPool(JsonRecyclerPools.threadLocalPool());
    }

    private static JsonFactory brief(JsonFactory factory) {
        return factory.rebuild()
                .streamReadConstraints(factory.streamReadConstraints()
                        .rebuild()
                        .maxStringLength(MAX_BRIEF_TEXT)
                        .build())
                .build();
    }

    private static JsonMapper mapper(JsonFactory factory) {
        return JsonMapper.builder(factory)
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }

    /**
     * {@return the mapper that reads and writes the wire, with its bounds}
     */
    public static JsonMapper mapper() {
        return MAPPER;
    }

    /** {@return a mapper that reads no text of more than 65 536 characters, and skips any} */
    static JsonMapper brief() {
        return BRIEF;
    }

    /**
     * {@return a new, empty object}
     */
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /**
     * A JSON string.
     *
     * @param text the text
     * @return the node
     */
    public static JsonNode text(String text) {
        return MAPPER.getNodeFactory().stringNode(text);
    }

    /**
     * A number as a double.
     *
     * @param node any node
     * @return its value, or NaN where it is no number or one beyond the range of a double, which Jackson refuses to convert
     */
    public static double number(JsonNode node) {
        return node.isNumber() ? node.asDouble(Double.NaN) : Double.NaN;
    }

    /**
     * A number as a double, without a tree of it.
     *
     * @param parser at any value
     * @return its value, or NaN where {@link #number(JsonNode)} says so
     */
    static double number(JsonParser parser) {
        double value = parser.currentToken().isNumeric() ? parser.getDoubleValue() : Double.NaN;
        return Double.isInfinite(value) ? Double.NaN : value;
    }

    /**
     * Reads one JSON value.
     *
     * @param json UTF-8
     * @return the value
     * @throws JacksonException if it is not JSON or breaks a bound
     */
    public static JsonNode read(byte[] json) {
        JsonBounds.require(json);
        return MAPPER.readTree(json);
    }

    /**
     * Makes a parser of what nobody knows yet, whose values are read as tokens and not as trees.
     *
     * @param json UTF-8
     * @return the parser, to be closed
     */
    static JsonParser tokens(byte[] json) {
        JsonBounds.require(json);
        return MAPPER.tokenStreamFactory().createParser(ObjectReadContext.empty(), json);
    }

    /**
     * Requires of what is no object that it is JSON all the same, and one value, without making a tree of it.
     *
     * @param json UTF-8, within the bounds
     * @throws JacksonException if it is not
     */
    static void requireOneValue(byte[] json) {
        try (JsonParser parser = MAPPER.createParser(json)) {
            parser.nextToken();
            parser.skipChildren();
            if (parser.nextToken() != null) {
                throw new StreamReadException(parser, "more than one value");
            }
        }
    }

    /**
     * Reads a record that is kept here, so that it was checked before.
     *
     * @param json UTF-8, an object
     * @return the object
     * @throws JacksonException if it is not JSON or breaks a bound
     */
    public static ObjectNode readObject(byte[] json) {
        return (ObjectNode) REREADING.readTree(json);
    }

    /**
     * Makes a parser of what was checked before.
     *
     * @param json UTF-8
     * @return the parser, to be closed
     */
    public static JsonParser rereading(byte[] json) {
        return REREADING.createParser(json);
    }

    /**
     * Makes a parser of what has many entries, which whoever reads it does not keep as they are. Bounded like {@link #mapper()}, but for the
     * number of tokens.
     *
     * @param json UTF-8
     * @return the parser, to be closed
     */
    public static JsonParser streaming(byte[] json) {
        JsonBounds.requireListing(json);
        return STREAMED.createParser(json);
    }

    /**
     * Reads a part of a payload that was checked as a whole before.
     *
     * @param json the payload, UTF-8
     * @param start where the part begins
     * @param end where it ends
     * @return the value
     */
    static JsonNode readAgain(byte[] json, int start, int end) {
        return REREADING.readTree(json, start, end - start);
    }

    /**
     * Writes a value.
     *
     * @param node the value
     * @return UTF-8
     */
    public static byte[] write(JsonNode node) {
        return MAPPER.writeValueAsBytes(node);
    }
}
