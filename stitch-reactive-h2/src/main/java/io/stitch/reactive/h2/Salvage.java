package io.stitch.reactive.h2;

import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.PersistenceException.Reason;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.spi.JsonBounds;
import org.h2.mvstore.MVStoreTool;
import org.h2.value.Value;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Saves what can be read of a damaged file into a new one. Works on a copy; the damaged file is touched only when all is done,
 * and only moved aside. The maps of the file are read as they are: nothing that is in it is executed, since nobody knows who damaged it.
 *
 * <p>Rows are numbered in the order they came in. A range that cannot be read is cut in two until what is unreadable is alone.
 */
final class Salvage {
    private static final int MOST_LOSSES = 100;
    /** Taken for the last row where that is unreadable. */
    private static final long BEHIND_ALL = 1L << 28;
    /** After so many ranges in a row that cannot be read, nothing more of a table will be. */
    private static final int MOST_FAILURES = 10_000;
    /** So many rows are held in memory at once. */
    private static final long ROWS_AT_ONCE = 1_000;

    private final Path database;
    private final @Nullable Passphrase key;
    private final List<String> lost = new ArrayList<>();
    private @Nullable RawStore old;
    private Map<String, Integer> tables = Map.of();
    private long firstLost;
    private long lastLost = -1;
    private int failures;

    /** A table to save, which of its columns hold JSON, and how many of the last ones earlier versions do not have. */
    private record Table(String name, List<String> columns, Set<String> json, int added) {
        Table(String name, List<String> columns, Set<String> json) {
            this(name, columns, json, 0);
        }

        boolean isRow(int values) {
            return values <= columns.size() && values >= columns.size() - added;
        }

        String names() {
            return String.join(", ", columns);
        }

        String marks() {
            return String.join(", ", columns.stream().map(column -> "?").toList());
        }
    }

    private static final Pattern TABLE = Pattern.compile("CREATE CACHED TABLE \"PUBLIC\"\\.\"([A-Z_]+)\"\\(");

    private static final Table RECORD = new Table(
            "RECORD", List.of("K", "ENTITY", "ID", "SCOPE", "VERSION", "JSON", "LARGE"), Set.of("JSON", "LARGE"));
    private static final Table PENDING = new Table(
            "PENDING",
            List.of(
                    "SEQUENCE",
                    "ENTITY",
                    "ID",
                    "SCOPE",
                    "KIND",
                    "PAYLOAD",
                    "BEFORE",
                    "VERSION",
                    "AUTHOR",
                    "REQUEST",
                    "SENT_AT",
                    "PARKED",
                    "EXPECTED",
                    "WRITTEN_AT"),
            Set.of("PAYLOAD", "BEFORE"),
            2);
    private static final Table TOMBSTONE =
            new Table("TOMBSTONE", List.of("SCOPE", "ENTITY", "ID", "STAMP", "DELETED_AT"), Set.of());
    private static final Table PEER = new Table("PEER", List.of("SCOPE", "PEER", "HEARD_AT", "CLEAN_AT"), Set.of());
    private static final Table FACT = new Table("FACT", List.of("NAME", "CONTENT"), Set.of());

    Salvage(Path database, @Nullable Passphrase key) {
        this.database = database;
        this.key = key;
    }

    Recovery run() throws IOException, SQLException {
        if (!Files.exists(Database.data(database))) {
            throw new PersistenceException(Reason.FAILED, "There is no database %s.".formatted(database), null);
        }
        try (DatabaseLock lock = DatabaseLock.take(database)) {
            Path folder = Files.createTempDirectory(database.getParent(), database.getFileName() + ".recovery");
            try {
                return salvage(folder);
            } finally {
                Maintenance.delete(folder);
            }
        }
    }

    private Recovery salvage(Path folder) throws IOException {
        Path copy = folder.resolve("damaged");
        Path fresh = folder.resolve("fresh");
        Files.copy(Database.data(database), Database.data(copy));
        Database made = new Database(fresh, Database.OWNER_ONLY, Schema.CURRENT, key);
        Recovery counts;
        try {
            requireReadable(copy);
            made.open();
            counts = made.write(into -> new Recovery(
                    save(copy, into, RECORD),
                    save(copy, into, PENDING),
                    save(copy, into, TOMBSTONE),
                    saveTheRest(copy, into),
                    database));
        } finally {
            disconnect();
            made.close();
        }
        Path aside = aside();
        Files.move(Database.data(database), aside, StandardCopyOption.ATOMIC_MOVE);
        Files.move(Database.data(fresh), Database.data(database), StandardCopyOption.ATOMIC_MOVE);
        return new Recovery(counts.records(), counts.pendingWrites(), counts.tombstones(), counts.lost(), aside);
    }

    private List<String> saveTheRest(Path copy, Connection into) throws SQLException {
        save(copy, into, PEER);
        save(copy, into, FACT);
        return lost;
    }

    private Path aside() {
        Path data = Database.data(database);
        Path aside = data.resolveSibling(data.getFileName() + ".damaged");
        for (int i = 2; Files.exists(aside); i++) {
            aside = data.resolveSibling(data.getFileName() + ".damaged" + i);
        }
        return aside;
    }

