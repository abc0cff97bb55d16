package io.stitch.reactive.h2;

import io.stitch.reactive.spi.KeptEntity;
import org.jspecify.annotations.Nullable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The indexes of fields that the schema asked for. One that is new is filled part by part between batches; lists do without it until
 * then. Changed by the thread that writes; read by any.
 */
final class FieldIndexes {
    private static final int FILLED_AT_ONCE = 1_000;

    private volatile List<FieldIndex> all = List.of();
    private volatile Map<String, KeptEntity> entities = Map.of();
    /** How far the first one that is not ready is filled. */
    private byte[] filledTo = {};

    /** Makes the indexes that the entities ask for and drops those that nobody asks for any more. Commits. */
    void agree(Connection connection, Map<String, KeptEntity> wanted) throws SQLException {
        List<FieldIndex> kept = new ArrayList<>();
        for (FieldIndex each : catalog(connection)) {
            KeptEntity entity = wanted.get(each.entity());
            if (entity != null && entity.indexedFields().contains(each.field())) {
                kept.add(each);
            } else {
                drop(connection, each);
            }
        }
        boolean empty = isEmpty(connection);
        for (Map.Entry<String, KeptEntity> entity : wanted.entrySet()) {
            for (String field : entity.getValue().indexedFields()) {
                if (find(kept, entity.getKey(), field) == null && !field.equals("id")) {
                    kept.add(make(connection, new FieldIndex(unused(kept), entity.getKey(), field, empty)));
                }
            }
        }
        connection.commit();
        entities = wanted;
        all = List.copyOf(kept);
        filledTo = new byte[0];
    }

    /** What is cleared has none. */
    void forget() {
        all = List.of();
    }

    private static List<FieldIndex> catalog(Connection connection) throws SQLException {
        List<FieldIndex> found = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT NUMBER, ENTITY, FIELD, READY FROM FIELD_INDEX")) {
            while (rows.next()) {
                found.add(new FieldIndex(rows.getInt(1), rows.getString(2), rows.getString(3), rows.getBoolean(4)));
            }
        }
        return found;
    }

    private static boolean isEmpty(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT 1 FROM RECORD FETCH FIRST ROW ONLY")) {
            return !row.next();
        }
    }

    private static int unused(List<FieldIndex> used) {
        int number = 0;
        while (isUsed(used, number)) {
            number++;
        }
        return number;
    }

    private static boolean isUsed(List<FieldIndex> used, int number) {
        return used.stream().anyMatch(each -> each.number() == number);
    }

    /** The row of the catalog is written last and deleted first: a table without one is left over, and made anew. */
    private static FieldIndex make(Connection connection, FieldIndex index) throws SQLException {
        String table = index.table();
        try (Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS " + table);
            statement.execute(
                    "CREATE TABLE " + table
                            + " (K BIGINT PRIMARY KEY, FIELD_VALUE VARBINARY NOT NULL, STATE TINYINT NOT NULL, ID VARBINARY NOT NULL)");
            statement.execute("CREATE INDEX %1$s_BY_VALUE ON %1$s (FIELD_VALUE, ID)".formatted(table));
        }
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO FIELD_INDEX VALUES (?, ?, ?, ?)")) {
            insert.setInt(1, index.number());
            insert.setString(2, index.entity());
            insert.setString(3, index.field());
            insert.setBoolean(4, index.ready());
            insert.executeUpdate();
        }
        return index;
    }

    private static void drop(Connection connection, FieldIndex index) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("DELETE FROM FIELD_INDEX WHERE NUMBER = " + index.number());
            connection.commit();
            statement.execute("DROP TABLE " + index.table());
        }
    }

    /** {@return those of an entity, ready or not} */
    List<FieldIndex> of(String entity) {
        return all.stream().filter(index -> index.entity().equals(entity)).toList();
    }

    /** {@return all of them} */
    List<FieldIndex> all() {
        return all;
    }

    /** {@return what can be looked at for a field, or {@code null} if there is none} */
    @Nullable
    FieldIndex ready(String entity, String field) {
        FieldIndex found = find(all, entity, field);
        return found == null || !found.ready() ? null : found;
    }

    private static @Nullable FieldIndex find(List<FieldIndex> in, String entity, String field) {
        for (FieldIndex each : in) {
            if (each.field().equals(field) && each.entity().equals(entity)) {
                return each;
            }
        }
        return null;
    }

    /** {@return the field whose text is the scope's key, or {@code null} if there is none} */
    @Nullable
    String scopeField(String entity) {
        KeptEntity kept = entities.get(entity);
        return kept == null ? null : kept.scopeField();
    }

    /** {@return whether one is not filled yet} */
    boolean areUnfinished() {
        return all.stream().anyMatch(index -> !index.ready());
    }

    /** Fills a part of the first one that is not ready. Commits. */
    void fillSome(Connection connection) throws SQLException {
        FieldIndex unfinished =
                all.stream().filter(index -> !index.ready()).findFirst().orElse(null);
        if (unfinished == null) {
            return;
        }
        int read = 0;
        byte[] last = filledTo;
        String next =
                "SELECT K, ID, JSON, LARGE FROM RECORD WHERE ENTITY = ? AND ID > ? ORDER BY ENTITY, ID FETCH FIRST "
                        + FILLED_AT_ONCE + " ROWS WITH TIES";
        try (PreparedStatement statement = connection.prepareStatement(next);
                RecordWriter writer = new RecordWriter(connection, this)) {
            statement.setString(1, unfinished.entity());
            statement.setBytes(2, last);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    read++;
                    last = rows.getBytes(2);
                    writer.index(unfinished, rows.getLong(1), last, RecordRows.json(rows, 3));
                }
            }
        }
        connection.commit();
        if (read >= FILLED_AT_ONCE) {
            filledTo = last;
        } else {
            finish(connection, unfinished);
        }
    }

    private void finish(Connection connection, FieldIndex filled) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("UPDATE FIELD_INDEX SET READY = TRUE WHERE NUMBER = " + filled.number());
        }
        // What others read is committed first.
        connection.commit();
        all = all.stream()
                .map(index -> index.equals(filled) ? index.made() : index)
                .toList();
        filledTo = new byte[0];
    }
}
