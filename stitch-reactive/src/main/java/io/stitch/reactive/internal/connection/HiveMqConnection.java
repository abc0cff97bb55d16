package io.stitch.reactive.internal.connection;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.lifecycle.MqttClientConnectedContext;
import com.hivemq.client.mqtt.lifecycle.MqttClientDisconnectedContext;
import com.hivemq.client.mqtt.lifecycle.MqttDisconnectSource;
import com.hivemq.client.mqtt.mqtt5.Mqtt5RxClient;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperties;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperty;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckRestrictions;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscribe;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.suback.Mqtt5SubAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.unsubscribe.Mqtt5Unsubscribe;
import io.reactivex.Flowable;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.ConnectionEnd;
import io.stitch.reactive.spi.ConnectionInfo;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.PublishResult;
import io.stitch.reactive.spi.ReceiveLimits;
import io.stitch.reactive.spi.Ticket;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.ConnectableFlux;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;

/** A connection of a HiveMQ MQTT client. */
final class HiveMqConnection implements MqttConnection {
    private static final int PREFETCH = 256;

    private final Mqtt5RxClient client;
    private final Publishing publishing;
    private final Lifecycle lifecycle;
    private final Flux<InboundMessage> messages;
    private final Disposable receiving;
    private volatile boolean abandoned;
    private volatile boolean delivered;
    /** Shows the ticket, on a connection that was opened with one. */
    private volatile @Nullable JwtAuthentication tickets;

    private volatile ConnectionInfo info = new ConnectionInfo(List.of(), 1, 0);

    /** Hears how the connection ends. Made before the client, whose builder takes its listeners. */
    static final class Lifecycle {
        private final Sinks.One<ConnectionEnd> closed = Sinks.one();
        private final OpenAnswers answers = new OpenAnswers();
        private volatile @Nullable HiveMqConnection connection;

        void opens(HiveMqConnection opening) {
            connection = opening;
        }

        void connected(MqttClientConnectedContext context) {
            HiveMqConnection opened = connection;
            if (opened != null && opened.abandoned) {
                opened.disconnect().subscribe();
            }
        }

        void disconnected(MqttClientDisconnectedContext context) {
            ConnectionEnd end = endOf(context.getSource(), context.getCause());
            answers.end(new TransportException(
                    TransportException.Kind.CONNECTION_LOST, end.reasonCode().orElse(-1), end.message(), null));
            HiveMqConnection ended = connection;
            if (ended != null) {
                ended.publishing.end();
            }
            closed.tryEmitValue(end);
        }

        private static ConnectionEnd endOf(MqttDisconnectSource source, Throwable cause) {
            if (source == MqttDisconnectSource.USER) {
                return new ConnectionEnd(ConnectionEnd.By.CLIENT, OptionalInt.empty(), "The store disconnected.");
            }
            if (source == MqttDisconnectSource.SERVER && cause instanceof Mqtt5DisconnectException disconnect) {
                int code = disconnect.getMqttMessage().getReasonCode().getCode();
                String reason = disconnect
                        .getMqttMessage()
                        .getReasonString()
                        .map(said -> ForeignText.quoted(said.toString()))
                        .orElse("");
                return new ConnectionEnd(
                        ConnectionEnd.By.BROKER,
                        OptionalInt.of(code),
                        "The broker ended the connection with 0x%02X %s%s"
                                .formatted(
                                        code,
                                        disconnect.getMqttMessage().getReasonCode(),
                                        reason.isEmpty() ? "." : ": " + reason));
            }
            return new ConnectionEnd(
                    ConnectionEnd.By.NETWORK,
                    OptionalInt.empty(),
                    "The connection was lost: " + ForeignText.quoted(cause.getMessage()));
        }
    }

    /**
     * Makes a connection.
     *
     * @param publishes what arrives; to be acknowledged by this if there is a bound on bytes
     */
    HiveMqConnection(
            Mqtt5RxClient client, Lifecycle lifecycle, Flowable<Mqtt5Publish> publishes, ReceiveLimits limits) {
        this.client = client;
        this.publishing = new Publishing(client::publish);
        this.lifecycle = lifecycle;
        Flux<Mqtt5Publish> arriving = Flux.from(publishes)
                // The flow fails when the session ends; closed() tells why, in better words.
                .onErrorComplete()
                .takeUntilOther(lifecycle.closed.asMono());
        if (limits.boundsBytes()) {
            Receiving bounded = new Receiving(limits.waitingBytes(), HiveMqConnection::inbound);
            arriving.subscribe(bounded);
            this.receiving = bounded;
            this.messages = bounded.messages();
        } else { // The client acknowledges what it gives, and the broker holds the rest, by number.
            ConnectableFlux<InboundMessage> shared =
                    arriving.map(HiveMqConnection::inbound).publish(PREFETCH);
            this.receiving = shared.connect();
            this.messages = shared;
        }
    }

