package io.stitch.reactive.h2;

import io.stitch.reactive.PersistenceException;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The tables, and how a database of an older version gets them. The version is written last: a database without one was
 * interrupted while it was made or cleared, and is made anew.
 *
 * <p>A record has a number, because H2 keeps the rows of a table in a tree by one number: each further key is a further tree. Ids are
 * bytes, which H2 compares faster than texts and by code points. JSON that is too large for a binary column lies in a BLOB.
 *
 * @param migrations what makes each version out of the one before, the first one out of nothing. H2 commits each statement that changes
 *     tables by itself, and a process may end behind any of them: so each but those of the first version does no harm when it is done
 *     again
 */
record Schema(List<List<String>> migrations) {
    /** JSON up to this size lies in its table, and larger JSON beside it. H2 takes no more in a binary column. */
    static final int INLINE_BYTES = 1024 * 1024;

    static final Schema CURRENT = new Schema(List.of(
            List.of(
                    "SET MAX_LENGTH_INPLACE_LOB " + INLINE_BYTES,
                    """
            CREATE TABLE RECORD (
                K BIGINT PRIMARY KEY, ENTITY VARCHAR NOT NULL, ID VARBINARY NOT NULL, SCOPE VARBINARY NOT NULL,
                VERSION BIGINT NOT NULL, JSON VARBINARY, LARGE BLOB)""",
                    "CREATE UNIQUE INDEX RECORD_BY_KEY ON RECORD (ENTITY, ID)",
                    "CREATE INDEX RECORD_BY_SCOPE ON RECORD (SCOPE, ENTITY, ID)",
                    """
            CREATE TABLE FIELD_INDEX (
                NUMBER INT PRIMARY KEY, ENTITY VARCHAR NOT NULL, FIELD VARCHAR NOT NULL, READY BOOLEAN NOT NULL)""",
                    """
            CREATE TABLE PENDING (
                SEQUENCE BIGINT PRIMARY KEY, ENTITY VARCHAR NOT NULL, ID VARCHAR NOT NULL, SCOPE VARCHAR NOT NULL,
                KIND VARCHAR NOT NULL, PAYLOAD BLOB NOT NULL, BEFORE BLOB, VERSION BIGINT NOT NULL, AUTHOR VARCHAR,
                REQUEST VARCHAR, SENT_AT BIGINT NOT NULL, PARKED BOOLEAN NOT NULL)""",
                    """
            CREATE TABLE TOMBSTONE (
                SCOPE VARCHAR NOT NULL, ENTITY VARCHAR NOT NULL, ID VARBINARY NOT NULL, STAMP VARCHAR NOT NULL,
                DELETED_AT BIGINT NOT NULL, PRIMARY KEY (SCOPE, ENTITY, ID))""",
                    "CREATE INDEX TOMBSTONE_BY_AGE ON TOMBSTONE (DELETED_AT)",
                    """
            CREATE TABLE PEER (
                SCOPE VARCHAR NOT NULL, PEER VARCHAR NOT NULL, HEARD_AT BIGINT NOT NULL, CLEAN_AT BIGINT NOT NULL,
                PRIMARY KEY (SCOPE, PEER))""",
                    "CREATE TABLE FACT (NAME VARCHAR PRIMARY KEY, CONTENT VARCHAR NOT NULL)",
                    SqlFunctions.MATCHES_DDL,
                    SqlFunctions.SORT_KEY_DDL),
            List.of("CREATE INDEX IF NOT EXISTS TOMBSTONE_BY_KEY ON TOMBSTONE (ENTITY, ID)"),
            // Numbers are kept exactly since: each index is made anew.
            List.of("DELETE FROM FIELD_INDEX"),
            // Several scopes may have records of one id, and a tombstone is found by its scope.
            List.of(
                    "CREATE UNIQUE INDEX IF NOT EXISTS RECORD_BY_ID ON RECORD (ENTITY, ID, SCOPE)",
                    "DROP INDEX IF EXISTS RECORD_BY_KEY",
                    "DROP INDEX IF EXISTS TOMBSTONE_BY_KEY"),
            // A write may be one that is to be done at one version only; none of before is.
            List.of("ALTER TABLE PENDING ADD COLUMN IF NOT EXISTS EXPECTED BIGINT"),
            // When a write was made is shown to whoever looks at the queue; of those before, it is not known.
            List.of("ALTER TABLE PENDING ADD COLUMN IF NOT EXISTS WRITTEN_AT BIGINT")));

    Schema {
        migrations = migrations.stream().map(List::copyOf).toList();
    }

    /** Brings a database up to this version. */
    void migrate(Connection connection, Path file) throws SQLException {
        int version = version(connection);
        requireKnown(version, file);
        try (Statement statement = connection.createStatement()) {
            if (version == 0) {
                statement.execute("DROP ALL OBJECTS");
            }
            while (version < migrations.size()) {
                for (String each : migrations.get(version)) {
                    statement.execute(each);
                }
                version++;
                statement.execute(
                        "CREATE TABLE IF NOT EXISTS SCHEMA_VERSION (ONLY_ROW INT PRIMARY KEY, VERSION INT NOT NULL)");
                statement.execute("MERGE INTO SCHEMA_VERSION KEY (ONLY_ROW) VALUES (1, " + version + ")");
                connection.commit();
            }
        }
    }

    /** Requires that this library knows a version. */
    void requireKnown(int version, Path file) {
        if (version > migrations.size()) {
            throw new PersistenceException(
                    PersistenceException.Reason.NEWER_VERSION,
                    ("The database %s has version %d, and this library knows versions up to %d. Nothing was changed. Update the"
                                    + " application, or give it another database.")
                            .formatted(file, version, migrations.size()),
                    null);
        }
    }

    /** Makes a database as if it were new. */
    void recreate(Connection connection, Path file) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS SCHEMA_VERSION");
            connection.commit();
        }
        migrate(connection, file);
    }

    private static int version(Connection connection) throws SQLException {
        try (ResultSet tables = connection.getMetaData().getTables(null, "PUBLIC", "SCHEMA_VERSION", null)) {
            if (!tables.next()) {
                return 0;
            }
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT VERSION FROM SCHEMA_VERSION")) {
            return row.next() ? row.getInt(1) : 0;
        }
    }
}
