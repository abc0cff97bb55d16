package io.stitch.reactive.internal.local;

import io.stitch.reactive.ClockAheadException;
import io.stitch.reactive.ClosedException;
import io.stitch.reactive.ConnectionException;
import io.stitch.reactive.KeyMissingException;
import io.stitch.reactive.NotTrustedException;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.ValidationException;
import io.stitch.reactive.internal.connection.ConnectionRejectedException;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.writes.WriteRefusal;
import io.stitch.reactive.spi.ReasonCodes;
import io.stitch.reactive.spi.TicketException;
import io.stitch.reactive.spi.TransportException;

import java.util.concurrent.RejectedExecutionException;

/** Turns the errors of the inner packages into those that applications see. */
public final class Errors {
    private Errors() {}

    /**
     * Translates an error.
     *
     * @param error what went wrong inside
     * @return what an application is told
     */
    public static Throwable translate(Throwable error) {
        if (error instanceof RequestException request) {
            return request.kind() == RequestException.Kind.REFUSED
                    ? new RequestRefusedException(request.code(), request.getMessage(), request, isConflict(request))
                    : new RequestFailedException(
                            RequestFailedException.Reason.valueOf(request.kind().name()),
                            request.getMessage(),
                            request);
        }
        if (error instanceof RejectedExecutionException) {
            return storeClosed();
        }
        if (error instanceof WriteRefusal refusal) {
            return refused(refusal);
        }
        if (error instanceof TransportException transport) {
            return connection(transport);
        }
        if (error instanceof TicketException ticket) {
            ConnectionException.Reason reason = ticket.isSessionInvalid()
                    ? ConnectionException.Reason.INVALID_LOGIN
                    : ConnectionException.Reason.TICKET_UNAVAILABLE;
            return new ConnectionException(reason, -1, ticket.getMessage(), ticket);
        }
        if (error instanceof ConnectionRejectedException rejected) {
            return new ConnectionException(
                    ConnectionException.Reason.NOT_VALIDATED, -1, rejected.getMessage(), rejected);
        }
        return error;
    }

    /** {@return what who asks something of a closed store is told} */
    public static ClosedException storeClosed() {
        return new ClosedException("The store is closed. Make a new one.");
    }

    /** Of two that wrote at once one is refused, and may try again. */
    private static boolean isConflict(RequestException request) {
        return request.code() == 409 && request.serverMessage().startsWith("conflict:");
    }

    private static StitchException refused(WriteRefusal refusal) {
        return switch (refusal.rule()) {
            case REQUIRED, TYPE, UNIQUE, REFERENCE, RESTRICT -> broken(refusal);
            case EXISTS -> new RequestRefusedException(409, refusal.getMessage(), refusal);
            case OTHER_VERSION -> new RequestRefusedException(412, refusal.getMessage(), refusal);
            case NOT_FOUND -> new RequestRefusedException(404, refusal.getMessage(), refusal);
            case QUEUE_FULL ->
                new RequestFailedException(RequestFailedException.Reason.OVERFLOW, refusal.getMessage(), refusal);
            case CLOCK_AHEAD -> new ClockAheadException(refusal.getMessage(), refusal);
            case KEY_MISSING -> new KeyMissingException(refusal.getMessage(), refusal);
            case NOT_TRUSTED -> new NotTrustedException(refusal.getMessage(), refusal);
            case NOT_DURABLE -> notDurable(refusal);
        };
    }

    private static ValidationException broken(WriteRefusal refusal) {
        return new ValidationException(
                ValidationException.Rule.valueOf(refusal.rule().name()),
                refusal.entity(),
                refusal.id(),
                refusal.field(),
                refusal.value(),
                refusal.getMessage(),
                refusal);
    }

    private static PersistenceException notDurable(WriteRefusal refusal) {
        PersistenceException.Reason reason = refusal.getCause() instanceof PersistenceException why
                ? why.reason()
                : PersistenceException.Reason.FAILED;
        return new PersistenceException(reason, refusal.getMessage(), refusal);
    }

    private static ConnectionException connection(TransportException error) {
        int code = error.reasonCode().orElse(-1);
        ConnectionException.Reason reason = switch (error.kind()) {
            case CONNECT_FAILED, CONNECT_TIMEOUT -> ConnectionException.Reason.UNREACHABLE;
            case CONNECT_REFUSED ->
                ReasonCodes.isInvalidSession(code)
                        ? ConnectionException.Reason.INVALID_LOGIN
                        : ConnectionException.Reason.REFUSED;
            case REFUSED -> ConnectionException.Reason.REFUSED;
            case NOT_CONNECTED -> ConnectionException.Reason.OFFLINE;
            case CONNECTION_LOST ->
                ReasonCodes.isInvalidSession(code)
                        ? ConnectionException.Reason.INVALID_LOGIN
                        : ConnectionException.Reason.LOST;
        };
        return new ConnectionException(reason, code, error.getMessage(), error);
    }
}
