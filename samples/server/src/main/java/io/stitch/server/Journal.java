package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The durable home of the records: one H2 database, in a file or in memory. Changes are collected and written by {@link #commit()}
 * in one transaction. Used by the worker alone.
 */
final class Journal implements AutoCloseable {
    private final Connection connection;
    private final Map<Key, ObjectNode> written = new LinkedHashMap<>();
    private final Map<Key, Tombstone> buried = new LinkedHashMap<>();
    private final Set<Key> removed = new LinkedHashSet<>();
    private long pruneBefore;

    private Journal(Connection connection) {
        this.connection = connection;
    }

    static Journal open(@Nullable Path file) {
        // Without WRITE_DELAY=0 a commit would not survive the end of the process.
        String url = file == null
                ? "jdbc:h2:mem:" + UUID.randomUUID()
                : "jdbc:h2:file:" + file.toAbsolutePath() + ";WRITE_DELAY=0";
        try {
            Connection connection = DriverManager.getConnection(url);
            try (Statement statement = connection.createStatement()) {
                statement.execute("create table if not exists record(entity varchar(128), id varchar(512),"
                        + " data varbinary, primary key(entity, id))");
                statement.execute("create table if not exists tombstone(entity varchar(128), id varchar(512),"
                        + " scope varchar(512), version bigint, deleted_at bigint, primary key(entity, id))");
            }
            connection.setAutoCommit(false);
            return new Journal(connection);
        } catch (SQLException e) {
            throw new IllegalStateException("cannot open the database " + file + ": is another server using it?", e);
        }
    }

    void load(BiConsumer<Key, ObjectNode> records, Consumer<Tombstone> tombstones) {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("select entity, id, data from record")) {
                while (row.next()) {
                    records.accept(new Key(row.getString(1), row.getString(2)), Json.read(row.getBytes(3)));
                }
            }
            try (ResultSet row =
                    statement.executeQuery("select entity, id, scope, version, deleted_at from tombstone")) {
                while (row.next()) {
                    Key key = new Key(row.getString(1), row.getString(2));
                    tombstones.accept(new Tombstone(key, row.getString(3), row.getLong(4), row.getLong(5)));
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot read the database", e);
        }
    }

    void put(Key key, ObjectNode data) {
        written.put(key, data);
        removed.remove(key);
        buried.remove(key);
    }

    void delete(Key key) {
        written.remove(key);
        removed.add(key);
    }

    void bury(Tombstone stone) {
        buried.put(stone.key(), stone);
    }

    void prune(long before) {
        pruneBefore = before;
    }

    /** Writes what was collected, in one transaction. */
    void commit() {
        if (written.isEmpty() && removed.isEmpty() && buried.isEmpty() && pruneBefore == 0) {
            return;
        }
        try (PreparedStatement put = connection.prepareStatement("merge into record values(?, ?, ?)");
                PreparedStatement delete =
                        connection.prepareStatement("delete from record where entity = ? and id = ?");
                PreparedStatement raise =
                        connection.prepareStatement("delete from tombstone where entity = ? and id = ?");
                PreparedStatement bury = connection.prepareStatement("merge into tombstone values(?, ?, ?, ?, ?)");
                PreparedStatement prune = connection.prepareStatement("delete from tombstone where deleted_at < ?")) {
            for (Map.Entry<Key, ObjectNode> entry : written.entrySet()) {
                key(put, entry.getKey()).setBytes(3, Json.write(entry.getValue()));
                put.addBatch();
                key(raise, entry.getKey()).addBatch();
            }
            for (Key key : removed) {
                key(delete, key).addBatch();
            }
            for (Tombstone stone : buried.values()) {
                key(bury, stone.key()).setString(3, stone.scope());
                bury.setLong(4, stone.version());
                bury.setLong(5, stone.deletedAt());
                bury.addBatch();
            }
            prune.setLong(1, pruneBefore);
            put.executeBatch();
            raise.executeBatch();
            delete.executeBatch();
            bury.executeBatch();
            prune.executeUpdate();
            connection.commit();
            written.clear();
            removed.clear();
            buried.clear();
            pruneBefore = 0;
        } catch (SQLException e) {
            throw new IllegalStateException("cannot write the database", e);
        }
    }

    private static PreparedStatement key(PreparedStatement statement, Key key) throws SQLException {
        statement.setString(1, key.entity());
        statement.setString(2, key.id());
        return statement;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException("cannot close the database", e);
        }
    }
}
