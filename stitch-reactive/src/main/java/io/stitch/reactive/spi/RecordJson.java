package io.stitch.reactive.spi;

import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** How records are read and written here: numbers keep every digit, as they do on the wire. */
final class RecordJson {
    static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private RecordJson() {}

    static ObjectNode read(byte[] json) {
        return (ObjectNode) MAPPER.readTree(json);
    }

    /** As a double; infinite beyond its range, where Jackson's own conversion fails. */
    static double toDouble(JsonNode number) {
        return number.numberValue().doubleValue();
    }
}
