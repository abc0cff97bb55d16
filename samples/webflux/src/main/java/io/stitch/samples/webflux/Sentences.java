package io.stitch.samples.webflux;

import io.stitch.reactive.ConnectionException;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.QueuedWrite;
import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.ValidationException;

/**
 * Says why something was not done, and what to do, to people who know boards and tasks and nothing of topics and codes. What the
 * library says is for those who run the service; it is in the log.
 */
final class Sentences {
    /** For someone whose task is gone. */
    static final String DELETED_MEANWHILE = "Somebody has deleted it meanwhile. If it is still needed, create it anew.";

    /** For someone who entered what cannot be. */
    static final String CANNOT_BE_SO = "It cannot be as it was entered. Correct it and try again.";

    /** For someone whose page asks for what the service does not have: no mistake of theirs. */
    static final String PAGE_IS_OLD =
            "This page and the service do not understand each other. Reload the page and try again.";

    private static final int SESSION_TAKEN_OVER = 0x8E;

    private Sentences() {}

    static String of(Throwable error) {
        if (error instanceof ValidationException broken) {
            return of(broken);
        }
        if (error instanceof RequestRefusedException refused) {
            return of(refused.reason());
        }
        if (error instanceof RequestFailedException failed) {
            return of(failed.reason());
        }
        if (error instanceof ConnectionException connection) {
            return of(connection);
        }
        if (error instanceof PersistenceException) {
            return "The service cannot keep anything at the moment. Try again later; if it stays so, tell whoever runs it.";
        }
        return "The service cannot do this. Its log says why; please tell whoever runs it.";
    }

    /** Says why a write waits. */
    static String of(QueuedWrite write) {
        String error = write.lastError().map(Sentences::of).orElse("");
        return switch (write.state()) {
            case KEEPING -> "It is being kept by the service.";
            case OFFLINE -> "The service has no connection to its server.";
            case LOGIN -> "The service is not logged in at its server any more. Tell whoever runs it.";
            case COMPARING -> "The service looks first what has changed on its server.";
            case IN_LINE -> "It is about to be sent.";
            case SENDING -> "It is sent, and not answered yet.";
            case RETRYING ->
                "It did not work, and is tried again in a moment. %s"
                        .formatted(error)
                        .strip();
            case BEHIND -> "An earlier change goes first.";
            case PARKED ->
                "It did not work five times. Try it now, or take it back. %s"
                        .formatted(error)
                        .strip();
        };
    }

    private static String of(ValidationException broken) {
        return switch (broken.rule()) {
            case ID -> PAGE_IS_OLD; // People do not enter ids.
            case REQUIRED -> "The %s is missing. Enter one and try again.".formatted(field(broken));
            case TYPE -> "The %s cannot be what was entered. Correct it and try again.".formatted(field(broken));
            case UNIQUE ->
                "Another one has the same %s already. Choose another and try again.".formatted(field(broken));
            case REFERENCE -> "What it belongs to is not there any more. Look at the list of boards.";
            case RESTRICT -> "Something else still needs it. Delete that first.";
        };
    }

    private static String field(ValidationException broken) {
        return broken.field().equals("projectId") ? "board" : broken.field();
    }

    private static String of(RequestRefusedException.Reason reason) {
        return switch (reason) {
            case INVALID -> "The server does not take it as it is. Correct what was entered and try again.";
            case FORBIDDEN -> "The server does not allow it. Ask whoever runs the service for the right to do this.";
            case NOT_FOUND -> DELETED_MEANWHILE;
            case CONFLICT ->
                "The server forbids it: most likely there is one with the same title already. Choose another title and try again.";
            case PRECONDITION_FAILED ->
                "Somebody else changed it since you have seen it. Look at what is there now, and change it again if needed.";
            case OTHER ->
                "The server refuses it for a reason that is not known here. Tell whoever runs the service: its log says more.";
            case RATE_LIMITED -> "The server has too much to do. Wait a moment and try again.";
            case SERVER -> "The server is in trouble. Try again later; if it stays so, tell whoever runs it.";
            case UNAUTHENTICATED ->
                "The service is not logged in at its server any more. Tell whoever runs it to correct its login.";
        };
    }

    private static String of(RequestFailedException.Reason reason) {
        return switch (reason) {
            case NOT_CONNECTED -> "The service has no connection to its server. Try again in a moment.";
            case CONNECTION_LOST, TIMEOUT ->
                "No answer came from the server, so it may have been done or not. Look at the board, and try again if needed.";
            case TOO_LARGE -> "It is larger than the server takes. Shorten it and try again.";
            case HELD_UP ->
                "An earlier change of the same still waits for the server. Wait until it is saved, and try again.";
            case OVERFLOW -> "Too many changes wait for the server already. Wait until some are saved, and try again.";
            case UNEXPECTED_REPLY ->
                "The server's answer cannot be understood. Try again later; if it stays so, tell whoever runs it.";
            case OVERTAKEN ->
                "Somebody else changed the same at the same time, and theirs is what you see. Change it again if needed.";
            case DROPPED -> "Somebody took it back before it was saved, or what it belongs to.";
        };
    }

    private static String of(ConnectionException error) {
        if (error.reasonCode().orElse(-1) == SESSION_TAKEN_OVER) {
            return "Another program uses the same client id, and only one of them can be connected. Whoever runs them must give each its"
                    + " own (stitch.client-id).";
        }
        return switch (error.reason()) {
            case UNREACHABLE -> "The broker cannot be reached. The service tries again by itself.";
            case REFUSED ->
                "The broker refuses the service. The service tries again by itself; if it stays so, tell whoever runs it.";
            case INVALID_LOGIN ->
                "The broker does not accept the service's login. Tell whoever runs the service to correct it"
                        + " (stitch.login.username, stitch.login.password) and to restart it.";
            case TICKET_UNAVAILABLE, NOT_VALIDATED, LOST ->
                "The connection was lost. The service tries again by itself.";
            case OFFLINE -> "The service is starting or ending.";
        };
    }
}
