package io.stitch.reactive.h2;

import io.stitch.reactive.ListQuery.Sort;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.ListRequest.Filter;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A list as SQL: H2 filters, sorts and cuts, and only what is asked for leaves it.
 *
 * <p>The numbers of the records are found first, in indexes of fields where there are any, and only what is on the page is read. The
 * search begins with what leaves least. All joins are outer ones, though each row has its partner: these H2 does not reorder. A field
 * without an index is looked at in the JSON.
 */
final class ListSql {
    private final ListRequest request;
    private final FieldIndexes indexes;
    private final RecordRows reading;
    /** The indexes that are used, by field, with the names that the SQL has for them. */
    private final Map<String, String> aliases = new LinkedHashMap<>();

    private final @Nullable FieldIndex first;
    private final List<Object> values = new ArrayList<>();
    /** What decides before the id does. */
    private final List<Sort> sorts = new ArrayList<>();

    private boolean idsAscend = true;
    private boolean isOneScope;
    private boolean readsRecords;

    ListSql(ListRequest request, FieldIndexes indexes, RecordRows reading) {
        this.request = request;
        this.indexes = indexes;
        this.reading = reading;
        for (Sort sort : request.sorts()) {
            if (sort.field().equals("id")) {
                idsAscend = sort.ascending();
                break;
            }
            sorts.add(sort);
        }
        this.first = first();
        this.readsRecords = first == null;
    }

