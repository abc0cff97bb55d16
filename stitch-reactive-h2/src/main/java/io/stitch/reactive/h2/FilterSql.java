package io.stitch.reactive.h2;

import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.spi.FieldOrder;
import io.stitch.reactive.spi.ListRequest.Filter;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** One filter as a condition of SQL. A value of another kind passes no comparison, so each comparison is bounded to its kind. */
final class FilterSql {
    /** That a record is of one scope. */
    static final String ONE_SCOPE = "R.SCOPE = ?";

    private final Filter filter;
    private final List<Object> values;
    private boolean readsRecords;

    FilterSql(Filter filter, List<Object> values) {
        this.filter = filter;
        this.values = values;
    }

    /** {@return whether the condition names a column of the table of records} */
    boolean readsRecords() {
        return readsRecords;
    }

    /** Looks into the JSON. */
    String onJson() {
        readsRecords = true;
        values.add(filter.field());
        values.add(filter.operator().name());
        values.add(filter.value().toString());
        return "JSON_MATCHES(R.JSON, R.LARGE, ?, ?, ?)";
    }

    /** {@return the condition, or {@code null} if the table of records cannot tell} */
    @Nullable
    String onScope() {
        boolean tells = (filter.operator() == Operator.EQ || filter.operator() == Operator.IN)
                && texts().stream().noneMatch(String::isEmpty);
        return tells ? among("R.SCOPE", utf8(texts())) : null;
    }

    /** An id is always there, and always a text. */
    String onId(String id) {
        readsRecords |= id.startsWith("R.");
        return switch (filter.operator()) {
            case EQ, IN -> among(id, utf8(texts()));
            case NEQ ->
                texts().isEmpty() ? "TRUE" : compared(id, "<>", utf8(texts()).get(0));
            case LT, LTE, GT, GTE ->
                texts().isEmpty() ? "FALSE" : compared(id, sign(), utf8(texts()).get(0));
            case IS_NULL -> "FALSE";
            case IS_NOT_NULL -> "TRUE";
            case LIKE, CONTAINS -> onJson();
        };
    }

    /** {@return the condition, or {@code null} if the index does not hold enough of such values} */
    @Nullable
    String onIndex(String index) {
        String column = index + ".FIELD_VALUE";
        List<byte[]> keys = keys();
        if (keys.stream().anyMatch(key -> key.length >= FieldKey.LONGEST)) {
            return null;
        }
        return switch (filter.operator()) {
            case EQ, IN -> among(column, keys);
            case NEQ -> compared(column, "<>", keys.get(0)) + " AND " + index + ".STATE <> " + FieldKey.ABSENT;
            case LT, LTE -> compared(column, ">=", kind(keys.get(0))) + " AND " + compared(column, sign(), keys.get(0));
            case GT, GTE ->
                compared(column, sign(), keys.get(0))
                        + " AND "
                        + compared(column, "<", FieldKey.behind(kind(keys.get(0))));
            case IS_NULL ->
                compared(column, "=", new byte[] {FieldOrder.OTHER}) + " AND " + index + ".STATE = " + FieldKey.NULL;
            case IS_NOT_NULL -> index + ".STATE >= " + FieldKey.STRUCTURE;
            case LIKE -> like(column);
            case CONTAINS -> onJson();
        };
    }

    private String like(String column) {
        String pattern = filter.value().stringValue();
        int wildcard = pattern.indexOf('*');
        if (wildcard < 0) {
            return compared(column, "=", FieldOrder.ofText(pattern));
        }
        byte[] beginning = FieldOrder.ofText(pattern.substring(0, wildcard));
        String range = compared(column, ">=", beginning) + " AND " + compared(column, "<", FieldKey.behind(beginning));
        return wildcard == pattern.length() - 1 ? range : range + " AND " + onJson();
    }

    private static byte[] kind(byte[] key) {
        return new byte[] {key[0]};
    }

    private String sign() {
        return switch (filter.operator()) {
            case LT -> "<";
            case LTE -> "<=";
            case GT -> ">";
            case GTE -> ">=";
            default -> throw new IllegalArgumentException(filter.operator() + " does not compare by order.");
        };
    }

    private String compared(String column, String sign, byte[] value) {
        values.add(value);
        return column + ' ' + sign + " ?";
    }

    private String among(String column, List<byte[]> wanted) {
        if (wanted.isEmpty()) {
            return "FALSE";
        }
        values.addAll(wanted);
        return wanted.size() == 1
                ? column + " = ?"
                : column + " IN (" + String.join(", ", Collections.nCopies(wanted.size(), "?")) + ')';
    }

    private List<JsonNode> scalars() {
        return switch (filter.operator()) {
            case IN -> List.copyOf(filter.value().values());
            case IS_NULL, IS_NOT_NULL -> List.of();
            default -> List.of(filter.value());
        };
    }

    private List<byte[]> keys() {
        return scalars().stream().map(FieldOrder::key).toList();
    }

    private List<String> texts() {
        return scalars().stream()
                .filter(JsonNode::isString)
                .map(JsonNode::stringValue)
                .toList();
    }

    private static List<byte[]> utf8(List<String> texts) {
        // Half a character is a question mark to Java's own UTF-8, and an id may be one.
        return texts.stream()
                .map(FieldOrder::ofText)
                .map(key -> Arrays.copyOfRange(key, 1, key.length))
                .toList();
    }
}
