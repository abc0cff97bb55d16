package io.stitch.reactive.test;

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
import io.stitch.server.Message;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A client's connection to a {@link MemoryBroker}. */
final class MemoryConnection implements MqttConnection {
    /** As a broker's queue for one client; what does not fit is lost. */
    static final int QUEUE_SIZE = 100_000;

    private final ConnectRequest request;
    private final Caller caller;
    private final MemoryBroker broker;
    private final Weather weather;
    private final Scheduler.Worker worker;
    private final Lane up;
    private final Lane down;
    /** With whether what this client publishes itself is left out (No Local). */
    private final Map<String, Boolean> filters = new ConcurrentHashMap<>();

    private final Set<MonoSink<?>> unanswered = ConcurrentHashMap.newKeySet();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final Sinks.Many<InboundMessage> messages = Sinks.many().unicast().onBackpressureBuffer();
    private final Sinks.One<ConnectionEnd> closed = Sinks.one();

    MemoryConnection(
            ConnectRequest request, @Nullable String user, MemoryBroker broker, Weather weather, Scheduler scheduler) {
        this.request = request;
        this.caller = new Caller(request.clientId(), user);
        this.broker = broker;
        this.weather = weather;
        this.worker = scheduler.createWorker();
        this.up = new Lane(scheduler, worker);
        this.down = new Lane(scheduler, worker);
    }

    String clientId() {
        return caller.clientId();
    }

    /** Whether the client is to have what somebody publishes. */
    boolean subscribes(String topic, @Nullable Caller publisher) {
        boolean own = publisher != null && publisher.clientId().equals(clientId());
        return filters.entrySet().stream()
                .anyMatch(filter -> !(own && filter.getValue()) && TopicFilter.matches(filter.getKey(), topic));
    }

    /** Sends a message to the client. */
    void deliver(InboundMessage message) {
        if (waiting.incrementAndGet() > QUEUE_SIZE) {
            waiting.decrementAndGet();
            weather.countLost();
            return;
        }
        down.send(weather.delay(), () -> {
            if (!ended.get()) {
                messages.tryEmitNext(message);
            }
        });
    }

    /** Ends the connection, whoever wants it. */
    void end(ConnectionEnd.By by, int reasonCode, String message) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        broker.release(this);
        LastWill will = request.lastWill();
        if (will != null && by != ConnectionEnd.By.CLIENT && !broker.isClosed()) {
            broker.deliver(
                    caller, new Message(will.topic(), will.payload(), properties(will.userProperties()), null, null));
        }
        // On the worker, where messages are emitted too: a sink takes one signal at a time.
        worker.schedule(() -> {
            unanswered.forEach(sink -> sink.error(lost()));
            closed.tryEmitValue(
                    new ConnectionEnd(by, reasonCode < 0 ? OptionalInt.empty() : OptionalInt.of(reasonCode), message));
            messages.tryEmitComplete();
        });
    }

    @Override
    public ConnectionInfo info() {
        List<UserProperty> properties = new ArrayList<>();
        broker.listener().gate().announcement().forEach((name, value) -> properties.add(new UserProperty(name, value)));
        return new ConnectionInfo(properties, 65_535, Broker.MAX_PACKET);
    }

    @Override
    public Flux<InboundMessage> messages() {
        return messages.asFlux().doOnNext(message -> waiting.decrementAndGet());
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
                    topicFilters.forEach(filter -> subscribe(filter, noLocal));
                    return true;
                })
                .then();
    }

    private void subscribe(String filter, boolean noLocal) {
        if (!broker.listener().gate().maySubscribe(caller, filter)) {
            throw refused(0x87, "The broker refused the subscription to '%s'.".formatted(filter));
        }
        filters.put(filter, noLocal);
    }

    @Override
    public Mono<Void> unsubscribe(Collection<String> topicFilters) {
        return roundTrip(() -> filters.keySet().removeAll(topicFilters)).then();
    }

    @Override
    public Mono<PublishResult> publish(OutboundMessage message) {
        return roundTrip(() -> take(message));
    }

    private static Map<String, String> properties(List<UserProperty> properties) {
        Map<String, String> byName = new LinkedHashMap<>();
        properties.forEach(each -> byName.put(each.name(), each.value()));
        return byName;
    }

    private PublishResult take(OutboundMessage outbound) {
        Message message = new Message(
                outbound.topic(),
                outbound.payload(),
                properties(outbound.userProperties()),
                outbound.responseTopic(),
                outbound.correlationData());
        return switch (broker.publishedBy(caller, message)) {
            case TAKEN -> new PublishResult(false);
            case DELIVERED -> new PublishResult(broker.deliver(caller, message) == 0);
            case REFUSED ->
                throw refused(0x87, "The broker refused a message on '%s': it is reserved.".formatted(message.topic()));
            case BUSY ->
                throw refused(0x97, "The broker refused a message on '%s': too many.".formatted(message.topic()));
        };
    }

    /** Goes to the broker and comes back; the end of the connection is an answer too. Cold. */
    private <T> Mono<T> roundTrip(Supplier<T> atTheBroker) {
        return Mono.create(sink -> {
            unanswered.add(sink);
            sink.onDispose(() -> unanswered.remove(sink));
            if (ended.get()) {
                sink.error(new TransportException(
                        TransportException.Kind.NOT_CONNECTED, -1, "The connection has ended: connect again.", null));
                return;
            }
            up.send(weather.delay(), () -> {
                if (!ended.get()) {
                    answer(sink, atTheBroker);
                }
            });
        });
    }

    private <T> void answer(MonoSink<T> sink, Supplier<T> atTheBroker) {
        try {
            T answer = atTheBroker.get();
            down.send(weather.delay(), () -> sink.success(answer));
        } catch (TransportException e) {
            down.send(weather.delay(), () -> sink.error(e));
        }
    }

    private static TransportException refused(int reasonCode, String message) {
        return new TransportException(TransportException.Kind.REFUSED, reasonCode, message, null);
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
        return Mono.fromRunnable(() -> end(ConnectionEnd.By.CLIENT, -1, "The store disconnected."));
    }
}
