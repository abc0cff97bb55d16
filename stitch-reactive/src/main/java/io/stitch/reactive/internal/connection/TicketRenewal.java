package io.stitch.reactive.internal.connection;

import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.Ticket;
import io.stitch.reactive.spi.TicketException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * Shows the broker a fresh ticket while the connection goes on, when four fifths of the life of the last one are over (MQTT 5, section 4.12.1).
 * So a connection does not end with its ticket, and a session that has ended is noticed. On the worker.
 */
final class TicketRenewal {
    private static final Logger LOG = LoggerFactory.getLogger(TicketRenewal.class);

    private static final double USED = 0.8;
    /** However short the life of tickets is. */
    private static final Duration SHORTEST_WAIT = Duration.ofSeconds(5);
    /** Within the fifth that is left, where tickets live for some minutes. */
    private static final Duration NEXT_TRY = Duration.ofSeconds(10);
    /** A timer cannot count further; whoever is connected for so long is asked again. */
    private static final Duration LONGEST_WAIT = Duration.ofDays(24);

    private final ConnectionSettings settings;
    private final Authentication authentication;
    /** One connection may be lost just then. */
    private static final int MOST_UNANSWERED = 2;

    /**
     * How often a broker has not answered when it was shown a ticket: one that ends the connection again and again does not know how to take
     * one.
     */
    private int unanswered;

    private @Nullable URI broker;

    TicketRenewal(ConnectionSettings settings, Authentication authentication) {
        this.settings = settings;
        this.authentication = authentication;
    }

    /**
     * Renews the ticket of a connection, again and again.
     *
     * @return never completes; fails when the ticket provider says that the session has ended
     */
    Mono<Void> of(MqttConnection connection, ConnectRequest request) {
        if (!request.uri().equals(broker)) {
            broker = request.uri();
            unanswered = 0;
        }
        return request.login() instanceof Ticket first && unanswered < MOST_UNANSWERED
                ? Mono.just(first).expand(ticket -> next(connection, ticket)).then()
                : Mono.never();
    }

    private Mono<Ticket> next(MqttConnection connection, Ticket last) {
        return Mono.justOrEmpty(
                        last.lifetime(Instant.ofEpochMilli(settings.clock().now(TimeUnit.MILLISECONDS))))
                .flatMap(lifetime -> Mono.delay(due(lifetime), settings.serial()))
                .flatMap(due -> fetched())
                .flatMap(ticket -> shown(connection, ticket))
                // It does not say when it expires, or none can be shown: the broker ends the connection, or does not
                // mind.
                .switchIfEmpty(Mono.never());
    }

    private static Duration due(Duration lifetime) {
        Duration used = Duration.ofMillis((long) (lifetime.toMillis() * USED));
        if (used.compareTo(SHORTEST_WAIT) < 0) {
            return SHORTEST_WAIT;
        }
        return used.compareTo(LONGEST_WAIT) < 0 ? used : LONGEST_WAIT;
    }

    private Mono<Ticket> fetched() {
        return Mono.defer(() -> authentication.next(settings.clientId().get()))
                .doOnError(failure -> LOG.debug("no new ticket: {}", failure.getMessage()))
                // A session that has ended is the supervisor's, and the connection goes on without a ticket otherwise.
                .onErrorResume(
                        failure -> !(failure instanceof TicketException ticket && ticket.isSessionInvalid()),
                        failure -> Mono.delay(NEXT_TRY, settings.serial()).then(Mono.empty()))
                .repeatWhenEmpty(tries -> tries)
                .flatMap(request -> request.login() instanceof Ticket ticket ? Mono.just(ticket) : Mono.empty());
    }

    private Mono<Ticket> shown(MqttConnection connection, Ticket ticket) {
        unanswered++;
        return connection
                .reauthenticate(ticket)
                .publishOn(settings.serial())
                .doOnNext(taken -> unanswered = 0)
                .filter(Boolean::booleanValue)
                .map(taken -> ticket)
                // The connection has ended with that, and the next one begins with a fresh ticket.
                .onErrorComplete();
    }
}
