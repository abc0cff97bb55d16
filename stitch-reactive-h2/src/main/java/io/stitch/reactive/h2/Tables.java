package io.stitch.reactive.h2;

import io.stitch.reactive.WriteKind;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KnownPeer;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.Tombstone;
import org.jspecify.annotations.Nullable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The SQL of everything but records. Stateless; the transaction is the caller's. */
final class Tables {
    private Tables() {}

    /** Binds one row's values. */
    @FunctionalInterface
    private interface Binding<T> {
        void bind(PreparedStatement statement, T row) throws SQLException;
    }

    /** Reads one row. */
    @FunctionalInterface
    private interface Reading<T> {
        T read(ResultSet row) throws SQLException;
    }

    // ---- writing ----

    static void apply(Connection connection, Batch batch) throws SQLException {
        each(connection, """
                MERGE INTO PENDING (ENTITY, ID, SCOPE, KIND, AUTHOR, REQUEST, SEQUENCE, PAYLOAD, BEFORE, VERSION, SENT_AT, PARKED, EXPECTED, WRITTEN_AT)
                KEY (SEQUENCE) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""", batch.keptWrites(), Tables::bindWrite);
        each(
                connection,
                "DELETE FROM PENDING WHERE SEQUENCE = ?",
                batch.removedWrites(),
                (statement, sequence) -> statement.setLong(1, sequence));
        if (batch.forgetsRecords()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("DELETE FROM TOMBSTONE");
                statement.execute("DELETE FROM PEER");
            }
        }
        applyTombstones(connection, batch);
        applyPeers(connection, batch);
        applyFacts(connection, batch.facts());
    }

    private static void bindWrite(PreparedStatement statement, PendingWrite write) throws SQLException {
        bind(
                statement,
                1,
                write.key().entity(),
                write.key().id(),
                write.scope(),
                write.kind().name(),
                write.user(),
                write.requestId());
        statement.setLong(7, write.sequence());
        statement.setBytes(8, write.payload());
        statement.setBytes(9, write.before());
        statement.setLong(10, write.version());
        statement.setLong(11, write.sentAt());
        statement.setBoolean(12, write.parked());
        statement.setObject(13, write.isCompared() ? write.expectedVersion() : null, Types.BIGINT);
        statement.setLong(14, write.writtenAt());
    }

    private static void applyTombstones(Connection connection, Batch batch) throws SQLException {
        each(
                connection,
                "MERGE INTO TOMBSTONE (SCOPE, ENTITY, ID, STAMP, DELETED_AT) KEY (SCOPE, ENTITY, ID) VALUES (?, ?, ?, ?, ?)",
                batch.keptTombstones(),
                (statement, each) -> {
                    bind(statement, 1, each.scope(), each.key().entity());
                    statement.setBytes(3, RecordWriter.bytes(each.key().id()));
                    statement.setString(4, each.stamp());
                    statement.setLong(5, each.deletedAt());
                });
        each(
                connection,
                "DELETE FROM TOMBSTONE WHERE SCOPE = ? AND ENTITY = ? AND ID = ?",
                batch.removedTombstones(),
                (statement, place) -> {
                    bind(statement, 1, place.scope(), place.key().entity());
                    statement.setBytes(3, RecordWriter.bytes(place.key().id()));
                });
    }

    private static void applyPeers(Connection connection, Batch batch) throws SQLException {
        each(
                connection,
                "MERGE INTO PEER (SCOPE, PEER, HEARD_AT, CLEAN_AT) KEY (SCOPE, PEER) VALUES (?, ?, ?, ?)",
                batch.keptPeers(),
                (statement, peer) -> {
                    bind(statement, 1, peer.scope(), peer.peer());
                    statement.setLong(3, peer.heardAt());
                    statement.setLong(4, peer.cleanAt());
                });
        each(
                connection,
                "DELETE FROM PEER WHERE SCOPE = ? AND PEER = ?",
                batch.removedPeers(),
                (statement, heard) -> bind(statement, 1, heard.scope(), heard.peer()));
    }

    static void applyFacts(Connection connection, Map<String, String> facts) throws SQLException {
        each(
                connection,
                "MERGE INTO FACT (NAME, CONTENT) KEY (NAME) VALUES (?, ?)",
                facts.entrySet(),
                (statement, fact) -> bind(statement, 1, fact.getKey(), fact.getValue()));
    }

    static int pruneTombstones(Connection connection, long deletedBefore, long heardSince) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                DELETE FROM TOMBSTONE T WHERE T.DELETED_AT < ? AND NOT EXISTS (
                    SELECT 1 FROM PEER P WHERE P.SCOPE = T.SCOPE AND P.HEARD_AT >= ? AND P.CLEAN_AT <= T.DELETED_AT)""")) {
            statement.setLong(1, deletedBefore);
            statement.setLong(2, heardSince);
            return statement.executeUpdate();
        }
    }

    private static <T> void each(Connection connection, String sql, Collection<T> rows, Binding<T> binding)
            throws SQLException {
        if (rows.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (T row : rows) {
                binding.bind(statement, row);
                statement.executeUpdate();
            }
        }
    }

    // ---- reading ----

    static Map<String, String> facts(Connection connection) throws SQLException {
        Map<String, String> facts = new HashMap<>();
        query(connection, "SELECT NAME, CONTENT FROM FACT", row -> facts.put(row.getString(1), row.getString(2)));
        return facts;
    }

    static @Nullable String fact(Connection connection, String name) throws SQLException {
        List<String> found =
                query(connection, "SELECT CONTENT FROM FACT WHERE NAME = ?", row -> row.getString(1), name);
        return found.isEmpty() ? null : found.get(0);
    }

    /** What was kept apart from records. A pending write that cannot be read keeps the others from nothing. */
    static Persistence.Opened opened(Connection connection, RecordRows rows) throws SQLException {
        List<PendingWrite> pending = new ArrayList<>();
        List<Persistence.SetAside> setAside = new ArrayList<>();
        query(connection, """
                SELECT SEQUENCE, ENTITY, ID, SCOPE, KIND, PAYLOAD, BEFORE, VERSION, AUTHOR, REQUEST, SENT_AT, PARKED, EXPECTED, WRITTEN_AT
                FROM PENDING ORDER BY SEQUENCE""", row -> {
            try {
                return pending.add(write(row, rows));
            } catch (IllegalArgumentException e) {
                return setAside.add(new Persistence.SetAside(
                        row.getLong(1), row.getString(2) + '/' + row.getString(3), String.valueOf(e.getMessage())));
            }
        });
        return new Persistence.Opened(facts(connection), pending, setAside);
    }

    private static PendingWrite write(ResultSet row, RecordRows rows) throws SQLException {
        @Nullable Long expected = row.getObject(13, Long.class);
        return new PendingWrite(
                row.getLong(1),
                rows.key(row.getString(4), row.getString(2), row.getString(3)),
                row.getString(4),
                WriteKind.valueOf(row.getString(5)),
                row.getBytes(6),
                row.getBytes(7),
                row.getLong(8),
                row.getString(9),
                row.getString(10),
                row.getLong(11),
                row.getBoolean(12),
                expected == null ? PendingWrite.ANY_VERSION : expected,
                row.getLong(14)); // NULL, and so 0, in what an older version of this library wrote.
    }

    static List<Tombstone> tombstones(Connection connection, String scope, RecordRows rows) throws SQLException {
        return query(
                connection,
                "SELECT ENTITY, ID, STAMP, DELETED_AT FROM TOMBSTONE WHERE SCOPE = ? ORDER BY DELETED_AT, ENTITY, ID",
                row -> new Tombstone(
                        scope, rows.key(scope, row.getString(1), row.getBytes(2)), row.getString(3), row.getLong(4)),
                scope);
    }

    static List<KnownPeer> peers(Connection connection, String scope) throws SQLException {
        return query(
                connection,
                "SELECT PEER, HEARD_AT, CLEAN_AT FROM PEER WHERE SCOPE = ? ORDER BY HEARD_AT, PEER",
                row -> new KnownPeer(scope, row.getString(1), row.getLong(2), row.getLong(3)),
                scope);
    }

    private static <T> List<T> query(Connection connection, String sql, Reading<T> reading, String... values)
            throws SQLException {
        List<T> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, 1, values);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(reading.read(rows));
                }
            }
        }
        return result;
    }

    private static void bind(PreparedStatement statement, int first, @Nullable String... values) throws SQLException {
        int at = first;
        for (String value : values) {
            statement.setString(at++, value);
        }
    }
}
