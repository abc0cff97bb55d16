package io.stitch.reactive.sync;

import io.stitch.reactive.transport.TicketException;
import io.stitch.reactive.transport.TransportException;

import java.util.Set;

/** Tells the errors after which trying again is of no use from those after which it is. On the worker. */
final class SessionVerdict {
    static final int SESSION_TAKEN_OVER = 0x8E;
    private static final int NOT_AUTHORIZED = 0x87;
    private static final Set<Integer> INVALID = Set.of(0x86, NOT_AUTHORIZED, 0x8C);

    private final Authentication authentication;
    private boolean triedAgain;

    SessionVerdict(Authentication authentication) {
        this.authentication = authentication;
    }

    /** The login has proved good, or is a new one. */
    void reset() {
        triedAgain = false;
    }

    /** Whether the supervisor has to give up. */
    boolean isFinal(Throwable error) {
        if (error instanceof ConnectionRejectedException rejected) {
            return rejected.isRefused();
        }
        if (!isInvalidSession(error)) {
            return false;
        }
        // The ticket may have expired on its way: a fresh one gets one more chance.
        boolean anotherChance = authentication.usesTickets() && reasonCode(error) == NOT_AUTHORIZED && !triedAgain;
        triedAgain = true;
        return !anotherChance;
    }

    static boolean isInvalidSession(Throwable error) {
        if (error instanceof TicketException ticket) {
            return ticket.isSessionInvalid();
        }
        if (error instanceof RequestException request) {
            return request.kind() == RequestException.Kind.REFUSED && request.code() == 401;
        }
        return INVALID.contains(reasonCode(error));
    }

    static boolean isTakenOver(Throwable error) {
        return reasonCode(error) == SESSION_TAKEN_OVER;
    }

    /** What the broker said in its CONNACK or DISCONNECT. A refused subscription or publish says nothing of the session. */
    private static int reasonCode(Throwable error) {
        return error instanceof TransportException transport && transport.kind() != TransportException.Kind.REFUSED
                ? transport.reasonCode().orElse(-1)
                : -1;
    }
}
