package io.stitch.reactive.h2;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;

/** What SQL calls to look into the JSON of a record. Public only because H2 wants it so; not for applications. */
public final class SqlFunctions {
    static final String MATCHES_DDL =
            "CREATE FORCE ALIAS JSON_MATCHES DETERMINISTIC FOR \"io.stitch.reactive.h2.SqlFunctions.matches\"";
    static final String SORT_KEY_DDL =
            "CREATE FORCE ALIAS JSON_SORT_KEY DETERMINISTIC FOR \"io.stitch.reactive.h2.SqlFunctions.sortKey\"";

    private static final JsonMapper MAPPER = JsonMapper.shared();

    private SqlFunctions() {}

    /**
     * Tells whether a field passes a filter.
     *
     * @param json the record, or {@code null} if it is large
     * @param large the record, or {@code null} if it is not
     * @param field the field
     * @param operator the name of the operator
     * @param value what it is compared with, as JSON
     * @return whether it does
     * @throws IOException if the record cannot be read
     */
    public static boolean matches(
            byte @Nullable [] json, @Nullable InputStream large, String field, String operator, String value)
            throws IOException {
        JsonNode held = read(json, large).path(field);
        if (held.isMissingNode()) {
            return false;
        }
        return switch (operator) {
            case "IS_NULL" -> held.isNull();
            case "IS_NOT_NULL" -> !held.isNull();
            case "LIKE" ->
                held.isString()
                        && like(held.stringValue(), MAPPER.readTree(value).stringValue());
            case "IN" ->
                MAPPER.readTree(value).values().stream()
                        .anyMatch(each -> Arrays.equals(FieldKey.of(held), FieldKey.of(each)));
            case "EQ" -> Arrays.equals(FieldKey.of(held), FieldKey.of(MAPPER.readTree(value)));
            case "NEQ" -> !Arrays.equals(FieldKey.of(held), FieldKey.of(MAPPER.readTree(value)));
            default -> isInOrder(FieldKey.of(held), operator, FieldKey.of(MAPPER.readTree(value)));
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
     * @param json the record, or {@code null} if it is large
     * @param large the record, or {@code null} if it is not
     * @param field the field
     * @return the bytes
     * @throws IOException if the record cannot be read
     */
    public static byte[] sortKey(byte @Nullable [] json, @Nullable InputStream large, String field) throws IOException {
        return FieldKey.kept(read(json, large).path(field));
    }

    private static JsonNode read(byte @Nullable [] json, @Nullable InputStream large) throws IOException {
        try (large) {
            return large == null ? MAPPER.readTree(Objects.requireNonNull(json)) : MAPPER.readTree(large);
        } catch (JacksonException e) {
            throw new IOException("A record is not JSON.", e);
        }
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
