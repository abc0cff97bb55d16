package io.stitch.reactive.h2;

import io.stitch.reactive.PersistenceException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * Lets one store at a time use a database, and names the one that does. H2 has a lock too, but it neither says who holds it nor
 * keeps a second store in the same process out.
 */
final class DatabaseLock implements AutoCloseable {
    /** Far behind the text, so that others can read the text where a locked part of a file cannot be read. */
    private static final long LOCKED_BYTE = 1L << 40;

    private final FileChannel channel;

    private DatabaseLock(FileChannel channel) {
        this.channel = channel;
    }

    static Path file(Path database) {
        return database.resolveSibling(database.getFileName() + ".lock");
    }

    static DatabaseLock take(Path database) {
        Path file = file(database);
        FileChannel channel = open(database, file);
        try {
            FileLock lock = channel.tryLock(LOCKED_BYTE, 1, false);
            if (lock == null) {
                throw locked(database, holder(file), null);
            }
            ByteBuffer text = ByteBuffer.wrap(describeThisProcess().getBytes(StandardCharsets.UTF_8));
            channel.truncate(0);
            while (text.hasRemaining()) {
                channel.write(text);
            }
            return new DatabaseLock(channel);
        } catch (OverlappingFileLockException e) {
            close(channel, e);
            throw locked(database, "this process", e);
        } catch (IOException e) {
            close(channel, e);
            throw Failures.of(database, e);
        } catch (PersistenceException e) {
            close(channel, e);
            throw e;
        }
    }

    private static FileChannel open(Path database, Path file) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            OwnerOnlyFiles.tighten(file);
            // What a link names is nobody's lock: writing to it would empty that file.
            return FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                    OwnerOnlyFiles.ownerOnly(file));
        } catch (IOException e) {
            throw Failures.of(database, e);
        }
    }

    private static String describeThisProcess() {
        ProcessHandle process = ProcessHandle.current();
        return "process %d (%s, since %s)"
                .formatted(
                        process.pid(),
                        process.info().command().orElse("unknown command"),
                        process.info().startInstant().map(Object::toString).orElse("an unknown time"));
    }

    private static String holder(Path file) throws IOException {
        String text = Files.readString(file);
        return text.isBlank() ? "another process" : text;
    }

    private static PersistenceException locked(Path database, String by, @Nullable Throwable cause) {
        return new PersistenceException(
                PersistenceException.Reason.LOCKED,
                "The database %s is in use by %s. Close the store there first, or give this one a database of its own."
                        .formatted(database, by),
                cause);
    }

    private static void close(FileChannel channel, Exception reason) {
        try {
            channel.close();
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