    private void requireReadable(Path copy) {
        try {
            findTables(copy);
            return;
        } catch (RuntimeException e) {
            lose("The newest state of the file: " + e.getMessage());
            disconnect();
        }
        try {
            if (key == null) {
                // Goes back to the newest state that can be opened.
                MVStoreTool.repair(Database.data(copy).toString());
            }
            findTables(copy);
        } catch (RuntimeException | AssertionError e) { // Repairing checks itself, too.
            throw new PersistenceException(
                    key == null ? Reason.CORRUPT : Reason.WRONG_PASSPHRASE,
                    "Nothing can be read of the database %s%s. Nothing was changed; restore a backup, or begin with a new file."
                            .formatted(database, key == null ? "" : ", or the passphrase is wrong"),
                    e);
        }
    }

    private void findTables(Path copy) {
        Map<String, Integer> found = new HashMap<>();
        for (RawStore.Definition each : store(copy).definitions()) {
            Matcher table = TABLE.matcher(each.sql());
            if (table.lookingAt()) {
                found.put(table.group(1), each.id());
            }
        }
        tables = found;
    }

    private RawStore store(Path copy) {
        RawStore open = old;
        if (open == null || open.isClosed()) {
            open = RawStore.open(copy, Database.OWNER_ONLY, key);
            old = open;
        }
        return open;
    }

    private void disconnect() {
        RawStore open = old;
        old = null;
        if (open != null) {
            open.close();
        }
    }

    private void lose(String what) {
        if (lost.size() < MOST_LOSSES) {
            lost.add(what.lines().findFirst().orElse(what));
        }
    }

    private long save(Path copy, Connection into, Table table) throws SQLException {
        String insert = "INSERT INTO %s (%s) VALUES (%s)".formatted(table.name(), table.names(), table.marks());
        lastLost = -1;
        failures = 0;
        if (!tables.containsKey(table.name())) {
            return 0;
        }
        try (PreparedStatement to = into.prepareStatement(insert)) {
            return save(copy, to, table, 0, lastRow(copy, table));
        }
    }

    private long lastRow(Path copy, Table table) {
        try {
            return store(copy).lastRow(numberOf(table));
        } catch (RuntimeException e) {
            return BEHIND_ALL;
        }
    }

    private int numberOf(Table table) {
        return Objects.requireNonNull(tables.get(table.name()));
    }

    private long save(Path copy, PreparedStatement to, Table table, long first, long last) {
        if (failures > MOST_FAILURES) {
            return 0;
        }
        if (last - first < ROWS_AT_ONCE) {
            try {
                long saved = 0;
                for (Object[] row : read(copy, table, first, last)) {
                    saved += insert(to, table, row);
                }
                failures = 0;
                return saved;
            } catch (IOException | RuntimeException e) { // Damage is anything: bytes are taken for what they are not.
                failures++;
                if (failures > MOST_FAILURES) {
                    lose("Rows from %d on of the table %s: %s".formatted(first, table.name(), e.getMessage()));
                    return 0;
                }
                if (first >= last) {
                    loseRow(table, first, e);
                    return 0;
                }
            }
        }
        long middle = first + (last - first) / 2;
        return save(copy, to, table, first, middle) + save(copy, to, table, middle + 1, last);
    }

    /** Neighbours are lost together, so they are reported together. */
    private void loseRow(Table table, long row, Exception why) {
        boolean neighbour = row == lastLost + 1
                && !lost.isEmpty()
                && lost.get(lost.size() - 1).startsWith("Rows ");
        if (neighbour) {
            lost.remove(lost.size() - 1);
        } else {
            firstLost = row;
        }
        lastLost = row;
        lose("Rows %d to %d of the table %s: %s".formatted(firstLost, lastLost, table.name(), why.getMessage()));
    }

    private List<Object[]> read(Path copy, Table table, long first, long last) throws IOException {
        RawStore store = store(copy);
        List<Object[]> rows = new ArrayList<>();
        for (Value[] found : store.rows(numberOf(table), first, last)) {
            if (!table.isRow(found.length)) {
                throw new IOException("a row has %d columns, not %d"
                        .formatted(found.length, table.columns().size()));
            }
            @Nullable Object[] row = new Object[table.columns().size()];
            for (int i = 0; i < row.length; i++) {
                row[i] = i < found.length ? plain(store, found[i]) : null;
            }
            rows.add(row);
        }
        return rows;
    }

    private static @Nullable Object plain(RawStore store, Value value) throws IOException {
        return switch (value.getValueType()) {
            case Value.NULL -> null;
            case Value.BLOB, Value.VARBINARY -> store.bytes(value);
            case Value.BIGINT, Value.INTEGER -> value.getLong();
            case Value.BOOLEAN -> value.getBoolean();
            default -> value.getString();
        };
    }

    /** What no store would take up is lost, and said to be. */
    private static void requireReadable(Table table, Object[] row) {
        for (int i = 0; i < row.length; i++) {
            if (table.columns().get(i).equals("KIND")) {
                WriteKind.valueOf(String.valueOf(row[i]));
            }
            if (table.json().contains(table.columns().get(i)) && row[i] instanceof byte[] json) {
                String problem = JsonBounds.problem(json);
                if (problem != null) {
                    throw new IllegalArgumentException(problem);
                }
            }
        }
    }

    private int insert(PreparedStatement to, Table table, Object[] row) {
        try {
            requireReadable(table, row);
            for (int i = 0; i < row.length; i++) {
                to.setObject(i + 1, row[i]);
            }
            return to.executeUpdate();
        } catch (SQLException | IllegalArgumentException e) {
            lose("A row of the table " + table.name() + ": " + e.getMessage());
            return 0;
        }
    }
}