    List<StoredRecord> run(Connection connection) throws SQLException {
        List<StoredRecord> found = new ArrayList<>();
        try (PreparedStatement statement = prepare(connection, "");
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                found.add(request.projected(reading.record(rows)));
            }
        }
        return found;
    }

    /** For tests: how H2 would run it. */
    String plan(Connection connection) throws SQLException {
        try (PreparedStatement statement = prepare(connection, "EXPLAIN ");
                ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getString(1) : "";
        }
    }

    private PreparedStatement prepare(Connection connection, String before) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(before + sql());
        for (int i = 0; i < values.size(); i++) {
            statement.setObject(i + 1, values.get(i));
        }
        return statement;
    }

    private String sql() {
        List<Object> sortValues = new ArrayList<>();
        List<String> sortKeys = new ArrayList<>();
        for (Sort sort : sorts) {
            sortKeys.add(sortKey(sort.field(), sortValues));
        }
        List<Object> filterValues = new ArrayList<>();
        List<String> conditions = new ArrayList<>();
        for (Filter filter : request.filters()) {
            String condition = condition(filter, filterValues);
            isOneScope |= condition.equals(FilterSql.ONE_SCOPE);
            conditions.add(condition);
        }
        for (List<Filter> choice : request.alternatives()) {
            conditions.add(choice.stream()
                    .map(filter -> condition(filter, filterValues))
                    .collect(Collectors.joining(") OR (", "((", "))")));
        }
        String id = first == null ? "R.ID" : alias(first) + ".ID";
        StringBuilder sql = new StringBuilder(
                        "SELECT R.ENTITY, R.ID, R.SCOPE, R.VERSION, R.JSON, R.LARGE FROM (SELECT ")
                .append(first == null ? "R.K" : alias(first) + ".K")
                .append(" AS K, ")
                .append(id)
                .append(" AS ID");
        for (int i = 0; i < sortKeys.size(); i++) {
            sql.append(", ").append(sortKeys.get(i)).append(" AS S").append(i);
        }
        values.addAll(sortValues);
        sql.append(" FROM ").append(tables());
        if (first == null) {
            conditions.add(0, "R.ENTITY = ?");
            values.add(request.entity());
        }
        values.addAll(filterValues);
        if (!conditions.isEmpty()) {
            sql.append(" WHERE ").append(String.join(" AND ", conditions));
        }
        return sql.append(" ORDER BY ")
                .append(order(sortKeys, "S", id))
                .append(" OFFSET ")
                .append(request.offset())
                .append(" ROWS FETCH FIRST ")
                .append(request.limit())
                .append(" ROWS ONLY) P LEFT JOIN RECORD R ON R.K = P.K ORDER BY ")
                .append(order(sortKeys, "P.S", "P.ID"))
                .toString();
    }

    /** By the columns' names where they hold what was computed, and by what an index has where H2 can read it in that order. */
    private String order(List<String> sortKeys, String columns, String id) {
        List<String> order = new ArrayList<>();
        for (int i = 0; i < sortKeys.size(); i++) {
            boolean asInIndex = columns.equals("S") && !sortKeys.get(i).contains("(");
            order.add((asInIndex ? sortKeys.get(i) : columns + i)
                    + direction(sorts.get(i).ascending()));
        }
        if (id.equals("R.ID")) {
            // Always the same, and they say to H2 that this is the order of an index.
            if (isOneScope) {
                order.add("R.SCOPE" + direction(idsAscend));
            }
            order.add("R.ENTITY" + direction(idsAscend));
        }
        order.add(id + direction(idsAscend));
        return String.join(", ", order);
    }

    private static String direction(boolean ascending) {
        return ascending ? "" : " DESC";
    }

    private String tables() {
        List<String> tables = new ArrayList<>();
        String key = first == null ? "R.K" : alias(first) + ".K";
        tables.add(first == null ? "RECORD R" : first.table() + " " + alias(first));
        for (Map.Entry<String, String> each : aliases.entrySet()) {
            FieldIndex index = indexes.ready(request.entity(), each.getKey());
            if (index != null && !index.equals(first)) {
                tables.add("%s %s ON %2$s.K = %s".formatted(index.table(), each.getValue(), key));
            }
        }
        if (first != null && readsRecords) {
            tables.add("RECORD R ON R.K = " + key);
        }
        return String.join(" LEFT JOIN ", tables);
    }

    /** {@return the index that the search begins with, or {@code null} if that is the table of records} */
    private @Nullable FieldIndex first() {
        FieldIndex byRange = null;
        boolean recordsByRange = false;
        for (Filter filter : request.filters()) {
            FieldIndex index = indexes.ready(request.entity(), filter.field());
            switch (filter.operator()) {
                case EQ, IN -> {
                    if (isKey(filter.field()) || index != null) {
                        return index;
                    }
                }
                case LT, LTE, GT, GTE, LIKE, IS_NULL -> {
                    byRange = byRange == null ? index : byRange;
                    recordsByRange |= filter.field().equals("id");
                }
                case NEQ, CONTAINS, IS_NOT_NULL -> {}
            }
        }
        if (byRange != null || recordsByRange || sorts.isEmpty()) {
            return byRange;
        }
        return indexes.ready(request.entity(), sorts.get(0).field());
    }

    private boolean isKey(String field) {
        return field.equals("id") || field.equals(indexes.scopeField(request.entity()));
    }

    private String alias(FieldIndex index) {
        return aliases.computeIfAbsent(index.field(), field -> "F" + aliases.size());
    }

    private String sortKey(String field, List<Object> bound) {
        FieldIndex index = indexes.ready(request.entity(), field);
        if (index != null) {
            return alias(index) + ".FIELD_VALUE";
        }
        readsRecords = true;
        bound.add(field);
        return "JSON_SORT_KEY(R.JSON, R.LARGE, ?)";
    }

    private String condition(Filter filter, List<Object> bound) {
        FilterSql sql = new FilterSql(filter, bound);
        FieldIndex index = indexes.ready(request.entity(), filter.field());
        String condition = null;
        if (filter.field().equals("id")) {
            condition = sql.onId(first == null ? "R.ID" : alias(first) + ".ID");
        } else if (filter.field().equals(indexes.scopeField(request.entity())) && first == null) {
            condition = sql.onScope();
        } else if (index != null) {
            condition = sql.onIndex(alias(index));
        }
        if (condition == null) {
            condition = sql.onJson();
        }
        readsRecords |= sql.readsRecords();
        return condition;
    }
}
