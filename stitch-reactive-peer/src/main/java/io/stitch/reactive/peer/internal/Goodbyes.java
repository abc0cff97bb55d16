package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.LastWill;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.peer.internal.wire.PeerTopics;
import io.stitch.reactive.spi.ConnectRequest;
import reactor.core.publisher.Mono;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Says goodbye when a connection ends, or has the broker say it, and judges the goodbyes of others: each ends one connection of one
 * peer, once. On the worker.
 */
final class Goodbyes {
    private final PeerSettings options;
    private final SyncContext context;
    private final PeerTopics topics;
    private final Outbox outbox;
    private final Connections connections = new Connections();
    private final AtomicLong connectedAt = new AtomicLong(-1);

    Goodbyes(PeerSettings options, SyncContext context, PeerTopics topics, Outbox outbox) {
        this.options = options;
        this.context = context;
        this.topics = topics;
        this.outbox = outbox;
    }

    /** When the present connection, or the attempt at one, was begun, in milliseconds since 1970; it names it to others. */
    long connectedAt() {
        return connectedAt.get();
    }

    /** Has the broker say goodbye should this connection be lost. */
    ConnectRequest connecting(ConnectRequest request) {
        long began = connectedAt.updateAndGet(before -> Math.max(before + 1, context.now()));
        if (!options.announceLeaving() || request.lastWill() != null) {
            return request;
        }
        String topic = topics.gone(request.clientId());
        byte[] payload = PeerPayloads.gone(request.clientId(), began);
        List<UserProperty> signature = new ArrayList<>();
        options.signatures().sign(topic, payload, signature);
        return request.withLastWill(LastWill.of(topic, payload).userProperties(signature));
    }

    Mono<Void> leaving() {
        return options.announceLeaving() && outbox.connection() != null
                ? outbox.publish(
                        null, topics.gone(context.clientId()), PeerPayloads.gone(context.clientId(), connectedAt()))
                : Mono.empty();
    }

    /** A peer said something on the connection that it began at a time; below 0 it did not say which. */
    void heardOn(String peer, long began) {
        if (began >= 0) {
            connections.heard(peer, began);
        }
    }

    /** {@return whether a peer can say nothing any more on the connection that it began at a time} */
    boolean isOver(String peer, long began) {
        return connections.isOver(peer, began);
    }

    /** {@return whether the peer is gone: what cannot be told from a goodbye that was sent again is reported instead} */
    boolean isGone(PeerInbound.Gone gone) {
        if (gone.connectedAt() < 0 && options.signatures().isOn()) {
            report(
                    DiagnosticCode.FORGED,
                    gone,
                    "it does not say which connection ended, so anybody could send it again");
            return false;
        }
        if (gone.connectedAt() >= 0 && !connections.ended(gone.peer(), gone.connectedAt())) {
            report(DiagnosticCode.OUTDATED, gone, "this connection ended before, or the peer has a later one");
            return false;
        }
        return true;
    }

    private void report(DiagnosticCode code, PeerInbound.Gone gone, String why) {
        context.diagnostics().report(code, topics.gone(gone.peer()), why);
    }

    void forget() {
        connections.clear();
    }
}
