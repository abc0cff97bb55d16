package io.stitch.reactive.spi;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
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
                        .build());
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
            throw new IllegalArgumentException("no JSON that a store reads: " + e.getOriginalMessage(), e);
        }
        throw new IllegalArgumentException("no JSON object");
    }
}
