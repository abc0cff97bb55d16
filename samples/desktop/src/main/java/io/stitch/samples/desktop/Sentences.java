package io.stitch.samples.desktop;

import io.stitch.reactive.ClockAheadException;
import io.stitch.reactive.ClosedException;
import io.stitch.reactive.ConnectionException;
import io.stitch.reactive.KeyMissingException;
import io.stitch.reactive.ModeMismatchException;
import io.stitch.reactive.MutationOverflowException;
import io.stitch.reactive.NotTrustedException;
import io.stitch.reactive.OnlyCopyException;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.QueuedWrite;
import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.StoreFailedException;
import io.stitch.reactive.UnsupportedInModeException;
import io.stitch.reactive.ValidationException;
import io.stitch.reactive.WriteKind;

import java.sql.SQLException;

/**
 * Says what went wrong and what to do to people who know boards, tasks and their network, and nothing of topics, ids and codes. The only
 * place where an error becomes words of the window: what the library says of it is for the log.
 */
final class Sentences {
    private static final int SESSION_TAKEN_OVER = 0x8E;
    private static final int UNAUTHENTICATED = 401;
    private static final int FORBIDDEN = 403;
    private static final int DATABASE_ALREADY_OPEN = 90020; // H2's.

    private static final String STAYS = " If it stays so, restart the program; its log says more.";

    private Sentences() {}

    /**
     * {@return that something was not saved, why, and what to do}
     *
     * @param title the title of the task or the name of the board; empty if it is not known
     * @param why the error
     * @param mode the mode it was written in
     */
    static String notSaved(String title, Throwable why, Mode mode) {
        return "%s was not saved. %s".formatted(subject(title), of(why, mode));
    }

    /** {@return that something was not saved, because its board cannot be written to} */
    static String notSavedHere(String title) {
        return "%s was not saved, because this board cannot be changed. Choose another board on the left and write it there."
                .formatted(subject(title));
    }

    private static String subject(String title) {
        return title.isBlank() ? "What you wrote" : Words.quoted(title);
    }

    /** {@return that a task or board waits because the server failed too often to take it} */
    static String parked(String title) {
        return "%s is not saved yet: the server could not take it several times. %s tries again."
                .formatted(subject(title), Keys.TRY_AGAIN.keys());
    }

    /**
     * {@return what waits to be sent}
     *
     * @param title the title of the task or the name of the board; empty if it is not known
     * @param kind what was done
     * @param isBoard whether it is a board
     */
    static String waiting(String title, WriteKind kind, boolean isBoard) {
        String subject = title.isBlank() ? (isBoard ? "a board" : "a task") : Words.quoted(title);
        return switch (kind) {
            case CREATE -> "Added %s".formatted(subject);
            case UPDATE -> "Changed %s".formatted(subject);
            case DELETE -> "Deleted %s".formatted(subject);
        };
    }

    /** {@return why a write waits} */
    static String of(QueuedWrite write, Mode mode) {
        String error = write.lastError().map(each -> of(each, mode)).orElse("");
        return switch (write.state()) {
            case KEEPING -> "It is being written to disk.";
            case OFFLINE -> "There is no connection. It is sent when there is one.";
            case LOGIN -> "Your login is not good any more. Restart the program with another one.";
            case COMPARING -> "It is looked first what others have changed.";
            case IN_LINE -> "It is about to be sent.";
            case SENDING -> "It is sent, and not answered yet.";
            case RETRYING ->
                "It did not work, and is tried again in a moment. %s"
                        .formatted(error)
                        .strip();
            case BEHIND -> "An earlier change goes first.";
            case PARKED ->
                "The %s could not take it several times. %s"
                        .formatted(remote(mode), error)
                        .strip();
        };
    }

    /** {@return that something cannot be taken back, because it may have been done} */
    static String inDoubt(String what) {
        return "%s: this may be saved already, so it cannot be taken back. Wait a moment, and change it again if needed."
                .formatted(what);
    }

    /**
     * {@return why a board is not kept up to date, and what to do}
     *
     * @param name its name; empty if it is not known
     * @param code the protocol's error code
     * @param mode the mode it is open in
     */
    static String boardRefused(String name, int code, Mode mode) {
        String board = name.isBlank() ? "This board" : "The board " + Words.quoted(name);
        if (code == FORBIDDEN) {
            return "%s is not open to you. Ask whoever owns it; %s asks the %s again."
                    .formatted(board, Keys.TRY_AGAIN.keys(), remote(mode));
        }
        return "%s is not kept up to date. %s"
                .formatted(board, of(new RequestRefusedException(code, null, null), mode));
    }

