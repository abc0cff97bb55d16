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
import reactor.core.scheduler.Scheduler;

/**
 * A session and the store around it, as connections see them. The way in: a message is decoded where it arrives, waits in an {@link
 * InboundLane}, is handled by the session on the worker, and what a batch of them changed is told and kept at its end.
 */
public final class ConnectedSession implements ConnectionUser {
    private final SyncContext context;
    private final SyncSession session;
    private final Scheduler beside;

    /**
     * Joins a session and its store.
     *
     * @param context the store
     * @param session the running mode
     * @param beside decodes large messages, which would keep a network thread for too long
     */
    public ConnectedSession(SyncContext context, SyncSession session, Scheduler beside) {
        this.context = context;
        this.session = session;
        this.beside = beside;
    }

    @Override
    public ConnectRequest connecting(ConnectRequest request) {
        return session.connecting(request);
    }

    @Override
    public Mono<Void> receive(MqttConnection connection) {
        return InboundLane.consume(
                connection.messages(),
                this::decoded,
                beside,
                context.serial(),
                this::received,
                context::flush,
                context.journal()::whenKeptUp);
    }

    /** An error of the JVM would be logged by the client and the connection stay, deaf. */
    private Inbound decoded(InboundMessage message) {
        InboundMessage.Dropped dropped = message.dropped();
        if (dropped != null) {
            return new Inbound.Missed(message.topic(), dropped);
        }
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
            if (inbound instanceof Inbound.Missed missed) {
                missed(missed);
                return;
            }
            session.received(inbound);
        } catch (RuntimeException defect) {
            context.diagnostics()
                    .report(DiagnosticCode.INTERNAL_ERROR, inbound.getClass().getSimpleName(), String.valueOf(defect));
        }
    }

    private void missed(Inbound.Missed missed) {
        context.diagnostics()
                .report(
                        DiagnosticCode.RECEIVE_OVERFLOW,
                        missed.topic(),
                        "%d messages with %d bytes were dropped, because too much waited; what they may have told is compared"
                                .formatted(
                                        missed.dropped().messages(),
                                        missed.dropped().bytes()));
        session.missed(missed.topic());
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
