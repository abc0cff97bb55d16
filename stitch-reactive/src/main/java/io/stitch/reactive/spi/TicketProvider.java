package io.stitch.reactive.spi;

import io.stitch.reactive.AuthenticatedUser;
import reactor.core.publisher.Mono;

/**
 * Gets the tickets that a store logs in with. It is asked before each attempt to connect, so tickets may be short-lived.
 *
 * <p>It is subscribed on the store's worker and must not block. Together with {@link #user()} it has 10 s.
 */
@FunctionalInterface
public interface TicketProvider {
    /**
     * Gets a new ticket. Cold: each subscription gets another.
     *
     * @return the ticket. {@link TicketException#sessionInvalid} ends the attempts to connect; after any other error, and
     *     after an empty answer, the store tries again later
     */
    Mono<String> ticket();

    /**
     * Tells who the tickets are for. Cold; asked once for each login.
     *
     * @return the user, or empty (the default) if this provider does not know; errors are treated as those of
     *     {@link #ticket()}
     */
    default Mono<AuthenticatedUser> user() {
        return Mono.empty();
    }
}
