package io.stitch.reactive.peer;

import com.hivemq.client.mqtt.datatypes.MqttTopic;
import com.hivemq.client.mqtt.datatypes.MqttTopicFilter;
import io.stitch.reactive.LastWill;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.ConnectionEnd;
import io.stitch.reactive.spi.ConnectionInfo;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.PublishResult;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/** A broker in memory and in virtual time, with a network around it that delays, and that is cut. */
final class SimulatedNetwork {
    final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    /** Whether the broker says of each message that nobody subscribes to it. */
    boolean unheard;

    final List<OutboundMessage> published = new ArrayList<>();
    final List<ConnectRequest> connects = new ArrayList<>();
    int maximumPacketSize = 10_485_760;
    int longestDelayMillis;
    /** What a publish is refused with, or {@code null} if it is taken. */
    Function<OutboundMessage, @Nullable TransportException> refusals = message -> null;
    /** Whether the broker delivers what nobody has subscribed to. */
    boolean deliversUnasked;
    /** Which subscriptions of peers to scopes are refused. */
    Predicate<String> refusedFilters = filter -> false;
    /** Hears of each publish that a client learned was taken. */
    Consumer<OutboundMessage> acknowledged = message -> {};

    private final Random random = new Random(1);
    private final Map<String, Connection> open = new LinkedHashMap<>();
    private final Set<String> unreachable = new LinkedHashSet<>();

    MqttConnector connector() {
        return request -> Mono.defer(() -> {
            connects.add(request);
            return unreachable.contains(request.clientId())
                    ? Mono.error(new TransportException(
                            TransportException.Kind.CONNECT_FAILED, -1, "The network is divided.", null))
                    : Mono.fromSupplier(() -> accept(request));
        });
    }

    private MqttConnection accept(ConnectRequest request) {
        Connection connection = new Connection(request);
        Connection before = open.put(request.clientId(), connection);
        if (before != null) {
            before.end(ConnectionEnd.By.BROKER, 0x8E);
        }
        return connection;
    }

    /** Ends a client's connection, and lets it have no other. */
    void cut(String client) {
        unreachable.add(client);
        breakConnection(client);
    }

    void breakConnection(String client) {
        Connection connection = open.get(client);
        if (connection != null) {
            connection.end(ConnectionEnd.By.NETWORK, -1);
        }
    }

    void reconnect(String client) {
        unreachable.remove(client);
    }

    List<OutboundMessage> publishedTo(String topicEnd) {
        return published.stream()
                .filter(message -> message.topic().endsWith(topicEnd))
                .toList();
    }

    /** Delivers what somebody else published. */
    void deliver(String topic, byte[] payload) {
        open.values().forEach(connection -> connection.take(new InboundMessage(topic, payload, false, List.of())));
    }

    void deliver(OutboundMessage message) {
        open.values()
                .forEach(connection -> connection.take(
                        new InboundMessage(message.topic(), message.payload(), false, message.userProperties())));
    }

    private void spread(String from, OutboundMessage message) {
        for (Connection to : List.copyOf(open.values())) {
            InboundMessage copy =
                    new InboundMessage(message.topic(), message.payload(), false, message.userProperties());
            boolean own = to.client.equals(from);
            time.schedule(() -> to.take(copy, own), delay(), TimeUnit.MILLISECONDS);
        }
    }

    private long delay() {
        return 1L + (longestDelayMillis == 0 ? 0 : random.nextInt(longestDelayMillis));
    }

    static boolean matches(String filter, String topic) {
        return MqttTopicFilter.of(filter).matches(MqttTopic.of(topic));
    }

    private final class Connection implements MqttConnection {
        private final String client;
        private final @Nullable LastWill will;
        /** Whether a client's own messages come back on them. */
        private final Map<String, Boolean> filters = new LinkedHashMap<>();

        private final Sinks.Many<InboundMessage> messages =
                Sinks.many().unicast().onBackpressureBuffer();
        private final Sinks.One<ConnectionEnd> closed = Sinks.one();
        private boolean ended;

        Connection(ConnectRequest request) {
            this.client = request.clientId();
            this.will = request.lastWill();
        }

        void take(InboundMessage message) {
            take(message, false);
        }

        void take(InboundMessage message, boolean own) {
            if (!ended
                    && (deliversUnasked
                            || filters.entrySet().stream()
                                    .anyMatch(filter -> (!own || filter.getValue())
                                            && matches(filter.getKey(), message.topic())))) {
                messages.tryEmitNext(message);
            }
        }

        void end(ConnectionEnd.By by, int code) {
            if (ended) {
                return;
            }
            ended = true;
            open.remove(client, this);
            LastWill last = will;
            if (by != ConnectionEnd.By.CLIENT && last != null) {
                spread(client, new OutboundMessage(last.topic(), last.payload(), null, null, last.userProperties()));
            }
            closed.tryEmitValue(new ConnectionEnd(
                    by, code < 0 ? OptionalInt.empty() : OptionalInt.of(code), "The connection ended."));
            messages.tryEmitComplete();
        }

        @Override
        public ConnectionInfo info() {
            return new ConnectionInfo(List.of(), 65_535, maximumPacketSize);
        }

        @Override
        public Flux<InboundMessage> messages() {
            return messages.asFlux();
        }

        @Override
        public Mono<Void> subscribe(Collection<String> topicFilters) {
            return Mono.fromRunnable(() -> topicFilters.forEach(filter -> filters.put(filter, true)));
        }

        @Override
        public Mono<Void> subscribeToOthers(Collection<String> topicFilters) {
            return topicFilters.stream().anyMatch(refusedFilters)
                    ? Mono.error(new TransportException(TransportException.Kind.REFUSED, 0x87, "Not authorized.", null))
                    : Mono.fromRunnable(() -> topicFilters.forEach(filter -> filters.put(filter, false)));
        }

        @Override
        public Mono<Void> unsubscribe(Collection<String> topicFilters) {
            return Mono.fromRunnable(() -> topicFilters.forEach(filters::remove));
        }

        @Override
        public Mono<PublishResult> publish(OutboundMessage message) {
            return Mono.defer(() -> {
                if (ended) {
                    return Mono.error(lost());
                }
                TransportException refusal = refusals.apply(message);
                if (refusal != null) {
                    return Mono.error(refusal);
                }
                published.add(message);
                spread(client, message);
                return Mono.delay(Duration.ofMillis(delay()), time)
                        .flatMap(tick ->
                                ended ? Mono.<PublishResult>error(lost()) : Mono.just(new PublishResult(unheard)))
                        .doOnNext(result -> acknowledged.accept(message));
            });
        }

        private TransportException lost() {
            return new TransportException(TransportException.Kind.CONNECTION_LOST, -1, "The connection ended.", null);
        }

        @Override
        public Mono<ConnectionEnd> closed() {
            return closed.asMono();
        }

        @Override
        public Mono<Void> disconnect() {
            return Mono.fromRunnable(() -> end(ConnectionEnd.By.CLIENT, -1));
        }
    }
}
