package io.stitch.reactive.h2;

import io.stitch.reactive.spi.OpenRequest;
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

/** Reads records by scope and by key, and names them as the store does that has them open. */
final class RecordRows {
    /** What a record is read from, in this order. */
    static final String COLUMNS = "ENTITY, ID, SCOPE, VERSION, JSON, LARGE";

    /** A page ends when it has this many bytes, however few records that are. */
    private static final int PAGE_BYTES = 4 * 1024 * 1024;

    /** What the store that has the database open said of itself. */
    private final OpenRequest store;

    RecordRows(OpenRequest store) {
        this.store = store;
    }

    /** The next records of a scope, in the order of their keys. */
    List<StoredRecord> page(Connection connection, String scope, @Nullable RecordKey after, int limit)
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

    private void readInto(
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

    List<StoredRecord> find(Connection connection, Collection<RecordKey> keys) throws SQLException {
        List<StoredRecord> found = new ArrayList<>();
        String sql = "SELECT " + COLUMNS + " FROM RECORD WHERE ENTITY = ? AND ID = ?";
        try (PreparedStatement anywhere = connection.prepareStatement(sql);
                PreparedStatement atHome = connection.prepareStatement(sql + " AND SCOPE = ?")) {
            for (RecordKey key : keys) {
                PreparedStatement statement = key.home().isEmpty() ? anywhere : atHome;
                statement.setString(1, key.entity());
                statement.setBytes(2, RecordWriter.bytes(key.id()));
                if (!key.home().isEmpty()) {
                    statement.setBytes(3, RecordWriter.bytes(key.home()));
                }
                try (ResultSet row = statement.executeQuery()) {
                    if (row.next()) {
                        found.add(record(row));
                    }
                }
            }
        }
        return found;
    }

    StoredRecord record(ResultSet row) throws SQLException {
        String scope = text(row.getBytes(3));
        return new StoredRecord(key(scope, row.getString(1), row.getBytes(2)), scope, row.getLong(4), json(row, 5));
    }

    RecordKey key(String scope, String entity, byte[] id) {
        return store.key(scope, entity, text(id));
    }

    /** Of what has its id as a text. */
    RecordKey key(String scope, String entity, String id) {
        return store.key(scope, entity, id);
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
