package io.stitch.reactive;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.ConnectionEnd;
import io.stitch.reactive.spi.ConnectionInfo;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.PublishResult;
import io.stitch.reactive.spi.Ticket;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/** The other end of a connection, in memory and without a thread of its own, so that tests can run in virtual time. */
final class ScriptedBroker implements MqttConnector {
    /** The tickets that were shown while connected, and what the broker says to them. */
    final List<Ticket> renewals = new ArrayList<>();

    Mono<Boolean> renewal = Mono.just(true);

    final List<OutboundMessage> published = new ArrayList<>();
    final Set<String> filters = new LinkedHashSet<>();
    /** Each filter as often as it was subscribed. */
    final List<String> subscriptions = new ArrayList<>();
    /** Each subscription that asked for what is retained. */
    final List<String> retainedFilters = new ArrayList<>();

    final Deque<TransportException> connectErrors = new ArrayDeque<>();
    List<UserProperty> connAckProperties = List.of(new UserProperty("stitch-protocol-version", "2"));
    Function<OutboundMessage, @Nullable String> answers = message -> null;
    /** What an attempt to connect waits for, and what a subscription does. */
    Function<ConnectRequest, Mono<Void>> accepts = request -> Mono.empty();

    Mono<Void> acknowledgesSubscriptions = Mono.empty();
    private Predicate<String> forbidden = filter -> false;
    final List<ConnectRequest> requests = new ArrayList<>();
    /** Whether the broker took a publish; tests may hold that back. */
    Mono<PublishResult> acknowledgement = Mono.just(new PublishResult(false));

    /** What it takes: unacknowledged publishes at once, and bytes in a packet. */
    int receiveMaximum = 65_535;

    long maximumPacketSize = 10_485_760;

    int attempts;
    private final Map<String, Connection> open = new HashMap<>();
    private @Nullable Connection current;

    static ScriptedBroker ofNewServer() {
        return new ScriptedBroker();
    }

    static ScriptedBroker ofOldServer() {
        ScriptedBroker broker = new ScriptedBroker();
        broker.connAckProperties = List.of();
        return broker;
    }

    @Override
    public Mono<MqttConnection> connect(ConnectRequest request) {
        return Mono.defer(() -> {
            attempts++;
            requests.add(request);
            TransportException error = connectErrors.poll();
            return error != null
                    ? Mono.error(error)
                    : accepts.apply(request).then(Mono.fromSupplier(() -> accept(request)));
        });
    }

    /** Accepts a connection as a broker does: a client id that is connected already loses its connection. */
    MqttConnection accept(ConnectRequest request) {
        Connection connection = new Connection();
        Connection before = open.put(request.clientId(), connection);
        current = connection;
        if (before != null) {
            before.close(new ConnectionEnd(ConnectionEnd.By.BROKER, OptionalInt.of(0x8E), "Session taken over."));
        }
        return connection;
    }

    int openConnections() {
        return open.size();
    }

    /** Answers subscriptions of such filters with 0x87 from now on. */
    void refuseFiltersOf(String part) {
        forbidden = filter -> filter.contains(part);
    }

    /** Lets the next attempts to connect fail. */
    void unreachable(int attempts) {
        for (int i = 0; i < attempts; i++) {
            connectErrors.add(new TransportException(TransportException.Kind.CONNECT_FAILED, -1, "unreachable", null));
        }
    }

    void refuse(int reasonCode) {
        connectErrors.add(new TransportException(
                TransportException.Kind.CONNECT_REFUSED,
                reasonCode,
                "The broker refused the connection with 0x%02X.".formatted(reasonCode),
                null));
    }

    void deliver(String topic, String payload, UserProperty... properties) {
        deliver(new InboundMessage(
                topic, payload.replace('\'', '"').getBytes(StandardCharsets.UTF_8), false, List.of(properties)));
    }

    void deliver(InboundMessage message) {
        Connection connection = current;
        if (connection == null) {
            throw new IllegalStateException("nobody is connected");
        }
        connection.messages.tryEmitNext(message).orThrow();
    }

    void end(int reasonCode) {
        end(new ConnectionEnd(ConnectionEnd.By.BROKER, OptionalInt.of(reasonCode), "The broker ended the connection."));
    }

    void end(ConnectionEnd end) {
        Connection connection = current;
        if (connection != null) {
            connection.close(end);
        }
    }

    List<JsonNode> sentTo(String topic) {
        return published.stream()
                .filter(message -> message.topic().equals(topic))
                .map(message -> Json.read(message.payload()))
                .toList();
    }

    private final class Connection implements MqttConnection {
        private final Sinks.Many<InboundMessage> messages =
                Sinks.many().unicast().onBackpressureBuffer();
        private final Sinks.One<ConnectionEnd> closed = Sinks.one();

        @Override
        public ConnectionInfo info() {
            return new ConnectionInfo(connAckProperties, receiveMaximum, maximumPacketSize);
        }

        @Override
        public Flux<InboundMessage> messages() {
            return messages.asFlux();
        }

        @Override
        public Mono<Void> subscribe(Collection<String> topicFilters) {
            if (topicFilters.stream().anyMatch(forbidden)) {
                return Mono.error(new TransportException(
                        TransportException.Kind.REFUSED,
                        0x87,
                        "The broker refused to subscribe to " + topicFilters,
                        null));
            }
            return acknowledgesSubscriptions.then(Mono.fromRunnable(() -> {
                filters.addAll(topicFilters);
                subscriptions.addAll(topicFilters);
            }));
        }

        @Override
        public Mono<Void> subscribeToOthers(Collection<String> topicFilters) {
            return subscribe(topicFilters);
        }

        @Override
        public Mono<Void> subscribeRetained(Collection<String> topicFilters) {
            return subscribe(topicFilters).then(Mono.fromRunnable(() -> retainedFilters.addAll(topicFilters)));
        }

        @Override
        public Mono<Void> unsubscribe(Collection<String> topicFilters) {
            return Mono.fromRunnable(() -> filters.removeAll(topicFilters));
        }

        @Override
        public Mono<PublishResult> publish(OutboundMessage message) {
            return Mono.defer(() -> {
                published.add(message);
                String answer = answers.apply(message);
                if (answer != null && message.responseTopic() != null) {
                    deliver(message.responseTopic(), answer);
                }
                return acknowledgement;
            });
        }

        @Override
        public Mono<Boolean> reauthenticate(Ticket ticket) {
            return Mono.defer(() -> {
                renewals.add(ticket);
                return renewal;
            });
        }

        @Override
        public Mono<ConnectionEnd> closed() {
            return closed.asMono();
        }

        @Override
        public Mono<Void> disconnect() {
            return Mono.fromRunnable(() ->
                    close(new ConnectionEnd(ConnectionEnd.By.CLIENT, OptionalInt.empty(), "The store disconnected.")));
        }

        void close(ConnectionEnd end) {
            open.values().remove(this);
            closed.tryEmitValue(end);
            messages.tryEmitComplete();
        }
    }
}
