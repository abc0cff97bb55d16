package io.stitch.reactive;

import io.stitch.reactive.sync.Authentication;
import io.stitch.reactive.sync.ConnectionSupervisor;
import io.stitch.reactive.transport.AuthenticatedUser;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.Optional;

/** The connection of a store as applications see it: their errors, their login options. */
final class StoreConnection {
    private final ConnectionSupervisor supervisor;
    private final Authentication authentication;
    private final boolean userNeeded;
    private final boolean autoConnect;
    private volatile boolean started;

    StoreConnection(
            ConnectionSupervisor supervisor, Authentication authentication, boolean userNeeded, boolean autoConnect) {
        this.supervisor = supervisor;
        this.authentication = authentication;
        this.userNeeded = userNeeded;
        this.autoConnect = autoConnect;
    }

    /** The store is open: from now on it may connect. On the worker. */
    void start() {
        started = true;
        if (autoConnect) {
            supervisor.start();
        }
    }

    Mono<Void> connect() {
        return whenStarted(supervisor.connect());
    }

    Mono<Void> reconnect() {
        return whenStarted(supervisor.reconnect(() -> {}));
    }

    Mono<Void> reconnect(RemoteOptions login) {
        return Mono.defer(() -> {
            var request = login.checked(userNeeded);
            return whenStarted(supervisor.reconnect(() -> authentication.use(request, login.tickets())));
        });
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

    Mono<Void> disconnect() {
        return supervisor.disconnect();
    }

    Mono<Void> close() {
        return supervisor.close();
    }

    /** On the worker. */
    void forgetUser() {
        authentication.forgetUser();
    }

    Flux<ConnectionStatus> statuses() {
        return supervisor.states().map(ConnectionStatus::of);
    }

    ConnectionStatus status() {
        return ConnectionStatus.of(supervisor.state());
    }

    Flux<StitchException> sessionInvalid() {
        return supervisor.sessionInvalid().map(Errors::translate).cast(StitchException.class);
    }

    Flux<Optional<AuthenticatedUser>> users() {
        return authentication.users();
    }
}
