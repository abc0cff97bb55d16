package io.stitch.reactive.internal.writes;

import io.stitch.reactive.Names;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Requests;
import io.stitch.reactive.spi.JsonBounds;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NumericNode;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.util.Map;

/**
 * What is written is held to the bounds of what is read, before it is taken: what nobody could read again would never be confirmed, and
 * would keep a store from starting. Pure.
 */
public final class WriteBounds {
    /** An answer or a list lays two more around a record. */
    private static final int MAX_DEPTH = JsonBounds.MAX_DEPTH - 2;

    private static final String HALF =
            "half of a character that takes two (a surrogate without its other half, as cutting a text may leave it)";

    private int values;
    private int nameCharacters;

    private WriteBounds() {}

    /**
     * Checks what is written.
     *
     * @param key the record
     * @param payload the record or the fields
     * @throws SchemaException if it is beyond a bound
     */
    public static void check(RecordKey key, ObjectNode payload) {
        WriteBounds bounds = new WriteBounds();
        String problem = bounds.problem(payload, 1);
        if (problem == null && bounds.mayHaveTooMany()) {
            problem = JsonBounds.recordProblem(Json.write(payload));
        }
        refuse(key, problem);
    }

    private static void refuse(RecordKey key, @Nullable String problem) {
        if (problem != null) {
            throw new SchemaException("The %s '%s' cannot be written: %s, and nobody could read it again."
                    .formatted(key.entity(), key.id(), problem));
        }
    }

    private boolean mayHaveTooMany() {
        return values > JsonBounds.MAX_RECORD_NAMES || nameCharacters > JsonBounds.MAX_NAMES_BYTES / 8;
    }

    /**
     * Checks what a record is with a write.
     *
     * @param key the record
     * @param json the record as it would be
     * @throws SchemaException if it is larger than a request may be, or has more in it than is read
     */
    public static void checkRecord(RecordKey key, byte[] json) {
        if (json.length > Requests.MAX_BYTES) {
            throw new SchemaException(
                    "The %s '%s' cannot be written: it would have %d bytes, and a record has at most %d. Split it."
                            .formatted(key.entity(), key.id(), json.length, Requests.MAX_BYTES));
        }
        refuse(key, JsonBounds.recordProblem(json));
    }

    private @Nullable String problem(JsonNode node, int depth) {
        if (depth > MAX_DEPTH) {
            return "its objects and lists are nested more than %d deep".formatted(MAX_DEPTH);
        }
        if (node instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> field : object.properties()) {
                nameCharacters += field.getKey().length();
                if (field.getKey().length() > JsonBounds.MAX_NAME_LENGTH) {
                    return "a field's name has %d characters, more than %d"
                            .formatted(field.getKey().length(), JsonBounds.MAX_NAME_LENGTH);
                }
                if (!Names.isWellFormed(field.getKey())) {
                    return "a field's name has " + HALF;
                }
                String problem = problemOf(field.getValue(), depth);
                if (problem != null) {
                    return problem;
                }
            }
            return null;
        }
        for (JsonNode element : node) {
            String problem = problemOf(element, depth);
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    private @Nullable String problemOf(JsonNode value, int depth) {
        values++;
        if (value.isContainer()) {
            return problem(value, depth + 1);
        }
        if (value.isString()) {
            int length = value.stringValue().length();
            if (length > JsonBounds.MAX_STRING_LENGTH) {
                return "a text has %d characters, more than %d".formatted(length, JsonBounds.MAX_STRING_LENGTH);
            }
            return Names.isWellFormed(value.stringValue()) ? null : "a text has " + HALF;
        }
        if (value instanceof NumericNode number) {
            if (number.isNaN()) {
                return "JSON has no number %s".formatted(number);
            }
            return problemOf(number);
        }
        return value.isPojo() || value.isBinary() ? "it has a value that is not JSON" : null;
    }

    private static @Nullable String problemOf(NumericNode number) {
        if (number.isBigDecimal()) {
            BigDecimal value = number.decimalValue();
            long exponent = (long) value.precision() - value.scale() - 1;
            if (Math.abs(exponent) > JsonBounds.MAX_EXPONENT) {
                return "a number has an exponent beyond %d".formatted(JsonBounds.MAX_EXPONENT);
            }
        }
        boolean large = (number.isBigDecimal() || number.isBigInteger())
                && number.asString().length() > JsonBounds.MAX_NUMBER_LENGTH;
        return large ? "a number has more than %d digits".formatted(JsonBounds.MAX_NUMBER_LENGTH) : null;
    }
}
