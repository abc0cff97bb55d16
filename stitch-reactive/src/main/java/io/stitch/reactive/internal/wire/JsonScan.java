package io.stitch.reactive.internal.wire;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.util.Set;

/**
 * Reads of an object only the fields that somebody looks at, and tells where in the payload a value lies, so that a record can
 * stay the bytes that it came as. A tree of each record and writing it again were half of what a client spends on one.
 *
 * <p>What is skipped is still checked to be JSON within the bounds of {@link Json}.
 */
public final class JsonScan {
    private JsonScan() {}

    /**
     * Reads an object.
     *
     * @param parser at the beginning of an object; afterwards at its end
     * @param wanted the fields to read
     * @return those that are there
     */
    static ObjectNode fields(JsonParser parser, Set<String> wanted) {
        ObjectNode fields = Json.object();
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            parser.nextToken();
            field(parser, name, wanted, fields);
        }
        return fields;
    }

    /** Reads the value of one field, or skips it. */
    static void field(JsonParser parser, String name, Set<String> wanted, ObjectNode fields) {
        if (!wanted.contains(name)) {
            parser.skipChildren();
        } else {
            fields.set(name, value(parser));
        }
    }

    /** {@return the current value, or {@code null} if it is not a string} */
    public static @Nullable String text(JsonParser parser) {
        return parser.currentToken() == JsonToken.VALUE_STRING ? parser.getString() : null;
    }

    /** {@return the current value, or {@link Long#MIN_VALUE} if it is not an integer of 64 bits} */
    public static long integer(JsonParser parser) {
        return parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                        && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                ? parser.getLongValue()
                : Long.MIN_VALUE;
    }

    /** Reads a value whole. What records are mostly made of is read here, because asking the mapper for it costs several times as much. */
    static JsonNode value(JsonParser parser) {
        JsonNodeFactory nodes = Json.mapper().getNodeFactory();
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_STRING) {
            return nodes.stringNode(parser.getString());
        }
        if (token == JsonToken.VALUE_NUMBER_INT && parser.getNumberType() == JsonParser.NumberType.INT) {
            return nodes.numberNode(parser.getIntValue());
        }
        if (token == JsonToken.VALUE_NUMBER_INT && parser.getNumberType() == JsonParser.NumberType.LONG) {
            return nodes.numberNode(parser.getLongValue());
        }
        if (token != JsonToken.START_OBJECT) {
            return parser.readValueAsTree();
        }
        ObjectNode object = nodes.objectNode();
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            parser.nextToken();
            object.set(name, value(parser));
        }
        return object;
    }

    /** Reads a value whole from a parser that knows no trees. It is as deep as that parser allows. */
    static JsonNode tree(JsonParser parser) {
        JsonNodeFactory nodes = Json.mapper().getNodeFactory();
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                ObjectNode object = nodes.objectNode();
                for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                    parser.nextToken();
                    object.set(name, tree(parser));
                }
                yield object;
            }
            case START_ARRAY -> {
                ArrayNode array = nodes.arrayNode();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    array.add(tree(parser));
                }
                yield array;
            }
            case VALUE_STRING -> nodes.stringNode(parser.getString());
            case VALUE_TRUE, VALUE_FALSE -> nodes.booleanNode(parser.getBooleanValue());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> nodes.numberNode(parser.getDecimalValue());
            default -> nodes.nullNode();
        };
    }

    /** {@return where in the payload the current object or array begins} */
    static int start(JsonParser parser) {
        return (int) parser.currentTokenLocation().getByteOffset();
    }

    /** {@return where in the payload the object or array ends that the parser is at the end of} */
    static int end(JsonParser parser) {
        return (int) parser.currentLocation().getByteOffset();
    }

    /** {@return whether the positions are true: the parser knows none in a payload in UTF-16 or UTF-32} */
    static boolean isContainer(byte[] bytes, int start, int end) {
        return start >= 0
                && start < end
                && end <= bytes.length
                && ((bytes[start] == '{' && bytes[end - 1] == '}') || (bytes[start] == '[' && bytes[end - 1] == ']'));
    }
}
