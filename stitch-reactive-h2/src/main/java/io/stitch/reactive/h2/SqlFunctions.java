package io.stitch.reactive.h2;

import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.spi.ListRequest.Filter;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** What SQL calls to look into the JSON of a record. Public only because H2 wants it so; not for applications. */
public final class SqlFunctions {
    static final String MATCHES_DDL =
            "CREATE FORCE ALIAS JSON_MATCHES DETERMINISTIC FOR \"io.stitch.reactive.h2.SqlFunctions.matches\"";
    static final String SORT_KEY_DDL =
            "CREATE FORCE ALIAS JSON_SORT_KEY DETERMINISTIC FOR \"io.stitch.reactive.h2.SqlFunctions.sortKey\"";

    private static final ThreadLocal<@Nullable Prepared> PREPARED = new ThreadLocal<>();

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
        return filter(field, operator, value).matches(read(json, large).path(field));
    }

    /** Made once for all rows of a list. */
    private static Filter filter(String field, String operator, String value) {
        Prepared last = PREPARED.get();
        if (last == null || !last.isOf(field, operator, value)) {
            last = new Prepared(
                    operator, value, new Filter(field, Operator.valueOf(operator), Records.JSON.readTree(value)));
            PREPARED.set(last);
        }
        return last.filter();
    }

    private record Prepared(String operator, String value, Filter filter) {
        boolean isOf(String askedField, String askedOperator, String askedValue) {
            return filter.field().equals(askedField) && operator.equals(askedOperator) && value.equals(askedValue);
        }
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
            return large == null ? Records.JSON.readTree(Objects.requireNonNull(json)) : Records.JSON.readTree(large);
        } catch (JacksonException e) {
            throw new IOException("A record is not JSON.", e);
        }
    }
}
