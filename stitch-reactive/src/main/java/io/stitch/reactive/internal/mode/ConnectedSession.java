package io.stitch.reactive.internal.mode;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.internal.connection.ConnectionUser;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.TransportException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A session and the store around it, as connections see them. The way in: a message is decoded where it arrives, waits in an {@link
 * InboundLane}, is handled by the session on the worker, and what a batch of them changed is told and kept at its end.
 */
public final class ConnectedSession implements ConnectionUser {
    private final SyncContext context;
    private final SyncSession session;

    /**
     * Joins a session and its store.
     *
     * @param context the store
     * @param session the running mode
     */
    public ConnectedSession(SyncContext context, SyncSession session) {
        this.context = context;
        this.session = session;
    }

    @Override
    public ConnectRequest connecting(ConnectRequest request) {
        return session.connecting(request);
    }

    @Override
    public Mono<Void> receive(MqttConnection connection) {
        Flux<Inbound> inbound = connection.messages().map(this::decoded);
        return InboundLane.consume(
                inbound, context.serial(), this::received, context::flush, context.journal()::whenKeptUp);
    }

    /** On the network's thread, where an error of the JVM would be logged by the client and the connection stay, deaf. */
    private Inbound decoded(InboundMessage message) {
        try {
            return session.decode(message);
        } catch (VirtualMachineError | LinkageError error) {
            context.diagnostics().report(DiagnosticCode.FATAL_ERROR, message.topic(), "the connection ends: " + error);
            throw new TransportException(
                    TransportException.Kind.CONNECTION_LOST,
                    -1,
                    "A message of %d bytes could not be read because of an error of the JVM: %s"
                            .formatted(message.payload().length, error),
                    error);
        }
    }

    private void received(Inbound inbound) {
        try {
            session.received(inbound);
        } catch (RuntimeException defect) {
            context.diagnostics()
                    .report(DiagnosticCode.INTERNAL_ERROR, inbound.getClass().getSimpleName(), String.valueOf(defect));
        }
    }

    @Override
    public Mono<Void> use(MqttConnection connection) {
        context.writes().meeting(); // From here on, others may be told of what is in the records.
        return session.connected(connection);
    }

    @Override
    public void connected() {
        context.writes().connected(session.writes(), session.compared());
    }

    @Override
    public void disconnected() {
        context.writes().disconnected();
        session.disconnected();
    }

    @Override
    public Mono<Void> leaving() {
        return session.leaving();
    }

    @Override
    public boolean heard() {
        return session.heard();
    }

    @Override
    public ServerCapabilities capabilities() {
        return session.capabilities();
    }

    @Override
    public Flux<? extends Throwable> sessionInvalid() {
        return session.unauthenticated();
    }
}
