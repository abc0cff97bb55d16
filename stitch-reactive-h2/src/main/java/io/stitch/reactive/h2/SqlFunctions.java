package io.stitch.reactive.h2;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;

/** What SQL calls to look into the JSON of a record. Public only because H2 wants it so; not for applications. */
public final class SqlFunctions {
    static final String MATCHES_DDL =
            "CREATE FORCE ALIAS JSON_MATCHES DETERMINISTIC FOR \"io.stitch.reactive.h2.SqlFunctions.matches\"";
    static final String SORT_KEY_DDL =
            "CREATE FORCE ALIAS JSON_SORT_KEY DETERMINISTIC FOR \"io.stitch.reactive.h2.SqlFunctions.sortKey\"";

    private static final JsonMapper MAPPER = JsonMapper.shared();
    /** H2 takes a megabyte; what differs only behind this is sorted by id. */
    private static final int MAX_SORT_KEY = 64 * 1024;

    private static final byte OTHER = 0;
    private static final byte BOOLEAN = 1;
    private static final byte NUMBER = 2;
    private static final byte TEXT = 3;

    private SqlFunctions() {}

    /**
     * Tells whether a field passes a filter.
     *
     * @param json the record
     * @param field the field
     * @param operator the name of the operator
     * @param value what it is compared with, as JSON
     * @return whether it does
     * @throws IOException if the record cannot be read
     */
    public static boolean matches(InputStream json, String field, String operator, String value) throws IOException {
        JsonNode held = read(json).path(field);
        if (held.isMissingNode()) {
            return false;
        }
        return switch (operator) {
            case "IS_NULL" -> held.isNull();
            case "IS_NOT_NULL" -> !held.isNull();
            case "LIKE" ->
                held.isString()
                        && like(held.stringValue(), MAPPER.readTree(value).stringValue());
            case "IN" -> MAPPER.readTree(value).values().stream().anyMatch(each -> Arrays.equals(key(held), key(each)));
            case "EQ" -> Arrays.equals(key(held), key(MAPPER.readTree(value)));
            case "NEQ" -> !Arrays.equals(key(held), key(MAPPER.readTree(value)));
            default -> isInOrder(key(held), operator, key(MAPPER.readTree(value)));
        };
    }

    private static boolean isInOrder(byte[] held, String operator, byte[] value) {
        int order = Arrays.compareUnsigned(held, value);
        return held[0] == value[0]
                && switch (operator) {
                    case "LT" -> order < 0;
                    case "LTE" -> order <= 0;
                    case "GT" -> order > 0;
                    case "GTE" -> order >= 0;
                    default -> throw new IllegalArgumentException("There is no operator '" + operator + "'.");
                };
    }

    /**
     * Gives a field's value bytes that sort as the values do.
     *
     * @param json the record
     * @param field the field
     * @return the bytes
     * @throws IOException if the record cannot be read
     */
    public static byte[] sortKey(InputStream json, String field) throws IOException {
        byte[] key = key(read(json).path(field));
        return key.length <= MAX_SORT_KEY ? key : Arrays.copyOf(key, MAX_SORT_KEY);
    }

    /** Leaves only the id and some fields of a record. */
    static byte[] project(byte[] json, Collection<String> fields) {
        ObjectNode part = MAPPER.createObjectNode();
        MAPPER.readTree(json).properties().forEach(property -> {
            if (property.getKey().equals("id") || fields.contains(property.getKey())) {
                part.set(property.getKey(), property.getValue());
            }
        });
        return MAPPER.writeValueAsBytes(part);
    }

    private static JsonNode read(InputStream json) throws IOException {
        try (json) {
            return MAPPER.readTree(json);
        } catch (JacksonException e) {
            throw new IOException("A record is not JSON.", e);
        }
    }

    private static byte[] key(@Nullable JsonNode value) {
        if (value == null) {
            return new byte[] {OTHER};
        }
        if (value.isBoolean()) {
            return new byte[] {BOOLEAN, (byte) (value.booleanValue() ? 1 : 0)};
        }
        if (value.isNumber()) {
            long bits = Double.doubleToLongBits(value.doubleValue() + 0.0);
            // Negative numbers sort the other way round, and before the positive ones.
            long sortable = bits < 0 ? ~bits : bits ^ Long.MIN_VALUE;
            return ByteBuffer.allocate(9).put(NUMBER).putLong(sortable).array();
        }
        if (value.isString()) {
            byte[] text = value.stringValue().getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(1 + text.length).put(TEXT).put(text).array();
        }
        return new byte[] {OTHER};
    }

    /** Takes the first place where each part fits, which finds a match if there is one, without trying all others. */
    private static boolean like(String text, String wildcards) {
        String[] parts = wildcards.split("\\*", -1);
        if (parts.length == 1) {
            return text.equals(wildcards);
        }
        String last = parts[parts.length - 1];
        if (!text.startsWith(parts[0])) {
            return false;
        }
        int at = parts[0].length();
        for (int i = 1; i < parts.length - 1; i++) {
            int found = text.indexOf(parts[i], at);
            if (found < 0) {
                return false;
            }
            at = found + parts[i].length();
        }
        return text.length() - last.length() >= at && text.endsWith(last);
    }
}