    HiveMqConnection accepted(Mqtt5ConnAck connAck, @Nullable JwtAuthentication shown) {
        tickets = shown;
        Mqtt5ConnAckRestrictions restrictions = connAck.getRestrictions();
        info = new ConnectionInfo(
                properties(connAck.getUserProperties()),
                restrictions.getReceiveMaximum(),
                restrictions.getMaximumPacketSize());
        return this;
    }

    /** From now on it is its caller's to end. */
    HiveMqConnection delivered() {
        delivered = true;
        return this;
    }

    /**
     * Frees what was registered for a connection that did not come about or that nobody waits for any more. The client
     * goes on connecting when its caller cancels, so a connection that comes about late is ended then.
     */
    void abandon() {
        if (delivered) {
            return;
        }
        abandoned = true;
        receiving.dispose();
        if (client.getState().isConnected()) {
            disconnect().subscribe();
        }
    }

    @Override
    public ConnectionInfo info() {
        return info;
    }

    @Override
    public Flux<InboundMessage> messages() {
        return messages;
    }

    @Override
    public Mono<Void> subscribe(Collection<String> filters) {
        return subscribe(filters, MqttQos.AT_LEAST_ONCE, false, Mqtt5RetainHandling.DO_NOT_SEND);
    }

    @Override
    public Mono<Void> subscribeToOthers(Collection<String> filters) {
        return subscribe(filters, MqttQos.AT_LEAST_ONCE, true, Mqtt5RetainHandling.DO_NOT_SEND);
    }

    @Override
    public Mono<Void> subscribeRetained(Collection<String> filters) {
        return subscribe(filters, MqttQos.AT_MOST_ONCE, false, Mqtt5RetainHandling.SEND);
    }

    private Mono<Void> subscribe(
            Collection<String> filters, MqttQos qos, boolean noLocal, Mqtt5RetainHandling retained) {
        return lifecycle
                .answers
                .to(
                        () -> client.subscribe(Mqtt5Subscribe.builder()
                                        .addSubscriptions(filters.stream()
                                                .map(filter -> Mqtt5Subscription.builder()
                                                        .topicFilter(filter)
                                                        .qos(qos)
                                                        .noLocal(noLocal)
                                                        .retainHandling(retained)
                                                        .build())
                                                .toList())
                                        .build())
                                .toFlowable(),
                        Function.identity(),
                        error -> subscribeError(error, filters))
                .then();
    }

    @Override
    public Mono<Void> unsubscribe(Collection<String> filters) {
        return lifecycle
                .answers
                .to(
                        () -> client.unsubscribe(Mqtt5Unsubscribe.builder()
                                        .addTopicFilters(filters.stream()
                                                .map(com.hivemq.client.mqtt.datatypes.MqttTopicFilter::of)
                                                .toList())
                                        .build())
                                .toFlowable(),
                        Function.identity(),
                        error -> lost(error, "unsubscribing from " + filters))
                .then();
    }

    @Override
    public Mono<PublishResult> publish(OutboundMessage message) {
        return lifecycle.answers.<Mqtt5PublishResult, PublishResult>to(
                answer -> publishing.send(outbound(message), answer),
                result -> published(result, message.topic()),
                error -> lost(error, message.topic()));
    }

    @Override
    public Mono<Boolean> reauthenticate(Ticket ticket) {
        JwtAuthentication shown = tickets;
        if (shown == null) {
            return Mono.just(false);
        }
        return lifecycle
                .answers
                .to(
                        () -> {
                            shown.ticket(ticket);
                            return client.reauth().<Boolean>toFlowable();
                        },
                        Function.<Boolean>identity(),
                        error -> lost(error, "a new ticket"))
                .thenReturn(true);
    }

