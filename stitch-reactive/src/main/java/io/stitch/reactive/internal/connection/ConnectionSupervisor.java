package io.stitch.reactive.internal.connection;

import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.ReconnectValidator;
import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.ConnectionEnd;
import io.stitch.reactive.spi.ConnectionInfo;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.ReasonCodes;
import io.stitch.reactive.spi.TicketException;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Keeps a store connected: connects, hands each connection to whoever uses it, and connects again when it ends, after the
 * wait that {@link Backoff} says. An invalid session stops it.
 *
 * <p>Everything happens on the store's worker; the publishers may be subscribed anywhere.
 */
public final class ConnectionSupervisor {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionSupervisor.class);
    /** How long the subscription of the inbox may take, and a validator. */
    private static final Duration READY_LIMIT = Duration.ofSeconds(30);

    private static final Duration VALIDATOR_LIMIT = Duration.ofSeconds(10);
    /** A broker that does not answer must not hold up a new connection. */
    private static final Duration DISCONNECT_LIMIT = Duration.ofSeconds(2);

    private static final Duration GOODBYE_LIMIT = Duration.ofSeconds(1);

    private final ConnectionSettings settings;
    private final ConnectionUser user;
    private final MqttConnector connector;
    private final Authentication authentication;
    private final Backoff backoff;
    private final SessionVerdict verdict;
    private final TicketRenewal renewal;
    private final Sinks.Many<ConnectionState> states = Sinks.many().replay().latest();
    private volatile ConnectionState state = new ConnectionState(Status.OFFLINE, null, null);
    private final Sinks.Many<Optional<Throwable>> invalid =
            Sinks.many().replay().latest();
    private final Disposable.Swap cycles = Disposables.swap();
    private ConnectionAttempt attempt = new ConnectionAttempt();
    private boolean running;
    private volatile boolean closed;
    private boolean connectedBefore;
    private long connectedAt = -1;
    /** An attempt had no answer, so its CONNECT may still reach the broker; told by one takeover, or by a connection that lasts. */
    private boolean ownMayComeLate;

    /**
     * Makes a supervisor; nothing happens until {@link #start()}.
     *
     * @param settings what the connections have in common
     * @param user takes the connections
     * @param connector opens them
     * @param authentication where to and as whom
     */
    public ConnectionSupervisor(
            ConnectionSettings settings, ConnectionUser user, MqttConnector connector, Authentication authentication) {
        this.settings = settings;
        this.user = user;
        this.connector = connector;
        this.authentication = authentication;
        this.backoff = new Backoff(settings.jitter());
        this.verdict = new SessionVerdict(authentication);
        this.renewal = new TicketRenewal(settings, authentication);
        emit(Status.OFFLINE, null);
    }

    /**
     * {@return the state now and every change of it} Hot, with the newest state replayed.
     */
    public Flux<ConnectionState> states() {
        return states.asFlux();
    }

    /**
     * {@return the state now} Any thread.
     */
    public ConnectionState state() {
        return state;
    }

    /**
     * {@return why the session is invalid, each time it becomes so} Hot; replayed as long as it is invalid.
     */
    public Flux<Throwable> sessionInvalid() {
        return invalid.asFlux().filter(Optional::isPresent).map(Optional::get);
    }

    /** Begins to connect, if it is not connected or connecting already. On the worker. */
    public void start() {
        if (!closed && !running) {
            begin(Mono.defer(this::cycle));
        }
    }

    /**
     * Connects, and waits until it is connected. Cold; cancelling ends the waiting only.
     *
     * @return completes when connected; an error if that cannot be, or is given up meanwhile
     */
    public Mono<Void> connect() {
        return onWorker(() -> {
            start();
            return connected();
        });
    }

    /**
     * Ends the connection, if there is one, and connects now. Cold; cancelling ends the waiting only.
     *
     * @param newLogin runs on the worker in between, to exchange the login
     * @return completes when connected; an error if that cannot be, or is given up meanwhile
     */
    public Mono<Void> reconnect(Runnable newLogin) {
        return onWorker(() -> {
            if (!closed) {
                Mono<Void> ended = end();
                newLogin.run();
                emit(Status.DISCONNECTED, null);
                begin(ended.onErrorComplete().publishOn(settings.serial()).then(Mono.defer(this::cycle)));
            }
            return connected();
        });
    }

    /**
     * Lets go of the connection and of every attempt, and stays offline. Cold.
     *
     * @return answers on the worker when nothing more comes of them, with what closes the connection
     */
    public Mono<Mono<Void>> letGo() {
        return closed ? Mono.just(Mono.empty()) : onWorker(() -> Mono.just(goOffline()));
    }

    /**
     * Ends for good: disconnects and completes every publisher. Cold.
     *
     * @return completes when the connection is closed
     */
    public Mono<Void> close() {
        return onWorker(() -> {
            closed = true;
            Mono<Void> ended = goOffline();
            cycles.dispose();
            states.tryEmitComplete();
            invalid.tryEmitComplete();
            authentication.close();
            return ended;
        });
    }

    private Mono<Void> goOffline() {
        Mono<Void> ended = end();
        emit(Status.OFFLINE, null);
        return ended;
    }

    /** Lets go of the connection and of every attempt. */
    private Mono<Void> end() {
        running = false;
        Mono<Void> goodbye = user.leaving();
        ConnectionAttempt current = attempt;
        Mono<Void> ended = goodbye.onErrorComplete()
                .timeout(GOODBYE_LIMIT, Mono.empty(), settings.serial())
                .then(current.abandon())
                .timeout(DISCONNECT_LIMIT, Mono.fromRunnable(current::cut), settings.serial());
        cycles.update(Disposables.disposed());
        return ended;
    }

    private void begin(Mono<Void> firstCycle) {
        running = true;
        backoff.reset();
        verdict.reset();
        authentication.route().restart();
        invalid.tryEmitNext(Optional.empty());
        cycles.update(Flux.concat(firstCycle, Mono.defer(this::cycle).repeat()).subscribe(unused -> {}, this::stopped));
    }

    private Mono<Void> connected() {
        return states.asFlux()
                .filter(state -> state.status() == Status.CONNECTED
                        || state.status() == Status.ERROR
                        || state.status() == Status.OFFLINE)
                .next()
                .filter(state -> state.status() != Status.OFFLINE)
                .switchIfEmpty(Mono.error(ConnectionSupervisor::disconnectedMeanwhile))
                .flatMap(state -> state.cause() == null ? Mono.empty() : Mono.error(state.cause()));
    }

    private static TransportException disconnectedMeanwhile() {
        return new TransportException(
                TransportException.Kind.NOT_CONNECTED,
                -1,
                "The store was disconnected or closed before it was connected.",
                null);
    }

    /** One connection, from the attempt to its end, and the wait before the next. */
    private Mono<Void> cycle() {
        ConnectionAttempt before = attempt;
        ConnectionAttempt current = new ConnectionAttempt();
        attempt = current;
        connectedAt = -1;
        emit(Status.CONNECTING, null);
        return before.ended()
                .timeout(DISCONNECT_LIMIT, Mono.fromRunnable(before::cut), settings.serial())
                .publishOn(settings.serial())
                .then(Mono.defer(() -> next(before)))
                .flatMap(request -> current.open(connector.connect(user.connecting(request)))
                        .publishOn(settings.serial())
                        .flatMap(connection -> serve(connection, renewal.of(connection, request))))
                .publishOn(settings.serial())
                .onErrorResume(this::lost)
                .then(Mono.defer(() -> Mono.delay(backoff.delay(), settings.serial())))
                .then();
    }

    private Mono<ConnectRequest> next(ConnectionAttempt before) {
        ownMayComeLate |= before.isUnanswered();
        return authentication.next(settings.clientId().get());
    }

    private Mono<Void> serve(MqttConnection connection, Mono<Void> renewed) {
        Mono<Void> ready = validated(connection.info())
                .publishOn(settings.serial())
                .then(Mono.defer(() -> user.use(connection)))
                .timeout(READY_LIMIT, settings.serial())
                .onErrorMap(TimeoutException.class, ConnectionSupervisor::notReady)
                .doOnSuccess(unused -> ready());
        Mono<Void> invalidated = user.sessionInvalid().next().flatMap(error -> {
            verdict.invalidated(error);
            return Mono.error(error);
        });
        return Mono.when(user.receive(connection), ready)
                .then(connection.closed())
                .publishOn(settings.serial())
                .flatMap(end -> Mono.<Void>error(endError(end)))
                .takeUntilOther(invalidated)
                .takeUntilOther(renewed)
                .onErrorResume(
                        error -> connection.disconnect().onErrorComplete().then(Mono.error(error)))
                .publishOn(settings.serial())
                .doFinally(signal -> user.disconnected());
    }

    /**
     * Reads what a server says of itself.
     *
     * @param server what the broker said when it accepted the connection
     * @return its capabilities
     */
    public static ServerCapabilities capabilities(ConnectionInfo server) {
        return ServerCapabilities.parse(
                server.userProperty("stitch-protocol-version"), server.userProperty("stitch-features"));
    }

    private Mono<Void> validated(ConnectionInfo info) {
        ReconnectValidator current = settings.validator();
        if (current == null || !connectedBefore) {
            return Mono.empty();
        }
        ServerCapabilities capabilities = capabilities(info);
        return Mono.defer(() -> current.validate(capabilities))
                .timeout(VALIDATOR_LIMIT, settings.serial())
                .onErrorMap(error -> new ConnectionRejectedException(
                        false,
                        error instanceof TimeoutException
                                ? "The reconnect validator did not answer within %s.".formatted(VALIDATOR_LIMIT)
                                : "The reconnect validator failed: " + ForeignText.quoted(error.getMessage()),
                        error))
                .switchIfEmpty(Mono.error(() -> new ConnectionRejectedException(
                        false, "The reconnect validator completed without an answer.", null)))
                .filter(Boolean::booleanValue)
                .switchIfEmpty(Mono.error(() -> new ConnectionRejectedException(
                        true,
                        "The reconnect validator did not accept the connection. Connect again when it would.",
                        null)))
                .then();
    }

    private void ready() {
        connectedBefore = true;
        connectedAt = now();
        emit(Status.CONNECTED, null);
        user.connected();
    }

    private static TransportException notReady(Throwable timeout) {
        return new TransportException(
                TransportException.Kind.CONNECT_TIMEOUT,
                -1,
                "The broker accepted the connection but did not acknowledge a subscription within %s."
                        .formatted(READY_LIMIT),
                timeout);
    }

    private Throwable endError(ConnectionEnd end) {
        int code = end.reasonCode().orElse(-1);
        String message = end.message();
        TransportException.Kind kind = TransportException.Kind.CONNECTION_LOST;
        if (code != ReasonCodes.SESSION_TAKEN_OVER
                && !user.heard()
                && settings.topicPrefix().startsWith("$")
                && end.by() != ConnectionEnd.By.CLIENT) {
            // HiveMQ answers a publish below $ with 0x87, which here says nothing of the user.
            kind = code == -1 ? kind : TransportException.Kind.REFUSED;
            message +=
                    (" It took no publish below '%s' before: some brokers forbid topics that begin with $. Allow them there,"
                                    + " or set another topic prefix on both sides.")
                            .formatted(settings.topicPrefix());
        }
        return new TransportException(kind, code, message, null);
    }

    /** An attempt failed or a connection ended: waits for the next, or gives up. */
    private Mono<Void> lost(Throwable error) {
        if (backoff.failed(connectedAt < 0 ? Duration.ZERO : Duration.ofMillis(now() - connectedAt))) {
            verdict.reset();
            ownMayComeLate = false;
            authentication.route().restart();
        } else if (!(error instanceof TicketException)) { // Without a ticket no address was tried.
            authentication.route().failed();
        }
        if (verdict.isFinal(error)) {
            return Mono.error(error);
        }
        if (error instanceof TicketException ticket) {
            ticket.retryAfter().ifPresent(backoff::demand);
        }
        emit(Status.DISCONNECTED, SessionVerdict.isTakenOver(error) ? takenOver() : error);
        return Mono.empty();
    }

    /** The broker ended the connection because it read another CONNECT with the same client id. */
    private TransportException takenOver() {
        String clientId = settings.clientId().get();
        if (ownMayComeLate) {
            ownMayComeLate = false;
            return takenOver(
                    ("The broker ended this connection for another one with the client id '%s', which was probably an"
                                    + " earlier attempt of this store that had no answer.")
                            .formatted(clientId));
        }
        backoff.takenOver();
        String message =
                ("Another client connected with the client id '%s', so the broker ended this connection. Give each store its own"
                                + " client id.")
                        .formatted(clientId);
        settings.diagnostics().report(DiagnosticCode.SESSION_TAKEN_OVER, clientId, message);
        return takenOver(message);
    }

    private static TransportException takenOver(String message) {
        return new TransportException(
                TransportException.Kind.CONNECTION_LOST, ReasonCodes.SESSION_TAKEN_OVER, message, null);
    }

    private void stopped(Throwable error) {
        running = false;
        if (verdict.isInvalidSession(error)) {
            invalid.tryEmitNext(Optional.of(error));
        }
        emit(Status.ERROR, error);
    }

    private long now() {
        return settings.clock().now(TimeUnit.MILLISECONDS);
    }

    private <T> Mono<T> onWorker(Supplier<Mono<T>> action) {
        return Mono.defer(action)
                .subscribeOn(settings.serial())
                .onErrorMap(RejectedExecutionException.class, error -> disconnectedMeanwhile());
    }

    private void emit(Status next, @Nullable Throwable cause) {
        if (next == Status.CONNECTING) {
            LOG.debug("{} is connecting", settings.clientId().get());
        } else {
            LOG.info("{} is {}{}", settings.clientId().get(), next, cause == null ? "" : ": " + cause.getMessage());
        }
        this.state = new ConnectionState(next, cause, next == Status.CONNECTED ? user.capabilities() : null);
        states.tryEmitNext(this.state);
    }
}
