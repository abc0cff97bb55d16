package io.stitch.reactive.wire;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
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
    /** Objects and arrays inside each other; a record rarely needs five. */
    public static final int MAX_DEPTH = 64;

    private static final long MAX_TOKENS = 4_000_000;
    private static final int MAX_NAME_LENGTH = 4_096;
    private static final int MAX_STRING_LENGTH = 16 * 1024 * 1024;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxTokenCount(MAX_TOKENS)
                            .maxNameLength(MAX_NAME_LENGTH)
                            .maxStringLength(MAX_STRING_LENGTH)
                            .build())
                    // A name is data here: interning foreign names would let a peer fill the table.
                    .disable(tools.jackson.core.TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    static {
        // A mapper takes a lock to learn a type; here, so that no reactive thread ever waits for it.
        MAPPER.readTree("{}");
        MAPPER.writeValueAsBytes(MAPPER.createObjectNode());
    }

    private Json() {}

    /**
     * {@return the mapper that reads and writes the wire, with its bounds}
     */
    public static JsonMapper mapper() {
        return MAPPER;
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
     * Reads one JSON value.
     *
     * @param json UTF-8
     * @return the value
     * @throws JacksonException if it is not JSON or breaks a bound
     */
    public static JsonNode read(byte[] json) {
        return MAPPER.readTree(json);
    }

    /**
     * Reads a record.
     *
     * @param json UTF-8, an object
     * @return the object
     * @throws JacksonException if it is not JSON or breaks a bound
     */
    public static ObjectNode readObject(byte[] json) {
        return (ObjectNode) MAPPER.readTree(json);
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
