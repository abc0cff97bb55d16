package io.stitch.reactive;

import tools.jackson.databind.JsonNode;

/** The JSON types that a field can be held to. */
public enum FieldType {
    /** A JSON string. */
    STRING,
    /** Any JSON number. */
    NUMBER,
    /** A JSON number without a fraction. */
    INTEGER,
    /** {@code true} or {@code false}. */
    BOOLEAN,
    /** A JSON object. */
    OBJECT,
    /** A JSON array. */
    ARRAY;

    /**
     * Tells whether a value is of this type.
     *
     * @param value the value; null is of every type
     * @return whether it is
     */
    public boolean accepts(JsonNode value) {
        return value.isNull()
                || value.isMissingNode()
                || switch (this) {
                    case STRING -> value.isString();
                    case NUMBER -> value.isNumber();
                    case INTEGER -> value.isIntegralNumber();
                    case BOOLEAN -> value.isBoolean();
                    case OBJECT -> value.isObject();
                    case ARRAY -> value.isArray();
                };
    }
}
