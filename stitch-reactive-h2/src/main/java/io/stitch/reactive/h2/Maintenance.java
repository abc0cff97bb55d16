package io.stitch.reactive.h2;

import io.stitch.reactive.PersistenceException;
import org.h2.store.fs.encrypt.FileEncrypt;
import org.h2.store.fs.encrypt.FilePathEncrypt;
import org.jspecify.annotations.Nullable;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What is done to a whole file. Blocks. Each works on a copy and puts it in its place in one step. */
final class Maintenance {
    private static final String COPY = "copy";
    /** Whole blocks of what is encrypted. */
    private static final int COPIED_AT_ONCE = 16 * FileEncrypt.BLOCK_SIZE;

    private Maintenance() {}

    static void backup(Database database, Path target) throws IOException, SQLException {
        Path absolute = target.toAbsolutePath();
        Path unfinished = absolute.resolveSibling(absolute.getFileName() + ".part");
        Files.deleteIfExists(unfinished);
        try (Connection connection = database.connect();
                PreparedStatement backup = connection.prepareStatement("BACKUP TO ?")) {
            backup.setString(1, Database.OWNER_ONLY + unfinished);
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
        Database opened = new Database(database, Database.OWNER_ONLY, Schema.CURRENT, before);
        opened.open();
        opened.close();
        try (DatabaseLock lock = DatabaseLock.take(database)) {
            Path folder = Files.createTempDirectory(database.getParent(), database.getFileName() + ".passphrase");
            try {
                Path copy = folder.resolve(COPY);
                copy(Database.data(database), before, Database.data(copy), after);
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

    /** What is in a file, encrypted anew. */
    private static void copy(Path from, @Nullable Passphrase before, Path to, @Nullable Passphrase after)
            throws IOException {
        OwnerOnlyFiles.create(to);
        if (after != null) {
            EncryptedHeader.begin(to);
        }
        try (FileChannel in = plain(from, before, StandardOpenOption.READ);
                FileChannel out = plain(to, after, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer block = ByteBuffer.allocate(COPIED_AT_ONCE);
            for (long at = 0; at < in.size(); ) {
                block.clear().limit((int) Math.min(COPIED_AT_ONCE, in.size() - at));
                while (block.hasRemaining()) {
                    if (in.read(block, at + block.position()) < 0) {
                        throw new EOFException(from + " became shorter while it was read.");
                    }
                }
                block.flip();
                while (block.hasRemaining()) {
                    out.write(block, at + block.position());
                }
                at += block.limit();
            }
            out.force(true);
        }
    }

    /** A file as it is without its encryption. */
    private static FileChannel plain(Path file, @Nullable Passphrase key, OpenOption... options) throws IOException {
        if (key == null) {
            return FileChannel.open(file, options);
        }
        byte[] password = FilePathEncrypt.getPasswordBytes(key.filePassword(file));
        return new FileEncrypt(file.toString(), password, FileChannel.open(file, options));
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