    /** {@return whether a refusal of a board stands until it is asked for again} */
    static boolean isFinal(int code) {
        return code == UNAUTHENTICATED || code == FORBIDDEN;
    }

    /** {@return why the program cannot start, and what to do} */
    static String cannotStart(Throwable error) {
        if (isOpenAlready(error)) {
            return "The board is open already. Use the window that is there: %s in it opens another one. To start a second board beside"
                            .formatted(Keys.NEW_WINDOW.keys())
                    + " it, give it a folder of its own with --data.";
        }
        return "The board cannot start, because the server inside it cannot. See that the folder for its data can be written and has room"
                + " (--data names another one), then start again; the log says more.";
    }

    private static boolean isOpenAlready(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && sql.getErrorCode() == DATABASE_ALREADY_OPEN) {
                return true;
            }
        }
        return false;
    }

    /**
     * {@return why something was not done, and what to do}
     *
     * @param error the error, whatever it is
     * @param mode the mode it happened in
     */
    static String of(Throwable error, Mode mode) {
        if (error instanceof ValidationException broken) {
            return of(broken);
        }
        if (error instanceof RequestRefusedException refused) {
            return of(refused, mode);
        }
        if (error instanceof RequestFailedException failed) {
            return of(failed.reason(), mode);
        }
        if (error instanceof ConnectionException connection) {
            return of(connection, mode);
        }
        if (error instanceof PersistenceException disk) {
            return of(disk.reason());
        }
        if (error instanceof ModeMismatchException) {
            return "What is kept here was made %s, and the two are never mixed. Switch with %s, or start with another folder (--data)."
                    .formatted(mode == Mode.PEERS ? "with a server" : "among peers", Keys.MODE.keys());
        }
        if (error instanceof OnlyCopyException) {
            return "Nobody else has this board yet, so it would be lost. Wait until somebody else has opened it.";
        }
        if (error instanceof ClockAheadException) {
            return "The clock of this computer is ahead of the others', or was once. Set date and time right, restart the program and"
                    + " write it again.";
        }
        if (error instanceof KeyMissingException) {
            return "This board is encrypted, and its key is not here yet. Get the key, and repeat what you did.";
        }
        if (error instanceof NotTrustedException) {
            return "You may not write this here yet. Ask for it, and repeat what you did.";
        }
        if (error instanceof ClosedException) {
            return "The board was closed before it could be done. Open it again and repeat what you did.";
        }
        if (error instanceof StoreFailedException) {
            return "The program ran out of memory, or is damaged. What was saved is kept: restart it.";
        }
        if (error instanceof SchemaException) {
            return "The program cannot read or write this; a newer one may. Update it, or ask whoever looks after it: its log says more.";
        }
        if (error instanceof UnsupportedInModeException) {
            return "This cannot be done %s. Switch with %s and try again."
                    .formatted(mode == Mode.PEERS ? "among peers" : "with a server", Keys.MODE.keys());
        }
        if (error instanceof MutationOverflowException) {
            return "More changed at once than could be shown. Open the board again.";
        }
        return "Something went wrong in the program. Try it once more." + STAYS;
    }

    private static String remote(Mode mode) {
        return mode == Mode.PEERS ? "broker between the peers" : "server";
    }

    private static String of(ValidationException broken) {
        String what = switch (broken.field()) {
            case "title" -> "title";
            case "name" -> "name";
            case "status" -> "column";
            case "assignee" -> "person";
            default -> "entry";
        };
        return switch (broken.rule()) {
            case ID -> "It cannot be kept like this. Write it anew.";
            case REQUIRED -> "The %s is missing. Enter one.".formatted(what);
            case TYPE -> "The %s cannot be what was entered. Enter another.".formatted(what);
            case UNIQUE -> "Another one has the same %s already. Choose another.".formatted(what);
            case REFERENCE -> "What it belongs to is not there any more. Choose another board on the left.";
            case RESTRICT -> "Something else still needs it. Delete that first.";
        };
    }

    private static String of(RequestRefusedException refused, Mode mode) {
        return switch (refused.reason()) {
            case CONFLICT ->
                refused.isTransient()
                        ? "Somebody else changed it at the same moment. Look at it, and change it again if needed."
                        : "There is one like it already, most likely with the same title. Choose another title.";
            case FORBIDDEN -> "It is not yours to change. Ask whoever owns the board.";
            case NOT_FOUND -> "Somebody has deleted it, or its board. If it is still needed, write it anew.";
            case INVALID -> "The %s does not take it as it is. Change it and try again.".formatted(remote(mode));
            case UNAUTHENTICATED -> "Your login is not good any more. Restart the program with another one.";
            case PRECONDITION_FAILED ->
                "Somebody else changed it since you have seen it. Look at it, and change it again if needed.";
            case OTHER ->
                "The %s refuses it, and does not say why in words that this program knows.%s"
                        .formatted(remote(mode), STAYS);
            case RATE_LIMITED -> "The %s has too much to do. Wait a moment and try again.".formatted(remote(mode));
            case SERVER ->
                "The %s is in trouble. Try again later; if it stays so, tell whoever runs it.".formatted(remote(mode));
        };
    }

    private static String of(RequestFailedException.Reason reason, Mode mode) {
        return switch (reason) {
            case NOT_CONNECTED ->
                "There is no connection. %s connects now; then try again.".formatted(Keys.TRY_AGAIN.keys());
            case CONNECTION_LOST, TIMEOUT ->
                "No answer came, so it may have been done or not. Look at the board, and try again if needed.";
            case TOO_LARGE -> "It is larger than the %s takes. Shorten it and try again.".formatted(remote(mode));
            case HELD_UP -> "An earlier change of the same still waits to be sent. Wait until it is, and try again.";
            case OVERFLOW ->
                "Too many changes wait to be sent already. Connect, wait until some are sent, and try again.";
            case UNEXPECTED_REPLY ->
                "The answer of the %s cannot be understood. Try again later; if it stays so, tell whoever runs it."
                        .formatted(remote(mode));
            case OVERTAKEN -> "Somebody else changed the same, and theirs is what you see. Change it again if needed.";
            case DROPPED -> "You took it back, or what it belongs to. Write it again if you want it after all.";
        };
    }

    private static String of(ConnectionException error, Mode mode) {
        String remote = remote(mode);
        if (error.reasonCode().orElse(-1) == SESSION_TAKEN_OVER) {
            return "The same user's board is open on another computer or in another program, and only one of them can be connected."
                    + " Close one of the two.";
        }
        return switch (error.reason()) {
            case UNREACHABLE ->
                "The %s cannot be reached. What you write is kept and sent later; it is tried again by itself, and with %s now."
                        .formatted(remote, Keys.TRY_AGAIN.keys());
            case REFUSED ->
                "The %s refuses the connection. It is tried again by itself; if it stays so, tell whoever runs it."
                        .formatted(remote);
            case INVALID_LOGIN ->
                "The %s does not accept the login. Restart the program with the right user and password."
                        .formatted(remote);
            case TICKET_UNAVAILABLE ->
                "Your login could not be checked just now. It is tried again by itself, and with %s now."
                        .formatted(Keys.TRY_AGAIN.keys());
            case NOT_VALIDATED ->
                "The %s is not the one that was expected, so it is not used. %s tries again; if it stays so, tell whoever runs it."
                        .formatted(remote, Keys.TRY_AGAIN.keys());
            case LOST ->
                "The connection was lost. What you write is kept and sent later; it is tried again by itself, and with %s now."
                        .formatted(Keys.TRY_AGAIN.keys());
            case OFFLINE -> "You are offline. %s connects.".formatted(Keys.OFFLINE.keys());
        };
    }

    private static String of(PersistenceException.Reason reason) {
        return switch (reason) {
            case LOCKED ->
                "These boards are open already, in another window or program. Close it there, then press %s here."
                        .formatted(Keys.TRY_AGAIN.keys());
            case NEWER_VERSION -> "A newer version of the program has used these boards. Update this one.";
            case CORRUPT ->
                "The file with these boards is damaged. Restore it from a backup, or start with another folder (--data).";
            case FOREIGN -> "The file with these boards is another program's. Start with another folder (--data).";
            case WRONG_PASSPHRASE ->
                "The file with these boards is locked with a password. Start with another folder (--data).";
            case DISK_FULL -> "The disk is full. Make room, then try again.";
            case READ_ONLY ->
                "The folder of these boards may not be written to. Change its rights, or start with another folder (--data).";
            case CLOSED -> "The file with these boards is closed. Restart the program.";
            case FAILED -> "The disk could not be read or written. Try again." + STAYS;
        };
    }
}
