package io.stitch.reactive.internal.connection;

import io.stitch.reactive.AuthenticatedUser;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.Credentials;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.Ticket;
import io.stitch.reactive.spi.TicketException;
import io.stitch.reactive.spi.TicketProvider;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * Where a store connects to and as whom. The login may be exchanged while the store runs; a ticket is fetched for each
 * attempt, and the user asked for once for each login. All methods but {@link #user()} and {@link #users()} are for the
 * store's worker.
 */
public final class Authentication {
    private static final Duration TICKET_LIMIT = Duration.ofSeconds(10);

    private final Scheduler serial;
    private final boolean userRequired;
    private final Sinks.Many<Optional<AuthenticatedUser>> users =
            Sinks.many().replay().latest();
    private Route route;
    private @Nullable TicketProvider tickets;
    private volatile @Nullable AuthenticatedUser user;
    /** The user is who it was last time, and the ticket provider has not been asked yet. */
    private boolean assumed;

    private Runnable userChanged = () -> {};

    /**
     * Makes the first login of a store.
     *
     * @param route where to connect, with the credentials if there are any
     * @param tickets where tickets come from, or {@code null}
     * @param serial the store's worker
     * @param userRequired whether the store cannot work without knowing the user's id
     */
    public Authentication(Route route, @Nullable TicketProvider tickets, Scheduler serial, boolean userRequired) {
        this.route = route;
        this.tickets = tickets;
        this.serial = serial;
        this.userRequired = userRequired;
        identify(userOf(route.request()));
    }

    /**
     * Sets what else depends on who the user is.
     *
     * @param action runs on the worker each time it is another user, or none any more
     */
    public void whenUserChanges(Runnable action) {
        userChanged = action;
    }

    /**
     * Exchanges the login.
     *
     * @param newRoute where to connect
     * @param newTickets where tickets come from, or {@code null}
     */
    public void use(Route newRoute, @Nullable TicketProvider newTickets) {
        route = newRoute;
        tickets = newTickets;
        identify(userOf(newRoute.request()));
    }

    /**
     * Takes the user who was known last for the one who comes with tickets, until the ticket provider says who that is.
     *
     * @param userId the user's id
     */
    public void assume(String userId) {
        if (tickets != null && user == null) {
            identify(new AuthenticatedUser(userId));
            assumed = true;
        }
    }

    /** Forgets who the user is; the login stays. */
    public void forgetUser() {
        identify(null);
    }

    /**
     * {@return the user's id, if it is known} Any thread.
     */
    public Optional<String> user() {
        return Optional.ofNullable(user).map(AuthenticatedUser::id);
    }

    /**
     * {@return who the user is, and every change of it} Hot, with the newest replayed; any thread.
     */
    public Flux<Optional<AuthenticatedUser>> users() {
        return users.asFlux();
    }

    /** Completes {@link #users()}. */
    void close() {
        users.tryEmitComplete();
    }

    boolean usesTickets() {
        return tickets != null;
    }

    /**
     * What to connect with now. Cold: each subscription fetches a ticket. Answers on the worker.
     *
     * @param clientId the store's client id
     * @return the request, or the error of the ticket provider as a {@link TicketException}
     */
    Mono<ConnectRequest> next(String clientId) {
        return Mono.defer(() -> {
            TicketProvider provider = tickets;
            Route way = route;
            ConnectRequest current = way.request().withClientId(clientId);
            if (user == null) {
                identify(userOf(current));
            }
            return (provider == null ? Mono.just(current) : withTicket(current, provider))
                    .flatMap(ready -> way.withHeaders(ready, serial));
        });
    }

    /** {@return the addresses, of which the next attempt goes to one} */
    Route route() {
        return route;
    }

    private Mono<ConnectRequest> withTicket(ConnectRequest current, TicketProvider provider) {
        Mono<Void> identified = user != null && !assumed
                ? Mono.empty()
                : Mono.defer(provider::user)
                        .map(Optional::of)
                        .defaultIfEmpty(Optional.empty())
                        .publishOn(serial)
                        .doOnNext(this::identified)
                        .then(Mono.defer(this::requireUser));
        return identified
                .then(Mono.defer(provider::ticket))
                .switchIfEmpty(Mono.error(
                        () -> TicketException.unavailable("The ticket provider completed without a ticket.", null)))
                .timeout(TICKET_LIMIT, serial)
                .publishOn(serial)
                .map(ticket -> current.withLogin(new Ticket(ticket)))
                .onErrorMap(error -> !(error instanceof TicketException), Authentication::unavailable);
    }

    /** A provider that knows nobody says that nobody is logged in, if it ever said who. */
    private void identified(Optional<AuthenticatedUser> known) {
        if (known.isPresent() || assumed) {
            identify(known.orElse(null));
        }
    }

    private Mono<Void> requireUser() {
        return userRequired && user == null
                ? Mono.error(TicketException.unavailable(
                        "The ticket provider does not tell the user's id, but the schema's userScopeField needs it. Implement"
                                + " TicketProvider.user().",
                        null))
                : Mono.empty();
    }

    private static TicketException unavailable(Throwable error) {
        return error instanceof TimeoutException
                ? TicketException.unavailable(
                        "The ticket provider gave no ticket within %s.".formatted(TICKET_LIMIT), error)
                : TicketException.unavailable(
                        "The ticket provider failed: " + ForeignText.quoted(error.getMessage()), error);
    }

    private static @Nullable AuthenticatedUser userOf(ConnectRequest request) {
        return request.login() instanceof Credentials credentials
                ? new AuthenticatedUser(credentials.username())
                : null;
    }

    private void identify(@Nullable AuthenticatedUser identified) {
        Optional<String> before = user();
        user = identified;
        assumed = false;
        users.tryEmitNext(Optional.ofNullable(identified));
        if (!user().equals(before)) {
            userChanged.run();
        }
    }
}
