package io.stitch.reactive.h2;

import io.stitch.reactive.persistence.ListRequest;
import io.stitch.reactive.persistence.RecordKey;
import io.stitch.reactive.persistence.StoredRecord;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Lists as SQL: H2 filters, sorts and cuts, and only what is asked for leaves it. */
final class ListSql {
    private final ListRequest request;
    private final List<String> values = new ArrayList<>();

    ListSql(ListRequest request) {
        this.request = request;
    }

    List<StoredRecord> run(Connection connection) throws SQLException {
        String sql = sql();
        List<StoredRecord> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.size(); i++) {
                statement.setString(i + 1, values.get(i));
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(record(rows));
                }
            }
        }
        return found;
    }

    private String sql() {
        StringBuilder sql = new StringBuilder("SELECT ID, SCOPE, VERSION, JSON FROM RECORD WHERE ENTITY = ?");
        values.add(request.entity());
        for (ListRequest.Filter filter : request.filters()) {
            sql.append(" AND JSON_MATCHES(JSON, ?, ?, ?)");
            values.add(filter.field());
            values.add(filter.operator().name());
            values.add(filter.value().toString());
        }
        sql.append(" ORDER BY ");
        for (ListRequest.Sort sort : request.sorts()) {
            sql.append("JSON_SORT_KEY(JSON, ?)").append(sort.ascending() ? ", " : " DESC, ");
            values.add(sort.field());
        }
        return sql.append("ENTITY, ID OFFSET ")
                .append(request.offset())
                .append(" ROWS FETCH FIRST ")
                .append(request.limit())
                .append(" ROWS ONLY")
                .toString();
    }

    private StoredRecord record(ResultSet row) throws SQLException {
        byte[] json = row.getBytes(4);
        return new StoredRecord(
                new RecordKey(request.entity(), row.getString(1)),
                row.getString(2),
                row.getLong(3),
                request.projection().isEmpty() ? json : SqlFunctions.project(json, request.projection()));
    }
}
