package io.stitch.simulation;

import io.stitch.reactive.LastWill;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.ConnectionEnd;
import io.stitch.reactive.spi.ConnectionInfo;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.PublishResult;
import io.stitch.reactive.spi.TransportException;
import io.stitch.server.Broker;
import io.stitch.server.Caller;
import io.stitch.server.Gate;
import io.stitch.server.Message;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;

/** One client's connection to a {@link Network}. */
final class Link implements MqttConnection {
    private final @Nullable LastWill will;
    private final Caller caller;
    private final Network network;
    private final Weather weather;
    private final Lane process;
    private final ConnectionInfo info;
    private final Pipe up;
    private final Pipe answers;
    private final Pipe down;
    private final Map<String, Pipe> downByTopic = new LinkedHashMap<>();
    /** With whether what this client publishes itself is left out (No Local). */
    private final Map<String, Boolean> filters = new LinkedHashMap<>();

    private final Set<MonoSink<?>> unanswered = new LinkedHashSet<>();
    private final Sinks.Many<InboundMessage> messages = Sinks.many().unicast().onBackpressureBuffer();
    private final Sinks.One<ConnectionEnd> closed = Sinks.one();
    private long stalledUntil;
    private boolean ended;

    Link(ConnectRequest request, Caller caller, Network network, Lane process, Gate gate) {
        this.will = request.lastWill();
        this.caller = caller;
        this.network = network;
        this.weather = network.weather();
        this.process = process;
        List<UserProperty> properties = new ArrayList<>();
        gate.announcement()
                .forEach((name, value) ->
                        properties.add(new UserProperty(name, network.tap().announces(name, value))));
        this.info = new ConnectionInfo(properties, 65_535, Broker.MAX_PACKET);
        this.up = new Pipe(network.time(), network.lane(), this::stalledUntil);
        this.answers = pipeDown();
        this.down = pipeDown();
    }

    private Pipe pipeDown() {
        return new Pipe(network.time(), process, this::stalledUntil);
    }

    String client() {
        return caller.clientId();
    }

    private long stalledUntil() {
        return stalledUntil;
    }

    void stall(long until) {
        stalledUntil = until;
    }

    Set<String> filters() {
        return Set.copyOf(filters.keySet());
    }

    boolean wants(String topic, @Nullable Caller publisher) {
        boolean own = publisher != null && publisher.clientId().equals(client());
        return filters.entrySet().stream()
                .anyMatch(filter -> !(own && filter.getValue()) && Topics.matches(filter.getKey(), topic));
    }

    static InboundMessage inbound(Message message) {
        List<UserProperty> properties = new ArrayList<>();
        message.properties().forEach((name, value) -> properties.add(new UserProperty(name, value)));
        return new InboundMessage(message.topic(), message.payload(), false, properties);
    }

    /** Sends a message to the client. */
    void deliver(InboundMessage original) {
        InboundMessage message = network.tap().sends(client(), original);
        if (message == null) {
            return;
        }
        boolean event = Topics.isEvent(message.topic());
        int copies = weather.happens(weather.repetition) ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            if (!weather.happens(event ? weather.loss : weather.replyLoss)) {
                Pipe pipe = weather.reorders ? downByTopic.computeIfAbsent(message.topic(), topic -> pipeDown()) : down;
                pipe.send(weather.delayMillis(), () -> take(message));
            }
        }
    }

    private void take(InboundMessage message) {
        if (!ended) {
            network.tap().received(client(), message);
            messages.tryEmitNext(message);
        }
    }

    /** Ends the connection, whoever wants it. Some of what the client sent may arrive all the same. */
    void end(ConnectionEnd.By by, int reasonCode) {
        if (ended) {
            return;
        }
        up.cut(by == ConnectionEnd.By.CLIENT ? up.underWay() : weather.upTo(up.underWay()));
        ended = true;
        network.release(this);
        LastWill last = will;
        if (last != null && by != ConnectionEnd.By.CLIENT) {
            network.deliver(
                    caller, new Message(last.topic(), last.payload(), named(last.userProperties()), null, null));
        }
        process.schedule(() -> {
            List.copyOf(unanswered).forEach(sink -> sink.error(lost()));
            closed.tryEmitValue(new ConnectionEnd(
                    by, reasonCode < 0 ? OptionalInt.empty() : OptionalInt.of(reasonCode), "The connection ended."));
            messages.tryEmitComplete();
        });
    }

    private static Map<String, String> named(List<UserProperty> properties) {
        Map<String, String> byName = new LinkedHashMap<>();
        properties.forEach(each -> byName.put(each.name(), each.value()));
        return byName;
    }

    @Override
    public ConnectionInfo info() {
        return info;
    }

    @Override
    public Flux<InboundMessage> messages() {
        return messages.asFlux();
    }

    @Override
    public Mono<Void> subscribe(Collection<String> topicFilters) {
        return subscribe(topicFilters, false);
    }

    @Override
    public Mono<Void> subscribeToOthers(Collection<String> topicFilters) {
        return subscribe(topicFilters, true);
    }

    private Mono<Void> subscribe(Collection<String> topicFilters, boolean noLocal) {
        return roundTrip(() -> {
                    topicFilters.forEach(filter -> filters.put(filter, noLocal));
                    return true;
                })
                .then();
    }

    @Override
    public Mono<Void> unsubscribe(Collection<String> topicFilters) {
        return roundTrip(() -> filters.keySet().removeAll(topicFilters)).then();
    }

    @Override
    public Mono<PublishResult> publish(OutboundMessage message) {
        return roundTrip(() -> atTheBroker(message))
                .doOnNext(taken -> network.tap().acknowledged(message));
    }

    private PublishResult atTheBroker(OutboundMessage outbound) {
        Message message = new Message(
                outbound.topic(),
                outbound.payload(),
                named(outbound.userProperties()),
                outbound.responseTopic(),
                outbound.correlationData());
        return switch (network.publishedBy(caller, message)) {
            case TAKEN -> new PublishResult(false);
            case DELIVERED -> new PublishResult(network.deliver(caller, message) == 0);
            case REFUSED -> throw refused(0x87);
            case BUSY -> throw refused(0x97);
        };
    }

    /** Goes to the broker and comes back; the end of the connection is an answer too. Cold. */
    private <T> Mono<T> roundTrip(Supplier<T> atTheBroker) {
        return Mono.create(sink -> {
            if (ended) {
                sink.error(new TransportException(
                        TransportException.Kind.NOT_CONNECTED, -1, "The connection has ended.", null));
                return;
            }
            unanswered.add(sink);
            sink.onDispose(() -> unanswered.remove(sink));
            up.send(weather.delayMillis(), () -> answer(sink, atTheBroker));
        });
    }

    private <T> void answer(MonoSink<T> sink, Supplier<T> atTheBroker) {
        try {
            T answer = atTheBroker.get();
            answers.send(weather.delayMillis(), () -> answered(() -> sink.success(answer)));
        } catch (TransportException e) {
            answers.send(weather.delayMillis(), () -> answered(() -> sink.error(e)));
        }
    }

    /** What is still under way when a connection ends never comes. */
    private void answered(Runnable answer) {
        if (!ended) {
            answer.run();
        }
    }

    private static TransportException refused(int reasonCode) {
        return new TransportException(TransportException.Kind.REFUSED, reasonCode, "The broker refuses this.", null);
    }

    private static TransportException lost() {
        return new TransportException(
                TransportException.Kind.CONNECTION_LOST, -1, "The connection ended before the broker answered.", null);
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
