package io.stitch.reactive.sync;

import io.stitch.reactive.sync.ConnectionState.Status;
import io.stitch.reactive.transport.ConnectRequest;
import io.stitch.reactive.transport.ConnectionEnd;
import io.stitch.reactive.transport.MqttConnection;
import io.stitch.reactive.transport.MqttConnector;
import io.stitch.reactive.transport.TransportException;
import io.stitch.reactive.wire.DiagnosticCode;
import io.stitch.reactive.wire.Inbound;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Keeps a store connected: connects, hands each connection to the sync session, and connects again when it ends, with
 * {@code min(1 s · 2ⁿ, 30 s)} plus up to 25 % jitter for five attempts and every 15 s from then on. An invalid login
 * stops it.
 */
public final class ConnectionSupervisor {
    private static final Duration FIRST_DELAY = Duration.ofSeconds(1);
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(30);
    private static final Duration STEADY_DELAY = Duration.ofSeconds(15);
    private static final int GROWING_ATTEMPTS = 5;
    private static final int SESSION_TAKEN_OVER = 0x8E;
    private static final Set<Integer> INVALID_LOGIN = Set.of(0x86, 0x87, 0x8C);

    private final SyncContext context;
    private final SyncSession session;
    private final MqttConnector connector;
    private final Supplier<ConnectRequest> request;
    private final Sinks.Many<ConnectionState> states = Sinks.many().replay().latest();
    private final Disposable.Swap running = Disposables.swap();
    private @Nullable MqttConnection current;
    private int failures;

    /**
     * Makes a supervisor; nothing happens until {@link #start()}.
     *
     * @param context the store
     * @param session takes the connections
     * @param connector opens them
     * @param request where to, asked for each attempt
     */
    public ConnectionSupervisor(
            SyncContext context, SyncSession session, MqttConnector connector, Supplier<ConnectRequest> request) {
        this.context = context;
        this.session = session;
        this.connector = connector;
        this.request = request;
        emit(Status.OFFLINE, null);
    }

    /**
     * {@return the state now and every change of it} Hot, with the newest state replayed.
     */
    public Flux<ConnectionState> states() {
        return states.asFlux();
    }

    /** Begins to connect, if it is not connected or connecting already. On the worker. */
    public void start() {
        failures = 0;
        running.update(Mono.defer(this::cycle).repeat().subscribe(unused -> {}, this::stopped));
    }

    /**
     * Disconnects and stays offline. Cold.
     *
     * @return completes when the connection is closed
     */
    public Mono<Void> stop() {
        return Mono.defer(() -> {
                    MqttConnection connection = current;
                    running.update(Disposables.disposed());
                    emit(Status.OFFLINE, null);
                    return connection == null ? Mono.<Void>empty() : connection.disconnect();
                })
                .subscribeOn(context.serial());
    }

    /**
     * Ends for good: disconnects and completes {@link #states()}. Cold.
     *
     * @return completes when the connection is closed
     */
    public Mono<Void> close() {
        return stop().onErrorComplete().doFinally(signal -> {
            running.dispose();
            states.tryEmitComplete();
        });
    }

    /** One connection, from the attempt to its end, and the wait before the next. */
    private Mono<Void> cycle() {
        emit(Status.CONNECTING, null);
        return connector
                .connect(request.get())
                .publishOn(context.serial())
                .flatMap(this::serve)
                .publishOn(context.serial())
                .onErrorResume(this::lost)
                .then(Mono.defer(() -> Mono.delay(nextDelay(), context.serial())))
                .then();
    }

    private Mono<Void> serve(MqttConnection connection) {
        current = connection;
        Flux<Inbound> inbound = connection.messages().map(session::decode);
        Mono<Void> consumed = InboundLane.consume(inbound, context.serial(), this::received, this::endOfBatch);
        Mono<Void> ready = session.connected(connection).doOnSuccess(unused -> {
            failures = 0;
            emit(Status.CONNECTED, null);
            context.writes().connected(session.writes(), session.compared());
        });
        return Mono.when(consumed, ready)
                .then(connection.closed())
                .publishOn(context.serial())
                .flatMap(end -> Mono.<Void>error(endError(end)))
                .onErrorResume(error -> connection.disconnect().then(Mono.error(error)))
                .publishOn(context.serial())
                .doFinally(signal -> {
                    current = null;
                    context.writes().disconnected();
                    session.disconnected();
                });
    }

    private void received(Inbound inbound) {
        try {
            session.received(inbound);
        } catch (RuntimeException defect) {
            context.diagnostics()
                    .report(DiagnosticCode.INTERNAL_ERROR, inbound.getClass().getSimpleName(), String.valueOf(defect));
        }
    }

    private void endOfBatch() {
        context.records().flush();
        context.roots().flush();
    }

    private Throwable endError(ConnectionEnd end) {
        int code = end.reasonCode().orElse(-1);
        String message = end.message();
        if (code == SESSION_TAKEN_OVER) {
            message =
                    ("Another client connected with the client id '%s', so the broker ended this connection. Give each store"
                                    + " its own client id.")
                            .formatted(context.clientId());
            context.diagnostics().report(DiagnosticCode.SESSION_TAKEN_OVER, context.clientId(), message);
        } else if (!session.heard()
                && context.topics().prefix().startsWith("$")
                && end.by() != ConnectionEnd.By.CLIENT) {
            message +=
                    (" It took no publish below '%s' before: some brokers forbid topics that begin with $. Allow them there,"
                                    + " or set another topic prefix on both sides.")
                            .formatted(context.topics().prefix());
        }
        return new TransportException(TransportException.Kind.CONNECTION_LOST, code, message, null);
    }

    private Mono<Void> lost(Throwable error) {
        failures++;
        if (error instanceof TransportException refused
                && refused.kind() == TransportException.Kind.CONNECT_REFUSED
                && INVALID_LOGIN.contains(refused.reasonCode().orElse(-1))) {
            return Mono.error(error);
        }
        if (error instanceof TransportException ended && ended.reasonCode().orElse(-1) == SESSION_TAKEN_OVER) {
            // Two stores with one id must not throw each other out in a tight loop.
            failures = Math.max(failures, GROWING_ATTEMPTS);
        }
        emit(Status.DISCONNECTED, error);
        return Mono.empty();
    }

    private void stopped(Throwable error) {
        emit(Status.ERROR, error);
    }

    private Duration nextDelay() {
        if (failures > GROWING_ATTEMPTS) {
            return STEADY_DELAY;
        }
        Duration delay = FIRST_DELAY.multipliedBy(1L << Math.max(0, failures - 1));
        Duration bounded = delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY;
        return bounded.plusMillis(
                (long) (bounded.toMillis() * 0.25 * context.jitter().getAsDouble()));
    }

    private void emit(Status status, @Nullable Throwable cause) {
        states.tryEmitNext(
                new ConnectionState(status, cause, status == Status.CONNECTED ? session.capabilities() : null));
    }
}
