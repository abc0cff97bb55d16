package io.stitch.reactive.h2;

import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes the records of one batch, and what the indexes of fields hold of them. */
final class RecordWriter implements AutoCloseable {
    private static final long NONE = -1;
    private static final String COLUMNS = " (FIELD_VALUE, STATE, ID, K)";
    private static final String VALUES = " VALUES (?, ?, ?, ?)";

    private final Connection connection;
    private final FieldIndexes indexes;
    private final Map<String, PreparedStatement> statements = new HashMap<>();
    private final Map<String, List<FieldIndex>> indexesOf = new HashMap<>();

    RecordWriter(Connection connection, FieldIndexes indexes) {
        this.connection = connection;
        this.indexes = indexes;
    }

    void removeAll() throws SQLException {
        statement("DELETE FROM RECORD").executeUpdate();
        for (FieldIndex index : indexes.all()) {
            statement("DELETE FROM " + index.table()).executeUpdate();
        }
    }

    /** Keeps a record; returns whether it took the number given to it, because it is new. */
    boolean put(StoredRecord record, long numberIfNew) throws SQLException {
        byte[] id = bytes(record.id());
        long known = number(record.key(), id);
        if (known == NONE) {
            insert(record, id, numberIfNew);
        } else {
            update(record, known);
        }
        List<FieldIndex> fields = indexesOf.computeIfAbsent(record.entity(), indexes::of);
        if (!fields.isEmpty()) {
            JsonNode json = read(record.json());
            for (FieldIndex index : fields) {
                if (known == NONE) {
                    write("INSERT INTO " + index.table() + COLUMNS + VALUES, index, numberIfNew, id, json);
                } else if (index.ready()) {
                    change(index, known, json);
                } else {
                    mergeInto(index, known, id, json);
                }
            }
        }
        return known == NONE;
    }

    private void insert(StoredRecord record, byte[] id, long number) throws SQLException {
        PreparedStatement insert = statement(
                "INSERT INTO RECORD (SCOPE, VERSION, JSON, LARGE, K, ENTITY, ID) VALUES (?, ?, ?, ?, ?, ?, ?)");
        bindContent(insert, record);
        insert.setLong(5, number);
        insert.setString(6, record.entity());
        insert.setBytes(7, id);
        insert.executeUpdate();
    }

    private void update(StoredRecord record, long number) throws SQLException {
        PreparedStatement update =
                statement("UPDATE RECORD SET SCOPE = ?, VERSION = ?, JSON = ?, LARGE = ? WHERE K = ?");
        bindContent(update, record);
        update.setLong(5, number);
        update.executeUpdate();
    }

    private static void bindContent(PreparedStatement statement, StoredRecord record) throws SQLException {
        boolean large = record.json().length > Schema.INLINE_BYTES;
        statement.setBytes(1, bytes(record.scope()));
        statement.setLong(2, record.version());
        if (large) {
            statement.setNull(3, Types.VARBINARY);
            statement.setBytes(4, record.json());
        } else {
            statement.setBytes(3, record.json());
            statement.setNull(4, Types.BLOB);
        }
    }

    void remove(RecordKey key) throws SQLException {
        long number = number(key, bytes(key.id()));
        if (number == NONE) {
            return;
        }
        delete("RECORD", number);
        for (FieldIndex index : indexesOf.computeIfAbsent(key.entity(), indexes::of)) {
            delete(index.table(), number);
        }
    }

    private void delete(String table, long number) throws SQLException {
        PreparedStatement delete = statement("DELETE FROM " + table + " WHERE K = ?");
        delete.setLong(1, number);
        delete.executeUpdate();
    }

    private long number(RecordKey key, byte[] id) throws SQLException {
        boolean atHome = !key.home().isEmpty();
        PreparedStatement find =
                statement("SELECT K FROM RECORD WHERE ENTITY = ? AND ID = ?" + (atHome ? " AND SCOPE = ?" : ""));
        find.setString(1, key.entity());
        find.setBytes(2, id);
        if (atHome) {
            find.setBytes(3, bytes(key.home()));
        }
        try (ResultSet row = find.executeQuery()) {
            return row.next() ? row.getLong(1) : NONE;
        }
    }

    /** Brings a record into an index, whether or not it is there. */
    void index(FieldIndex index, long number, byte[] id, byte[] json) throws SQLException {
        mergeInto(index, number, id, read(json));
    }

    private void mergeInto(FieldIndex index, long number, byte[] id, JsonNode json) throws SQLException {
        write("MERGE INTO " + index.table() + COLUMNS + " KEY (K)" + VALUES, index, number, id, json);
    }

    private void write(String sql, FieldIndex index, long number, byte[] id, JsonNode json) throws SQLException {
        JsonNode value = json.path(index.field());
        PreparedStatement write = statement(sql);
        write.setBytes(1, FieldKey.kept(value));
        write.setInt(2, FieldKey.state(value));
        write.setBytes(3, id);
        write.setLong(4, number);
        write.executeUpdate();
    }

    /** Most updates change no indexed field, and what is the same is not written. */
    private void change(FieldIndex index, long number, JsonNode json) throws SQLException {
        JsonNode value = json.path(index.field());
        byte[] key = FieldKey.kept(value);
        int state = FieldKey.state(value);
        PreparedStatement change = statement("UPDATE " + index.table()
                + " SET FIELD_VALUE = ?, STATE = ? WHERE K = ? AND (FIELD_VALUE <> ? OR STATE <> ?)");
        change.setBytes(1, key);
        change.setInt(2, state);
        change.setLong(3, number);
        change.setBytes(4, key);
        change.setInt(5, state);
        change.executeUpdate();
    }

    /** What is not JSON has no fields: it is kept all the same, or nothing after it would be. */
    private static JsonNode read(byte[] json) {
        try {
            return Records.JSON.readTree(json);
        } catch (JacksonException e) {
            return MissingNode.getInstance();
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private PreparedStatement statement(String sql) throws SQLException {
        PreparedStatement known = statements.get(sql);
        if (known == null) {
            known = connection.prepareStatement(sql);
            statements.put(sql, known);
        }
        return known;
    }

    @Override
    public void close() throws SQLException {
        for (PreparedStatement each : statements.values()) {
            each.close();
        }
    }
}
