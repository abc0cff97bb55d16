package io.stitch.reactive.h2;

import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.PersistenceException.Reason;
import org.h2.Driver;
import org.jspecify.annotations.Nullable;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/**
 * The open file: its lock, a connection to write and one to read, so that reading never waits for a batch. H2 closes a database
 * that it cannot write; the next task opens it again, and if there is still no room, reading opens it for reading only.
 *
 * <p>Blocks. Tasks that write come from one thread, and so do those that read.
 */
final class Database {
    /** The file system in which files are their owner's alone. */
    static final String OWNER_ONLY = OwnerOnlyFiles.SCHEME + ":";

    /** Above this size a whole copy takes too long for the end of an application; then H2 compacts for as long as allowed. */
    private static final long COPIED_ON_CLOSE = 128L * 1024 * 1024;

    static {
        OwnerOnlyFiles.register();
    }

    private final Path file;
    private final String fileSystem;
    private final Schema schema;
    private final @Nullable Passphrase key;
    private @Nullable DatabaseLock lock;
    private @Nullable Connection writing;
    private @Nullable Connection reading;

    /** Work on a connection. */
    @FunctionalInterface
    interface Task<T> {
        T run(Connection connection) throws SQLException;
    }

    Database(Path file, String fileSystem, Schema schema, @Nullable Passphrase key) {
        this.file = checked(file);
        this.fileSystem = fileSystem;
        this.schema = schema;
        this.key = key;
    }

