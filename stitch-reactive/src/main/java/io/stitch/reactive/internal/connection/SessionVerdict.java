package io.stitch.reactive.internal.connection;

import io.stitch.reactive.spi.ReasonCodes;
import io.stitch.reactive.spi.TicketException;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;

/** Tells the errors after which trying again is of no use from those after which it is. On the worker. */
final class SessionVerdict {
    private final Authentication authentication;
    private boolean triedAgain;
    private @Nullable Throwable invalidated;

    SessionVerdict(Authentication authentication) {
        this.authentication = authentication;
    }

    /** The login has proved good, or is a new one. */
    void reset() {
        triedAgain = false;
    }

    /** Whoever uses the connection says that the session is not valid. */
    void invalidated(Throwable error) {
        invalidated = error;
    }

    /** Whether the supervisor has to give up. */
    boolean isFinal(Throwable error) {
        if (error instanceof ConnectionRejectedException rejected) {
            return rejected.isRefused();
        }
        if (reasonCode(error) == ReasonCodes.CLIENT_IDENTIFIER_NOT_VALID) { // Only another one helps.
            return true;
        }
        if (!isInvalidSession(error)) {
            return false;
        }
        // The ticket may have expired on its way: a fresh one gets one more chance.
        boolean anotherChance =
                authentication.usesTickets() && reasonCode(error) == ReasonCodes.NOT_AUTHORIZED && !triedAgain;
        triedAgain = true;
        return !anotherChance;
    }

    @SuppressWarnings("ReferenceEquality") // That very error was said to mean it, not one like it.
    boolean isInvalidSession(Throwable error) {
        if (error instanceof TicketException ticket) {
            return ticket.isSessionInvalid();
        }
        return error == invalidated || ReasonCodes.isInvalidSession(reasonCode(error));
    }

    static boolean isTakenOver(Throwable error) {
        return reasonCode(error) == ReasonCodes.SESSION_TAKEN_OVER;
    }

    /** What the broker said in its CONNACK or DISCONNECT. A refused subscription or publish says nothing of the session. */
    private static int reasonCode(Throwable error) {
        return error instanceof TransportException transport && transport.kind() != TransportException.Kind.REFUSED
                ? transport.reasonCode().orElse(-1)
                : -1;
    }
}