    @Override
    public Mono<ConnectionEnd> closed() {
        return lifecycle.closed.asMono();
    }

    @Override
    public Mono<Void> disconnect() {
        return Mono.defer(() -> client.getState().isConnected()
                        ? Mono.<Void>from(client.disconnect().toFlowable())
                        : Mono.<Void>empty())
                .onErrorComplete()
                .then(closed())
                .then();
    }

    private static PublishResult published(Mqtt5PublishResult result, String topic) {
        Throwable error = result.getError().orElse(null);
        if (error instanceof Mqtt5PubAckException refused) {
            int code = refused.getMqttMessage().getReasonCode().getCode();
            throw refused(
                    "The broker refused a publish on '%s'".formatted(topic),
                    code,
                    refused.getMqttMessage().getReasonCode().toString(),
                    error);
        }
        if (error != null) {
            throw lost(error, topic);
        }
        boolean noSubscribers = result instanceof Mqtt5PublishResult.Mqtt5Qos1Result acknowledged
                && acknowledged.getPubAck().getReasonCode() == Mqtt5PubAckReasonCode.NO_MATCHING_SUBSCRIBERS;
        return new PublishResult(noSubscribers);
    }

    private static Throwable subscribeError(Throwable error, Collection<String> filters) {
        if (error instanceof Mqtt5SubAckException subAck) {
            List<Mqtt5SubAckReasonCode> codes = subAck.getMqttMessage().getReasonCodes();
            int index = 0;
            for (String filter : filters) {
                Mqtt5SubAckReasonCode code = index < codes.size() ? codes.get(index) : codes.get(0);
                if (code.isError()) {
                    return refused(
                            "The broker refused to subscribe to '%s'".formatted(filter),
                            code.getCode(),
                            code.toString(),
                            error);
                }
                index++;
            }
        }
        return lost(error, "subscribing to " + filters);
    }

    private static TransportException refused(String what, int code, String reason, Throwable error) {
        return new TransportException(
                TransportException.Kind.REFUSED,
                code,
                "%s with 0x%02X %s. Check the broker's access rules and the topic prefix."
                        .formatted(what, code, reason),
                error);
    }

    private static TransportException lost(Throwable error, String what) {
        return new TransportException(
                TransportException.Kind.CONNECTION_LOST,
                -1,
                "The broker did not acknowledge (%s): %s".formatted(what, ForeignText.quoted(error.getMessage())),
                error);
    }

    private static Mqtt5Publish outbound(OutboundMessage message) {
        var builder = Mqtt5Publish.builder()
                .topic(message.topic())
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(message.payload());
        if (message.responseTopic() != null) {
            builder = builder.responseTopic(message.responseTopic());
        }
        byte[] correlationData = message.correlationData();
        if (correlationData != null) {
            builder = builder.correlationData(correlationData);
        }
        if (!message.userProperties().isEmpty()) {
            builder = builder.userProperties(properties(message.userProperties()));
        }
        return builder.build();
    }

    static Mqtt5UserProperties properties(List<UserProperty> properties) {
        Mqtt5UserProperty[] all = new Mqtt5UserProperty[properties.size()];
        Arrays.setAll(
                all,
                index -> Mqtt5UserProperty.of(
                        properties.get(index).name(), properties.get(index).value()));
        return Mqtt5UserProperties.of(all);
    }

    /** The client would drop an error of the JVM on its thread, and the connection would stay, deaf. */
    private static InboundMessage inbound(Mqtt5Publish publish) {
        try {
            return new InboundMessage(
                    publish.getTopic().toString(),
                    publish.getPayloadAsBytes(),
                    publish.isRetain(),
                    properties(publish.getUserProperties()));
        } catch (VirtualMachineError error) {
            throw new TransportException(
                    TransportException.Kind.CONNECTION_LOST,
                    -1,
                    "A message could not be taken because of an error of the JVM: " + error,
                    error);
        }
    }

    private static List<UserProperty> properties(@Nullable Mqtt5UserProperties properties) {
        if (properties == null) {
            return List.of();
        }
        List<UserProperty> read = new ArrayList<>(2); // Mostly one or two: a stream costs more than they do.
        for (Mqtt5UserProperty property : properties.asList()) {
            read.add(new UserProperty(
                    property.getName().toString(), property.getValue().toString()));
        }
        return List.copyOf(read);
    }
}