    /**
     * The one place where it is decided what may name a database: it becomes a part of a URL, in which a semicolon begins an option that
     * could run a script, and of a path that H2 writes in its own way.
     *
     * @param file the file without its ending
     * @return its absolute path
     * @throws IllegalArgumentException if it cannot name one
     */
    static Path checked(Path file) {
        Path absolute = file.toAbsolutePath();
        String text = absolute.toString();
        boolean foreignSeparator = File.separatorChar != '\\' && text.indexOf('\\') >= 0;
        if (file.getFileName() == null
                || file.getFileName().toString().isEmpty()
                || text.indexOf(';') >= 0
                || foreignSeparator
                || text.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    ("'%s' cannot name a database: it must have a name, and neither semicolons nor control characters, nor"
                                    + " backslashes where they do not separate folders.")
                            .formatted(file));
        }
        return absolute;
    }

    static Path data(Path database) {
        return database.resolveSibling(database.getFileName() + ".mv.db");
    }

    private static Path trace(Path database) {
        return database.resolveSibling(database.getFileName() + ".trace.db");
    }

    /** Opens the file, and makes or migrates its tables. */
    synchronized void open() {
        if (lock != null) {
            return;
        }
        lock = DatabaseLock.take(file);
        try {
            requireRightKind();
            prepareFiles();
            writing();
        } catch (RuntimeException e) {
            close(false);
            throw e;
        }
    }

    private void prepareFiles() {
        try {
            OwnerOnlyFiles.tighten(data(file));
            if (key != null) {
                EncryptedHeader.begin(data(file));
                Files.deleteIfExists(trace(file)); // Of an older version, and not encrypted.
            }
        } catch (IOException e) {
            throw Failures.of(file, e);
        }
    }

    private void requireRightKind() {
        boolean encrypted = isEncrypted(file);
        boolean begun = data(file).toFile().length() > 0;
        if (encrypted && key == null) {
            throw new PersistenceException(
                    Reason.WRONG_PASSPHRASE,
                    "The database %s is encrypted, and no passphrase was given. Set it with builder(…).passphrase(…)."
                            .formatted(file),
                    null);
        }
        if (!encrypted && key != null && begun) {
            throw new PersistenceException(
                    Reason.WRONG_PASSPHRASE,
                    ("The database %s is not encrypted, but a passphrase was given. Open it without one, or encrypt it first with"
                                    + " H2Persistence.changePassphrase(…).")
                            .formatted(file),
                    null);
        }
    }

    static boolean isEncrypted(Path database) {
        try {
            return EncryptedHeader.isEncrypted(data(database));
        } catch (IOException e) {
            throw Failures.of(database, e);
        }
    }

    /** Runs a task in one transaction: all of it is durable afterwards, or nothing. */
    <T> T write(Task<T> task) {
        Connection connection = writing();
        try {
            T result = task.run(connection);
            connection.commit();
            return result;
        } catch (SQLException | RuntimeException e) {
            rollBack(connection, e);
            throw Failures.of(file, e);
        }
    }

    /** Makes the database as if it were new. */
    void recreate() {
        write(connection -> {
            schema.recreate(connection, file);
            return true;
        });
    }

    private synchronized void rollBack(Connection connection, Exception reason) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            reason.addSuppressed(e);
            // H2 has closed the database; the next task opens it again.
            disconnect();
        }
    }

    /** Runs a task that only reads. */
    <T> T read(Task<T> task) {
        try {
            return task.run(reading());
        } catch (SQLException e) {
            return readAgain(task, e);
        }
    }

    /** What stopped the database may be that another task could not write, which is no reason not to read. */
    private <T> T readAgain(Task<T> task, SQLException first) {
        synchronized (this) {
            if (lock == null || isAlive(reading)) {
                throw Failures.of(file, first);
            }
            disconnect();
        }
        try {
            return task.run(reading());
        } catch (SQLException e) {
            e.addSuppressed(first);
            throw Failures.of(file, e);
        }
    }

    private static boolean isAlive(@Nullable Connection connection) {
        try (Statement statement = connection == null ? null : connection.createStatement()) {
            return statement != null && statement.execute("SELECT 1");
        } catch (SQLException e) {
            return false;
        }
    }

    private synchronized Connection writing() {
        if (writing == null) {
            requireOpen();
            // One for reading only would keep H2 from opening the file for writing.
            closeQuietly(reading);
            reading = null;
            try {
                Connection connection = connect("");
                writing = connection;
                connection.setAutoCommit(false);
                schema.migrate(connection, file);
                connection.commit();
            } catch (SQLException | RuntimeException e) {
                disconnect();
                throw Failures.of(file, e);
            }
        }
        return writing;
    }

    private synchronized Connection reading() {
        Connection open = reading;
        if (open != null) {
            return open;
        }
        requireOpen();
        try {
            writing();
            reading = connect("");
        } catch (PersistenceException failure) {
            if (failure.reason() != Reason.DISK_FULL) {
                throw failure;
            }
            reading = connectForReading(failure);
        } catch (SQLException e) {
            throw Failures.of(file, e);
        }
        return reading;
    }

    private Connection connectForReading(PersistenceException reason) {
        try {
            return connect(";ACCESS_MODE_DATA=r");
        } catch (SQLException e) {
            reason.addSuppressed(e);
            throw reason;
        }
    }

    private void requireOpen() {
        if (lock == null) {
            throw new PersistenceException(
                    Reason.CLOSED, "The database %s is not open. Start the store first.".formatted(file), null);
        }
    }

    /** A further connection; the caller closes it. */
    Connection connect() {
        synchronized (this) {
            requireOpen();
        }
        try {
            return connect("");
        } catch (SQLException e) {
            throw Failures.of(file, e);
        }
    }

    private Connection connect(String options) throws SQLException {
        if (writing == null && reading == null) {
            SchemaGuard.check(file, fileSystem, schema, key);
        }
        Properties login = new Properties();
        login.setProperty("user", "stitch");
        if (key == null) {
            login.setProperty("password", "");
        } else {
            login.put("password", connectionPassword(key));
        }
        String cipher = key == null ? "" : ";CIPHER=AES";
        // H2 would write what failed, with the SQL and its values, into a file beside an encrypted one.
        String url = "jdbc:h2:" + fileSystem + checked(file) + cipher
                + ";DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0;WRITE_DELAY=0" + options;
        Connection connection = new Driver().connect(url, login);
        if (connection == null) {
            throw new SQLException("H2 does not know the URL " + url);
        }
        return connection;
    }

    private char[] connectionPassword(Passphrase passphrase) throws SQLException {
        try {
            return passphrase.connectionPassword(data(file));
        } catch (IOException e) {
            throw new SQLException(e);
        }
    }

    /** Deletes the file, which is closed: its passphrase is not needed for that, nor known any more. */
    void delete() throws IOException {
        try (DatabaseLock taken = DatabaseLock.take(file)) {
            Files.deleteIfExists(data(file));
            Files.deleteIfExists(trace(file));
        }
    }

    /** Closes the file and compacts it. */
    synchronized void close() {
        close(true);
    }

    private void close(boolean compact) {
        DatabaseLock held = lock;
        if (held == null) {
            return;
        }
        lock = null;
        try (held) {
            if (compact && writing != null) {
                shutDown(writing);
            }
        } catch (SQLException | IOException e) {
            throw Failures.of(file, e);
        } finally {
            disconnect();
        }
    }

    private void shutDown(Connection connection) throws SQLException {
        boolean small = data(file).toFile().length() <= COPIED_ON_CLOSE;
        try (Statement statement = connection.createStatement()) {
            statement.execute(small ? "SHUTDOWN COMPACT" : "SHUTDOWN");
        }
    }

    private void disconnect() {
        closeQuietly(writing);
        closeQuietly(reading);
        writing = null;
        reading = null;
    }

    private static void closeQuietly(@Nullable Connection connection) {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                // It is given up because it failed; whoever saw that failure has reported it.
            }
        }
    }
}
