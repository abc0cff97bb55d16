package io.stitch.reactive.internal.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.Requests;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.OutboundMessage;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import java.util.List;

/** The connection of the moment, as feeds use it. On the worker. */
final class FeedLink {
    private final SyncContext context;
    private @Nullable MqttConnection connection;
    private volatile boolean heard;

    FeedLink(SyncContext context) {
        this.context = context;
    }

    /** A connection is there, and is not used before {@link #connected}. */
    void connecting() {
        heard = false;
    }

    void connected(MqttConnection newConnection) {
        connection = newConnection;
    }

    void disconnected() {
        connection = null;
    }

    boolean isConnected() {
        return connection != null;
    }

    void received() {
        heard = true;
    }

    /** {@return whether anything came on this connection, or a hello was acknowledged} Any thread. */
    boolean heard() {
        return heard;
    }

    Mono<Void> subscribe(List<String> filters) {
        MqttConnection current = connection;
        return current == null ? Mono.never() : current.subscribe(filters).publishOn(context.serial());
    }

    void unsubscribe(List<String> filters) {
        MqttConnection current = connection;
        if (current != null) {
            current.unsubscribe(filters)
                    .subscribe(
                            unused -> {},
                            error -> context.diagnostics()
                                    .report(
                                            DiagnosticCode.COMPARE_FAILED,
                                            filters.get(0),
                                            "unsubscribing failed; its events are dropped: " + error.getMessage()));
        }
    }

    boolean fits(byte[] payload) {
        return payload.length <= largest();
    }

    /** {@return how long a payload may be, in bytes} */
    int largest() {
        MqttConnection current = connection;
        // Leaves room for the packet's topic and properties.
        long largest = current == null ? Requests.MAX_BYTES : current.info().maximumPacketSize() - 2_048L;
        return (int) Math.min(Requests.MAX_BYTES, largest);
    }

    Mono<Void> publishHello(String scopeId, byte[] hello) {
        MqttConnection current = connection;
        return current == null
                ? Mono.never()
                : current.publish(new OutboundMessage(
                                context.topics().hello(scopeId),
                                hello,
                                null,
                                null,
                                List.of(new UserProperty(Topics.ORIGIN_PROPERTY, context.clientId()))))
                        .publishOn(context.serial())
                        .doOnNext(result -> {
                            heard = true;
                            context.observer().saidHello();
                        })
                        .then();
    }
}
