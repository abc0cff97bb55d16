package io.stitch.reactive.peer;

import io.stitch.reactive.internal.connection.HiveMqConnector;
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
import reactor.core.scheduler.Schedulers;

import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Connects like a store does, and does something before the n-th event from now on is published: that one and the later ones wait until
 * it is done. Thread-safe.
 */
final class EventCounter implements MqttConnector {
    private final MqttConnector connector = new HiveMqConnector(Schedulers.parallel());
    private volatile Plan plan = new Plan(new AtomicInteger(), Mono.empty());

    private record Plan(AtomicInteger left, Mono<Void> action) {
        Mono<Void> beforeNextEvent() {
            return left.decrementAndGet() > 0 ? Mono.empty() : action;
        }
    }

    void beforeEvent(int number, Runnable action) {
        plan = new Plan(
                new AtomicInteger(number),
                Mono.<Void>fromRunnable(action)
                        .subscribeOn(Schedulers.boundedElastic())
                        .cache());
    }

    @Override
    public Mono<MqttConnection> connect(ConnectRequest request) {
        return connector.connect(request).map(Counted::new);
    }

    private final class Counted implements MqttConnection {
        private final MqttConnection connection;

        Counted(MqttConnection connection) {
            this.connection = connection;
        }

        @Override
        public Mono<PublishResult> publish(OutboundMessage message) {
            Mono<PublishResult> published = connection.publish(message);
            return message.topic().contains("/events/")
                    ? Mono.defer(() -> plan.beforeNextEvent().then(published))
                    : published;
        }

        @Override
        public ConnectionInfo info() {
            return connection.info();
        }

        @Override
        public Flux<InboundMessage> messages() {
            return connection.messages();
        }

        @Override
        public Mono<Void> subscribe(Collection<String> filters) {
            return connection.subscribe(filters);
        }

        @Override
        public Mono<Void> subscribeToOthers(Collection<String> filters) {
            return connection.subscribeToOthers(filters);
        }

        @Override
        public Mono<Void> unsubscribe(Collection<String> filters) {
            return connection.unsubscribe(filters);
        }

        @Override
        public Mono<ConnectionEnd> closed() {
            return connection.closed();
        }

        @Override
        public Mono<Void> disconnect() {
            return connection.disconnect();
        }
    }
}
