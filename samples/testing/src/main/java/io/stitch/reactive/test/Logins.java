package io.stitch.reactive.test;

import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.Credentials;
import io.stitch.reactive.spi.Login;
import io.stitch.reactive.spi.Ticket;
import io.stitch.reactive.spi.TransportException;
import io.stitch.server.Gate;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Whom a link lets in: those who were named or, as long as nobody was, whom its server lets in. Thread-safe. */
final class Logins {
    private static final int BAD_PASSWORD = 0x86;
    private static final int NOT_AUTHORIZED = 0x87;
    private static final int BAD_METHOD = 0x8C;

    private final Map<Login, String> accepted = new ConcurrentHashMap<>();
    private volatile boolean named;

    void accept(Login login, String user) {
        accepted.put(login, user);
        named = true;
    }

    void refuseAll() {
        accepted.clear();
        named = true;
    }

    /**
     * Checks a client that wants to connect.
     *
     * @return the user's name; empty if it has none
     * @throws TransportException if it may not
     */
    Optional<String> enter(ConnectRequest request, Gate gate) {
        Login login = request.login();
        String will = request.lastWill() == null ? "" : request.lastWill().topic();
        if (named) {
            String user = login == null ? null : accepted.get(login);
            if (user == null) {
                // A ticket may only have expired: the store asks for another one before it gives up.
                throw refused(
                        login instanceof Ticket ? NOT_AUTHORIZED : BAD_PASSWORD,
                        "The link refused this login: acceptLogin or acceptTicket has not named it, or refuseLogins came after.");
            }
            refuse(gate.refuses(request.clientId(), will));
            return Optional.of(user);
        }
        if (login instanceof Ticket ticket) {
            return Optional.of(owner(ticket, request.clientId(), will, gate));
        }
        Credentials credentials = login instanceof Credentials given ? given : null;
        String user = credentials == null || credentials.username().isEmpty() ? null : credentials.username();
        refuse(gate.refuses(request.clientId(), user, password(credentials), will));
        return Optional.ofNullable(user);
    }

    private static String owner(Ticket ticket, String clientId, String will, Gate gate) {
        if (!gate.takesTickets()) {
            throw refused(BAD_METHOD, "The link does not know whose this ticket is: name it with acceptTicket.");
        }
        String user = gate.userOfTicket(ticket.value())
                .orElseThrow(() -> refused(NOT_AUTHORIZED, "The server refused this ticket."));
        refuse(gate.refuses(clientId, will));
        return user;
    }

    private static byte[] password(@Nullable Credentials credentials) {
        return credentials == null ? new byte[0] : credentials.password().getBytes(StandardCharsets.UTF_8);
    }

    private static void refuse(Optional<Gate.Closed> closed) {
        closed.ifPresent(why -> {
            throw refused(why.reasonCode(), "The broker refused the connection: " + why.reason() + '.');
        });
    }

    private static TransportException refused(int reasonCode, String message) {
        return new TransportException(TransportException.Kind.CONNECT_REFUSED, reasonCode, message, null);
    }
}
