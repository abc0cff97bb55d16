package io.stitch.reactive.h2;

import io.stitch.reactive.PersistenceException;
import org.h2.tools.ChangeFileEncryption;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What is done to a whole file. Blocks. Each works on a copy and puts it in its place in one step. */
final class Maintenance {
    private static final String COPY = "copy";

    private Maintenance() {}

    static void backup(Database database, Path target) throws IOException, SQLException {
        Path absolute = target.toAbsolutePath();
        Path unfinished = absolute.resolveSibling(absolute.getFileName() + ".part");
        try (Connection connection = database.connect();
                PreparedStatement backup = connection.prepareStatement("BACKUP TO ?")) {
            backup.setString(1, unfinished.toString());
            backup.execute();
            Files.move(unfinished, absolute, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    static void changePassphrase(Path database, @Nullable Passphrase before, @Nullable Passphrase after)
            throws IOException, SQLException {
        if (!Files.exists(Database.data(database))) {
            throw new PersistenceException(
                    PersistenceException.Reason.FAILED, "There is no database %s.".formatted(database), null);
        }
        // Opening it tells a wrong passphrase, and leaves nothing unfinished in the file.
        Database opened = new Database(database, "file:", Schema.CURRENT, before);
        opened.open();
        opened.close();
        try (DatabaseLock lock = DatabaseLock.take(database)) {
            Path folder = Files.createTempDirectory(database.getParent(), database.getFileName() + ".passphrase");
            try {
                Path copy = folder.resolve(COPY);
                Files.copy(Database.data(database), Database.data(copy));
                ChangeFileEncryption.execute(
                        folder.toString(),
                        COPY,
                        "AES",
                        before == null ? null : before.filePassword(),
                        after == null ? null : after.filePassword(),
                        true);
                Files.move(
                        Database.data(copy),
                        Database.data(database),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } finally {
                delete(folder);
            }
        }
    }

    static void delete(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(folder)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path each : all) {
            Files.deleteIfExists(each);
        }
    }
}
