package io.stitch.reactive.h2;

import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.spi.ListRequest.Filter;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** What SQL calls to look into the JSON of a record. Public only because H2 wants it so; not for applications. */
public final class SqlFunctions {
    static final String MATCHES_DDL =
            "CREATE FORCE ALIAS JSON_MATCHES DETERMINISTIC FOR \"io.stitch.reactive.h2.SqlFunctions.matches\"";
    static final String SORT_KEY_DDL =
            "CREATE FORCE ALIAS JSON_SORT_KEY DETERMINISTIC FOR \"io.stitch.reactive.h2.SqlFunctions.sortKey\"";

    private static final ThreadLocal<Map<Asked, Filter>> PREPARED = ThreadLocal.withInitial(Prepared::new);

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
        return PREPARED.get()
                .computeIfAbsent(
                        new Asked(field, operator, value),
                        asked -> new Filter(field, Operator.valueOf(operator), Records.JSON.readTree(value)));
    }

    private record Asked(String field, String operator, String value) {}

    /** Those of the lists that were asked for last. */
    private static final class Prepared extends LinkedHashMap<Asked, Filter> {
        private static final long serialVersionUID = 1;
        private static final int MOST = 64;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Asked, Filter> eldest) {
            return size() > MOST;
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
