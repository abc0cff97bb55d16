package io.stitch.samples.benchmarks;

import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.ConnectionEnd;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.MqttConnector;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

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

    private final class Connection extends TakingConnection {
        private final Sinks.One<ConnectionEnd> ended = Sinks.one();

        Connection() {
            super(1_024);
        }

        @Override
        public Flux<InboundMessage> messages() {
            return messages.asFlux();
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
