package io.stitch.reactive;

import io.stitch.reactive.persistence.ModeMismatch;
import io.stitch.reactive.persistence.PersistenceFailure;
import io.stitch.reactive.store.WriteRefusal;
import io.stitch.reactive.sync.ConnectionRejectedException;
import io.stitch.reactive.sync.RequestException;
import io.stitch.reactive.sync.UnsupportedInMode;
import io.stitch.reactive.transport.TicketException;
import io.stitch.reactive.transport.TransportException;

import java.util.Set;
import java.util.concurrent.RejectedExecutionException;

/** Turns the errors of the inner packages into those that applications see. */
final class Errors {
    private static final Set<Integer> INVALID_LOGIN = Set.of(0x86, 0x87, 0x8C);

    private Errors() {}

    static Throwable translate(Throwable error) {
        if (error instanceof RequestException request) {
            return request.kind() == RequestException.Kind.REFUSED
                    ? new RequestRefusedException(request.code(), request.getMessage(), request, isConflict(request))
                    : new RequestFailedException(
                            RequestFailedException.Reason.valueOf(request.kind().name()),
                            request.getMessage(),
                            request);
        }
        if (error instanceof RejectedExecutionException) {
            return new RequestFailedException(
                    RequestFailedException.Reason.NOT_CONNECTED, "The store is closed. Make a new one.", error);
        }
        if (error instanceof WriteRefusal refusal) {
            return refused(refusal);
        }
        if (error instanceof UnsupportedInMode unsupported) {
            return new UnsupportedInModeException(unsupported);
        }
        if (error instanceof ModeMismatch mismatch) {
            return new ModeMismatchException(mismatch);
        }
        if (error instanceof PersistenceFailure) {
            return PersistenceException.of(error);
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

    /** Of two that wrote at once one is refused, and may try again. */
    private static boolean isConflict(RequestException request) {
        return request.code() == 409 && request.serverMessage().startsWith("conflict:");
    }

    private static StitchException refused(WriteRefusal refusal) {
        return switch (refusal.rule()) {
            case ID, REQUIRED, TYPE, UNIQUE, REFERENCE, RESTRICT -> new ValidationException(refusal);
            case EXISTS -> new RequestRefusedException(409, refusal.getMessage(), refusal);
            case NOT_FOUND -> new RequestRefusedException(404, refusal.getMessage(), refusal);
            case QUEUE_FULL ->
                new RequestFailedException(RequestFailedException.Reason.OVERFLOW, refusal.getMessage(), refusal);
            case CLOCK_AHEAD -> new ClockAheadException(refusal);
            case NOT_DURABLE -> PersistenceException.of(refusal);
        };
    }

    private static ConnectionException connection(TransportException error) {
        int code = error.reasonCode().orElse(-1);
        ConnectionException.Reason reason = switch (error.kind()) {
            case CONNECT_FAILED, CONNECT_TIMEOUT -> ConnectionException.Reason.UNREACHABLE;
            case CONNECT_REFUSED ->
                INVALID_LOGIN.contains(code)
                        ? ConnectionException.Reason.INVALID_LOGIN
                        : ConnectionException.Reason.REFUSED;
            case REFUSED -> ConnectionException.Reason.REFUSED;
            case NOT_CONNECTED -> ConnectionException.Reason.OFFLINE;
            case CONNECTION_LOST ->
                INVALID_LOGIN.contains(code)
                        ? ConnectionException.Reason.INVALID_LOGIN
                        : ConnectionException.Reason.LOST;
        };
        return new ConnectionException(reason, code, error.getMessage(), error);
    }
}
