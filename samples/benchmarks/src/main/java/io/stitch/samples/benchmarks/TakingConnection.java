package io.stitch.samples.benchmarks;

import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.ConnectionInfo;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.PublishResult;
import reactor.core.publisher.Mono;

import java.util.Collection;
import java.util.List;

/** A connection to a broker in memory that says it is a new server's, and takes whatever comes. */
abstract class TakingConnection implements MqttConnection {
    private final int receiveMaximum;

    TakingConnection(int receiveMaximum) {
        this.receiveMaximum = receiveMaximum;
    }

    @Override
    public ConnectionInfo info() {
        return new ConnectionInfo(
                List.of(new UserProperty("stitch-protocol-version", "2")), receiveMaximum, 10_485_760);
    }

    @Override
    public Mono<Void> subscribe(Collection<String> filters) {
        return Mono.empty();
    }

    @Override
    public Mono<Void> subscribeToOthers(Collection<String> filters) {
        return Mono.empty();
    }

    @Override
    public Mono<Void> unsubscribe(Collection<String> filters) {
        return Mono.empty();
    }

    @Override
    public Mono<PublishResult> publish(OutboundMessage message) {
        return Mono.just(new PublishResult(false));
    }
}
