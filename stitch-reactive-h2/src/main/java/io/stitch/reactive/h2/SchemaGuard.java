package io.stitch.reactive.h2;

import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.PersistenceException.Reason;
import io.stitch.reactive.h2.RawStore.Definition;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.MVStoreTool;
import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks what H2 would execute when it opens a file, before it does. A file from elsewhere may have triggers, functions, views, tables that lie
 * in other databases or defaults that are computed: each is code that would run here. Only what this library makes is let through,
 * word by word.
 */
final class SchemaGuard {
    private static final int LONGEST = 4_096;
    private static final int SHOWN = 80;

    private static final String NAME = "\"[A-Z0-9_]+\"";
    private static final String QUALIFIED = "\"PUBLIC\"\\." + NAME;
    private static final String COLUMN = "\\s*" + NAME
            + " (BIGINT|INTEGER|TINYINT|BOOLEAN|CHARACTER VARYING|BINARY VARYING|BINARY LARGE OBJECT)(\\(\\d+\\))?( NOT NULL| SELECTIVITY \\d{1,3}){0,2}";
    private static final String KEYS = "\\(" + NAME + "( NULLS FIRST)?(, " + NAME + "( NULLS FIRST)?)*\\)";

    private static final Pattern TABLE = Pattern.compile(
            "CREATE CACHED TABLE \"PUBLIC\"\\.\"([A-Z0-9_]+)\"\\(" + COLUMN + "(," + COLUMN + ")*\\s*\\)");
    private static final List<Pattern> OTHERS = List.of(
            Pattern.compile(
                    "CREATE (PRIMARY KEY|(UNIQUE (NULLS DISTINCT )?)?INDEX) " + QUALIFIED + " ON " + QUALIFIED + KEYS),
            Pattern.compile("ALTER TABLE " + QUALIFIED + " ADD CONSTRAINT " + QUALIFIED + " PRIMARY KEY" + KEYS
                    + " INDEX " + QUALIFIED),
            Pattern.compile("CREATE USER IF NOT EXISTS \"STITCH\" SALT '[0-9a-f]*' HASH '[0-9a-f]*' ADMIN"),
            Pattern.compile("SET (CREATE_BUILD|WRITE_DELAY|MAX_LENGTH_INPLACE_LOB) \\d{1,9}"),
            alias(SqlFunctions.MATCHES_DDL),
            alias(SqlFunctions.SORT_KEY_DDL));

    private static final Pattern CREATED = Pattern.compile("CREATE TABLE (?:IF NOT EXISTS )?([A-Z0-9_]+)");
    private static final Pattern FIELD_INDEX = Pattern.compile("FIELD_\\d{1,9}");
    private static final String VERSION_TABLE = "SCHEMA_VERSION";

    private SchemaGuard() {}

    /** As H2 writes it down. */
    private static Pattern alias(String ddl) {
        Matcher parts = Pattern.compile("CREATE FORCE ALIAS (\\w+) DETERMINISTIC FOR \"(.*)\"")
                .matcher(ddl);
        if (!parts.matches()) {
            throw new IllegalStateException(ddl);
        }
        return Pattern.compile("CREATE FORCE ALIAS \"PUBLIC\"\\.\"%s\" DETERMINISTIC FOR ['\"]%s['\"]"
                .formatted(parts.group(1), Pattern.quote(parts.group(2))));
    }

    /**
     * Requires of a file that is not open that H2 may open it.
     *
     * @param database the file without its ending
     * @param fileSystem the file system of H2's in which it lies
     * @param schema what may be in it
     * @param key its key, or {@code null} if it is not encrypted
     * @throws PersistenceException if it must not, or cannot
     */
    static void check(Path database, String fileSystem, Schema schema, @Nullable Passphrase key) {
        // What an interrupted compaction left becomes the file when H2 opens it, so it is what has to be looked at.
        MVStoreTool.compactCleanUp(fileSystem + Database.data(database));
        if (Files.notExists(Database.data(database)) || isEmpty(database, key)) {
            return;
        }
        try (RawStore store = RawStore.open(database, fileSystem, key)) {
            Map<String, Integer> tables = tables(database, store.definitions());
            schema.requireKnown(version(store, tables), database);
            Set<String> known = known(schema);
            for (String table : tables.keySet()) {
                if (!known.contains(table) && !FIELD_INDEX.matcher(table).matches()) {
                    throw foreign(database, "the table " + table, null);
                }
            }
        } catch (MVStoreException e) {
            throw Failures.of(database, e, key != null);
        }
    }

    private static boolean isEmpty(Path database, @Nullable Passphrase key) {
        return Database.data(database).toFile().length() <= (key == null ? 0 : EncryptedHeader.BYTES);
    }

    /**
     * {@return the tables that a file has, with their numbers}
     *
     * @throws PersistenceException if it has anything that this library does not make
     */
    static Map<String, Integer> tables(Path database, List<Definition> definitions) {
        Map<String, Integer> tables = new HashMap<>();
        for (Definition each : definitions) {
            String sql = each.sql();
            Matcher table = TABLE.matcher(sql);
            if (sql.length() <= LONGEST && table.matches()) {
                tables.put(table.group(1), each.id());
            } else if (sql.length() > LONGEST
                    || OTHERS.stream().noneMatch(other -> other.matcher(sql).matches())) {
                throw foreign(database, "'" + sql.substring(0, Math.min(sql.length(), SHOWN)) + "'", null);
            }
        }
        return tables;
    }

    private static int version(RawStore store, Map<String, Integer> tables) {
        Integer table = tables.get(VERSION_TABLE);
        return table == null || !store.has(table)
                ? 0
                : store.rows(table, Long.MIN_VALUE, Long.MAX_VALUE).stream()
                        .mapToInt(row -> row[1].getInt())
                        .max()
                        .orElse(0);
    }

    private static Set<String> known(Schema schema) {
        Set<String> known = new HashSet<>(Set.of(VERSION_TABLE));
        schema.migrations()
                .forEach(version -> version.forEach(sql -> {
                    Matcher created = CREATED.matcher(sql);
                    if (created.lookingAt()) {
                        known.add(created.group(1));
                    }
                }));
        return known;
    }

    static PersistenceException foreign(Path database, String what, @Nullable Throwable cause) {
        return new PersistenceException(
                Reason.FOREIGN,
                ("The file %s has something in it that no store of this library makes: %s. Opening it could run somebody else's code, so"
                                + " it was not opened, and nothing was changed. Give the store a file of its own.")
                        .formatted(Database.data(database), what.replaceAll("\\p{Cntrl}+", " ")),
                cause);
    }
}
