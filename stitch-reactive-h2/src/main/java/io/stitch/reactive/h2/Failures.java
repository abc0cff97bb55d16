package io.stitch.reactive.h2;

import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.PersistenceException.Reason;
import io.stitch.reactive.StitchException;
import org.h2.api.ErrorCode;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.sql.SQLException;
import java.util.Locale;

/** Turns what H2 and the file system say into what went wrong and what to do. */
final class Failures {
    /** Below this, a write that failed failed for want of room, whatever the system called it. */
    private static final long NO_ROOM = 64 * 1024;

    private Failures() {}

    static StitchException of(Path database, Throwable error) {
        if (error instanceof StitchException known) {
            return known;
        }
        Reason reason = reason(database, error);
        return new PersistenceException(reason, message(reason, database, error), error);
    }

    /** What went wrong in reading a file without SQL. Of one that is encrypted, a wrong passphrase looks like damage. */
    static StitchException of(Path database, MVStoreException error, boolean encrypted) {
        Reason reason = reason(database, error);
        Reason told = encrypted && reason == Reason.CORRUPT ? Reason.WRONG_PASSPHRASE : reason;
        return new PersistenceException(told, message(told, database, error), error);
    }

    private static Reason reason(Path database, Throwable error) {
        int code = error instanceof SQLException sql ? sql.getErrorCode() : 0;
        if (isFull(database, error)) {
            return Reason.DISK_FULL;
        }
        if (isDenied(error)) {
            return Reason.READ_ONLY;
        }
        int store = error instanceof MVStoreException raw ? raw.getErrorCode() : 0;
        if (store == DataUtils.ERROR_FILE_LOCKED) {
            return Reason.LOCKED;
        }
        if (store == DataUtils.ERROR_UNSUPPORTED_FORMAT) {
            return Reason.NEWER_VERSION;
        }
        return switch (code) {
            case ErrorCode.DATABASE_ALREADY_OPEN_1 -> Reason.LOCKED;
            case ErrorCode.FILE_CORRUPTED_1 -> Reason.CORRUPT;
            case ErrorCode.FILE_ENCRYPTION_ERROR_1, ErrorCode.WRONG_USER_OR_PASSWORD -> Reason.WRONG_PASSPHRASE;
            case ErrorCode.FILE_VERSION_ERROR_1 -> Reason.NEWER_VERSION;
            case ErrorCode.DATABASE_IS_READ_ONLY -> Reason.READ_ONLY;
            default -> isDamage(error) ? Reason.CORRUPT : Reason.FAILED;
        };
    }

    private static boolean isFull(Path database, Throwable error) {
        boolean writing = false;
        for (Throwable each = error; each != null; each = each.getCause()) {
            String message = String.valueOf(each.getMessage()).toLowerCase(Locale.ROOT);
            if (each instanceof IOException
                    && (message.contains("no space left")
                            || message.contains("not enough space")
                            || message.contains("disk quota"))) {
                return true;
            }
            writing |= each instanceof MVStoreException store && store.getErrorCode() == DataUtils.ERROR_WRITING_FAILED;
        }
        Path folder = database.toAbsolutePath().getParent();
        return writing && folder != null && folder.toFile().getUsableSpace() < NO_ROOM;
    }

    private static boolean isDenied(Throwable error) {
        for (Throwable each = error; each != null; each = each.getCause()) {
            if (each instanceof AccessDeniedException
                    || each instanceof ReadOnlyFileSystemException
                    || (each instanceof IOException && says(each, "permission denied", "read-only file system"))) {
                return true;
            }
        }
        return false;
    }

    private static boolean says(Throwable error, String... words) {
        String reason = error instanceof FileSystemException file ? file.getReason() : error.getMessage();
        String message = String.valueOf(reason).toLowerCase(Locale.ROOT);
        for (String each : words) {
            if (message.contains(each)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isDamage(Throwable error) {
        for (Throwable each = error; each != null; each = each.getCause()) {
            if (each instanceof MVStoreException store
                    && (store.getErrorCode() == DataUtils.ERROR_FILE_CORRUPT
                            || store.getErrorCode() == DataUtils.ERROR_CHUNK_NOT_FOUND
                            || store.getErrorCode() == DataUtils.ERROR_BLOCK_NOT_FOUND)) {
                return true;
            }
        }
        return false;
    }

    private static String message(Reason reason, Path database, Throwable error) {
        return switch (reason) {
            case LOCKED ->
                "The database %s is in use by another program that opened it with H2. Close it there first."
                        .formatted(database);
            case NEWER_VERSION ->
                "The database %s was written by a newer version of H2. Update this application.".formatted(database);
            case CORRUPT ->
                ("The database %s is damaged: %s. Save what can be read with H2Persistence.recover(…), or restore a backup; on a"
                                + " server, an empty database fills again, and only writes that were not sent are lost.")
                        .formatted(database, reason(error));
            case WRONG_PASSPHRASE ->
                ("The passphrase for the database %s is wrong (or the encrypted file is damaged). Nothing was changed; try"
                                + " another passphrase.")
                        .formatted(database);
            case DISK_FULL ->
                ("There is no room on the disk for the database %s. Free some: what is read is not affected, and writing goes on by"
                                + " itself then.")
                        .formatted(database);
            case READ_ONLY ->
                "The database %s cannot be written. Give this process the right to write the folder and the files in it."
                        .formatted(database);
            case CLOSED, FOREIGN, FAILED ->
                "The database %s failed: %s. The cause says more.".formatted(database, reason(error));
        };
    }

    private static @Nullable String reason(Throwable error) {
        return error instanceof SQLException && error.getCause() != null
                ? error.getCause().getMessage()
                : error.getMessage();
    }
}
