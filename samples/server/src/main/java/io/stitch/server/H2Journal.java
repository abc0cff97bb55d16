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
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A journal in one H2 database, in a file or in memory. Changes are collected and written by {@link #commit()} in one transaction.
 */
final class H2Journal implements Journal {
    // The database itself would let a second server of this process in.
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();
    private final @Nullable Path file;
    private final Connection connection;
    private final Map<Key, byte[]> written = new LinkedHashMap<>();
    private final Map<Key, Tombstone> buried = new LinkedHashMap<>();
    private final Set<Key> removed = new LinkedHashSet<>();
    private final Set<Key> forgotten = new LinkedHashSet<>();

    private H2Journal(@Nullable Path file, Connection connection) {
        this.file = file;
        this.connection = connection;
    }

    static H2Journal open(@Nullable Path file) {
        if (file == null) {
            return open(null, "jdbc:h2:mem:" + UUID.randomUUID());
        }
        Path absolute = file.toAbsolutePath().normalize();
        if (!OPEN.add(absolute)) {
            throw new IllegalStateException(
                    "the database " + absolute + " is in use by another server of this process: close that first");
        }
        try {
            // Without WRITE_DELAY=0 a commit would not survive the end of the process.
            return open(absolute, "jdbc:h2:file:" + absolute + ";WRITE_DELAY=0");
        } catch (RuntimeException e) {
            OPEN.remove(absolute);
            throw e;
        }
    }

    private static H2Journal open(@Nullable Path file, String url) {
        try {
            Connection connection = DriverManager.getConnection(url);
            try (Statement statement = connection.createStatement()) {
                statement.execute("create table if not exists record(entity varchar(128), id varchar(512),"
                        + " data varbinary, primary key(entity, id))");
                statement.execute("create table if not exists tombstone(entity varchar(128), id varchar(512),"
                        + " scope varchar(512), version bigint, deleted_at bigint, primary key(entity, id))");
            }
            connection.setAutoCommit(false);
            return new H2Journal(file, connection);
        } catch (SQLException e) {
            throw new IllegalStateException("cannot open the database " + file + ": is another server using it?", e);
        }
    }

    @Override
    public void load(BiConsumer<Key, ObjectNode> records, Consumer<Tombstone> tombstones) {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("select entity, id, data from record")) {
                while (row.next()) {
                    records.accept(new Key(row.getString(1), row.getString(2)), Json.read(row.getBytes(3)));
                }
            }
            try (ResultSet row = statement.executeQuery(
                    "select entity, id, scope, version, deleted_at from tombstone order by deleted_at")) {
                while (row.next()) {
                    Key key = new Key(row.getString(1), row.getString(2));
                    tombstones.accept(new Tombstone(key, row.getString(3), row.getLong(4), row.getLong(5)));
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot read the database", e);
        }
    }

    @Override
    public void put(Key key, ObjectNode data) {
        written.put(key, Json.write(data));
        removed.remove(key);
        forget(key);
    }

    @Override
    public void delete(Key key) {
        written.remove(key);
        removed.add(key);
    }

    @Override
    public void bury(Tombstone stone) {
        buried.put(stone.key(), stone);
        forgotten.remove(stone.key());
    }

    @Override
    public void forget(Key key) {
        buried.remove(key);
        forgotten.add(key);
    }

    @Override
    public void commit() {
        if (written.isEmpty() && removed.isEmpty() && buried.isEmpty() && forgotten.isEmpty()) {
            return;
        }
        try {
            write();
            connection.commit();
        } catch (SQLException e) {
            rollBack(e);
            throw new IllegalStateException("cannot write the database", e);
        }
        clear();
    }

    @Override
    public void rollBack() {
        clear();
    }

    private void clear() {
        written.clear();
        removed.clear();
        buried.clear();
        forgotten.clear();
    }

    private void write() throws SQLException {
        try (PreparedStatement put = connection.prepareStatement("merge into record values(?, ?, ?)");
                PreparedStatement delete =
                        connection.prepareStatement("delete from record where entity = ? and id = ?");
                PreparedStatement bury = connection.prepareStatement("merge into tombstone values(?, ?, ?, ?, ?)");
                PreparedStatement forget =
                        connection.prepareStatement("delete from tombstone where entity = ? and id = ?")) {
            for (Map.Entry<Key, byte[]> entry : written.entrySet()) {
                key(put, entry.getKey()).setBytes(3, entry.getValue());
                put.addBatch();
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
            for (Key key : forgotten) {
                key(forget, key).addBatch();
            }
            put.executeBatch();
            delete.executeBatch();
            bury.executeBatch();
            forget.executeBatch();
        }
    }

    private void rollBack(SQLException cause) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            cause.addSuppressed(e);
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
        } finally {
            if (file != null) {
                OPEN.remove(file);
            }
        }
    }
}
