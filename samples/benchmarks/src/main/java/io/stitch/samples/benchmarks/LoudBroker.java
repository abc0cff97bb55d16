package io.stitch.samples.benchmarks;

import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.ConnectionEnd;
import io.stitch.reactive.spi.ConnectionInfo;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.PublishResult;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.util.Collection;
import java.util.List;

/** A broker in memory that accepts everybody at once and delivers what it is told to, on the thread that tells it. */
final class LoudBroker implements MqttConnector {
    private final Sinks.Many<InboundMessage> messages = Sinks.many().unicast().onBackpressureBuffer();

    void deliver(InboundMessage message) {
        messages.tryEmitNext(message).orThrow();
    }

    @Override
    public Mono<MqttConnection> connect(ConnectRequest request) {
        return Mono.fromSupplier(Connection::new);
    }

    private final class Connection implements MqttConnection {
        private final Sinks.One<ConnectionEnd> ended = Sinks.one();

        @Override
        public ConnectionInfo info() {
            return new ConnectionInfo(List.of(new UserProperty("stitch-protocol-version", "2")), 1_024, 10_485_760);
        }

        @Override
        public Flux<InboundMessage> messages() {
            return messages.asFlux();
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

        @Override
        public Mono<ConnectionEnd> closed() {
            return ended.asMono();
        }

        @Override
        public Mono<Void> disconnect() {
            return Mono.fromRunnable(() -> messages.tryEmitComplete());
        }
    }
}
