package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.AuthenticatedUser;
import io.stitch.reactive.ConnectionException;
import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.internal.connection.Authentication;
import io.stitch.reactive.internal.connection.ConnectionState;
import io.stitch.reactive.internal.connection.ConnectionSupervisor;
import io.stitch.reactive.internal.connection.Route;
import io.stitch.reactive.internal.local.Errors;
import io.stitch.reactive.spi.ConnectRequest;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** The connection of a store as applications see it: their errors, their login options. */
final class StoreConnection {
    private static final String UNNAMED = "stitch";

    private final ConnectionSupervisor supervisor;
    private final Authentication authentication;
    private final boolean userNeeded;
    private final boolean autoConnect;
    private final AtomicInteger disconnects = new AtomicInteger();
    private final AtomicInteger logouts = new AtomicInteger();
    private volatile boolean started;
    /** Whether it is known where to connect to. */
    private volatile boolean addressed;

    StoreConnection(
            ConnectionSupervisor supervisor,
            Authentication authentication,
            boolean userNeeded,
            boolean autoConnect,
            boolean addressed) {
        this.supervisor = supervisor;
        this.authentication = authentication;
        this.userNeeded = userNeeded;
        this.autoConnect = autoConnect;
        this.addressed = addressed;
    }

    /** {@return what {@link #start} is to be told} Any thread. */
    int disconnects() {
        return disconnects.get();
    }

    /** The store is open: from now on it may connect. On the worker. */
    void started() {
        started = true;
    }

    /**
     * Connects a store that has started, if it does so by itself. On the worker.
     *
     * @param disconnectsBefore how many there were when starting began: whoever has disconnected since does not want to be connected
     */
    void start(int disconnectsBefore) {
        if (autoConnect && addressed && disconnects.get() == disconnectsBefore) {
            supervisor.start();
        }
    }

    Mono<Void> connect() {
        return whenStarted(whenAddressed(supervisor.connect()));
    }

    Mono<Void> reconnect() {
        return whenStarted(whenAddressed(supervisor.reconnect(() -> {})));
    }

    /** Connects as somebody, who may be somebody else, which is told on the worker before that begins. */
    Mono<Void> reconnect(RemoteOptions login, Runnable loggingIn) {
        return Mono.defer(() -> {
            Route route = route(login, userNeeded);
            int before = logouts.get();
            return whenStarted(supervisor.reconnect(() -> {
                if (logouts.get() == before) { // Otherwise whoever was to be logged in has logged out again.
                    addressed = true;
                    authentication.use(route, login.tickets().orElse(null));
                    loggingIn.run();
                }
            }));
        });
    }

    /** Checks what can be checked without connecting. The client id is not known yet: the store may have kept one. */
    static Route route(RemoteOptions remote, boolean userNeeded) {
        List<ConnectRequest> requests = remote.requests(UNNAMED);
        if (userNeeded && requests.get(0).login() == null && remote.tickets().isEmpty()) {
            throw new SchemaException(
                    "userScopeField: set, but the remote has no login, so whose roots to list is unknown. Add login(user,"
                            + " password) or tickets(provider) to the RemoteOptions.");
        }
        return new Route(requests, remote.webSocketHeaders().orElse(null));
    }

    private Mono<Void> whenStarted(Mono<Void> action) {
        return Mono.defer(() -> started
                        ? action
                        : Mono.error(new ConnectionException(
                                ConnectionException.Reason.OFFLINE,
                                -1,
                                "The store is not started. Subscribe to start() first, and connect when it has completed.",
                                null)))
                .onErrorMap(Errors::translate);
    }

    private Mono<Void> whenAddressed(Mono<Void> action) {
        return Mono.defer(() -> addressed
                ? action
                : Mono.error(new ConnectionException(
                        ConnectionException.Reason.OFFLINE,
                        -1,
                        "The store was built without a remote, so there is nothing to connect to. Use reconnect(RemoteOptions).",
                        null)));
    }

    /** Does something later, unless somebody disconnects until then. */
    Mono<Void> unlessDisconnected(Mono<Void> action) {
        int before = disconnects.get();
        return Mono.defer(() -> disconnects.get() == before
                ? action
                : Mono.error(new ConnectionException(
                        ConnectionException.Reason.OFFLINE,
                        -1,
                        "The store was disconnected or closed before it was connected.",
                        null)));
    }

    Mono<Void> disconnect() {
        return letGo().flatMap(ended -> ended);
    }

    /** Lets go of the connection and of every attempt; what is answered completes when the broker has been told. Cold. */
    Mono<Mono<Void>> letGo() {
        return Mono.defer(() -> {
            disconnects.incrementAndGet();
            return supervisor.letGo();
        });
    }

    /** Somebody logs out: logins that were asked for before come to nothing. Any thread. */
    void loggingOut() {
        logouts.incrementAndGet();
    }

    Mono<Void> close() {
        return supervisor.close();
    }

    /** On the worker. */
    void forgetUser() {
        authentication.forgetUser();
    }

    Flux<ConnectionStatus> statuses() {
        return supervisor.states().map(StoreConnection::status);
    }

    ConnectionStatus status() {
        return status(supervisor.state());
    }

    private static ConnectionStatus status(ConnectionState state) {
        Throwable cause = state.cause();
        return new ConnectionStatus(
                state.status(), cause == null ? null : Errors.translate(cause), state.capabilities());
    }

    Flux<StitchException> sessionInvalid() {
        return supervisor.sessionInvalid().map(Errors::translate).cast(StitchException.class);
    }

    Flux<Optional<AuthenticatedUser>> users() {
        return authentication.users();
    }
}
