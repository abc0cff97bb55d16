package io.stitch.reactive.h2;

import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Reads records by scope and by key. Stateless. */
final class RecordRows {
    /** What a record is read from, in this order. */
    static final String COLUMNS = "ENTITY, ID, SCOPE, VERSION, JSON, LARGE";

    /** A page ends when it has this many bytes, however few records that are. */
    private static final int PAGE_BYTES = 4 * 1024 * 1024;

    private RecordRows() {}

    /** The next records of a scope, in the order of their keys. */
    static List<StoredRecord> page(Connection connection, String scope, @Nullable RecordKey after, int limit)
            throws SQLException {
        List<StoredRecord> page = new ArrayList<>();
        if (after != null) {
            // Each of the two is a range of the index; both in one condition are not.
            readInto(page, connection, "SCOPE = ? AND ENTITY = ? AND ID > ?", limit, scope, after.entity(), after.id());
        }
        if (page.size() < limit && bytes(page) < PAGE_BYTES) {
            String entity = after == null ? "" : after.entity();
            readInto(page, connection, "SCOPE = ? AND ENTITY > ?", limit - page.size(), scope, entity, null);
        }
        return page;
    }

    private static long bytes(List<StoredRecord> records) {
        return records.stream().mapToLong(record -> record.json().length).sum();
    }

    private static void readInto(
            List<StoredRecord> page,
            Connection connection,
            String condition,
            int limit,
            String scope,
            String entity,
            @Nullable String id)
            throws SQLException {
        String sql = "SELECT " + COLUMNS + " FROM RECORD WHERE " + condition
                + " ORDER BY SCOPE, ENTITY, ID FETCH FIRST " + limit + " ROWS ONLY";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setBytes(1, RecordWriter.bytes(scope));
            statement.setString(2, entity);
            if (id != null) {
                statement.setBytes(3, RecordWriter.bytes(id));
            }
            try (ResultSet rows = statement.executeQuery()) {
                long bytes = 0;
                while (bytes < PAGE_BYTES && rows.next()) {
                    StoredRecord record = record(rows);
                    bytes += record.json().length;
                    page.add(record);
                }
            }
        }
    }

    static List<StoredRecord> find(Connection connection, Collection<RecordKey> keys) throws SQLException {
        List<StoredRecord> found = new ArrayList<>();
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT " + COLUMNS + " FROM RECORD WHERE ENTITY = ? AND ID = ?")) {
            for (RecordKey key : keys) {
                statement.setString(1, key.entity());
                statement.setBytes(2, RecordWriter.bytes(key.id()));
                try (ResultSet row = statement.executeQuery()) {
                    if (row.next()) {
                        found.add(record(row));
                    }
                }
            }
        }
        return found;
    }

    static StoredRecord record(ResultSet row) throws SQLException {
        return new StoredRecord(
                key(row.getString(1), row.getBytes(2)), text(row.getBytes(3)), row.getLong(4), json(row, 5));
    }

    static RecordKey key(String entity, byte[] id) {
        return new RecordKey(entity, text(id));
    }

    /** The JSON that lies in one of two columns. */
    static byte[] json(ResultSet row, int first) throws SQLException {
        byte[] json = row.getBytes(first);
        return json == null ? row.getBytes(first + 1) : json;
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
