package io.stitch.server;

import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.SubscriptionAuthorizer;
import com.hivemq.extension.sdk.api.client.parameter.ConnectionAttributeStore;
import com.hivemq.extension.sdk.api.client.parameter.Listener;
import com.hivemq.extension.sdk.api.client.parameter.ListenerType;
import com.hivemq.extension.sdk.api.client.parameter.ServerInformation;
import com.hivemq.extension.sdk.api.events.client.ClientLifecycleEventListener;
import com.hivemq.extension.sdk.api.events.client.parameters.AuthenticationSuccessfulInput;
import com.hivemq.extension.sdk.api.events.client.parameters.ClientInitiatedDisconnectInput;
import com.hivemq.extension.sdk.api.events.client.parameters.ConnectionStartInput;
import com.hivemq.extension.sdk.api.events.client.parameters.DisconnectEventInput;
import com.hivemq.extension.sdk.api.interceptor.connect.parameter.ConnectInboundInput;
import com.hivemq.extension.sdk.api.interceptor.connect.parameter.ConnectInboundOutput;
import com.hivemq.extension.sdk.api.interceptor.publish.PublishInboundInterceptor;
import com.hivemq.extension.sdk.api.interceptor.publish.parameter.PublishInboundInput;
import com.hivemq.extension.sdk.api.interceptor.publish.parameter.PublishInboundOutput;
import com.hivemq.extension.sdk.api.packets.general.ModifiableUserProperties;
import com.hivemq.extension.sdk.api.packets.general.Qos;
import com.hivemq.extension.sdk.api.packets.publish.AckReasonCode;
import com.hivemq.extension.sdk.api.packets.publish.PublishPacket;
import com.hivemq.extension.sdk.api.packets.subscribe.SubackReasonCode;
import com.hivemq.extension.sdk.api.parameter.ClientBasedInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartOutput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopOutput;
import com.hivemq.extension.sdk.api.services.Services;
import com.hivemq.extension.sdk.api.services.builder.Builders;
import com.hivemq.extension.sdk.api.services.publish.PublishService;
import com.hivemq.extension.sdk.api.services.session.ClientService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The server's place inside the broker: who may connect and subscribe, and where published messages go. */
final class BrokerExtension implements ExtensionMain, PublishInboundInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerExtension.class);
    private static final String CONNECTION = "stitch.connection";

    private final Broker.Listener listener;
    private final BrokerLogins logins;
    private final Connections connections = new Connections();
    // Kept from the start on: the static accessors belong to whichever broker of this JVM started last.
    private volatile @Nullable PublishService publishes;
    private volatile @Nullable ClientService clients;
    private volatile @Nullable ServerInformation information;

    BrokerExtension(Broker.Listener listener) {
        this.listener = listener;
        this.logins = new BrokerLogins(listener.gate());
    }

    PublishService publishes() {
        return started(publishes);
    }

    ClientService clients() {
        return started(clients);
    }

    int port(ListenerType type) {
        return started(information).getListener().stream()
                .filter(listening -> listening.getListenerType() == type)
                .findFirst()
                .map(Listener::getPort)
                .orElse(0);
    }

    private static <T> T started(@Nullable T service) {
        return Objects.requireNonNull(service, "the broker has not started");
    }

    @Override
    public void extensionStart(ExtensionStartInput input, ExtensionStartOutput output) {
        publishes = Services.publishService();
        clients = Services.clientService();
        information = input.getServerInformation();
        Services.securityRegistry().setEnhancedAuthenticatorProvider(provider -> logins);
        Services.initializerRegistry()
                .setClientInitializer((client, context) -> context.addPublishInboundInterceptor(this));
        Services.eventRegistry().setClientLifecycleEventListener(provider -> connections);
        if (listener.namesPublishers()) {
            Services.interceptorRegistry().setConnectInboundInterceptorProvider(provider -> this::markWill);
        }
        Services.interceptorRegistry().setConnackOutboundInterceptorProvider(provider -> (connack, changed) -> {
            var properties = changed.getConnackPacket().getUserProperties();
            listener.gate().announcement().forEach(properties::addUserProperty);
        });
        Services.securityRegistry().setAuthorizerProvider(provider -> inboxGuard());
    }

    /** Tells who comes and goes, and gives back what a connection took when it was let in. */
    private final class Connections implements ClientLifecycleEventListener {
        /** The newest connection of each client: of one that was taken over nobody hears that it has ended. */
        private final Map<String, String> newest = new ConcurrentHashMap<>();

        @Override
        public void onMqttConnectionStart(ConnectionStartInput input) {}

        @Override
        public void onAuthenticationSuccessful(AuthenticationSuccessfulInput input) {
            String connection = UUID.randomUUID().toString();
            input.getConnectionInformation().getConnectionAttributeStore().putAsString(CONNECTION, connection);
            newest.put(input.getClientInformation().getClientId(), connection);
            listener.connected(caller(input)).ifPresent(this::retain);
        }

        @Override
        public void onClientInitiatedDisconnect(ClientInitiatedDisconnectInput input) {
            ended(input, false);
        }

        @Override
        public void onDisconnect(DisconnectEventInput input) {
            ended(input, true);
        }

        private void ended(DisconnectEventInput input, boolean unexpected) {
            ConnectionAttributeStore connection =
                    input.getConnectionInformation().getConnectionAttributeStore();
            logins.ended(connection);
            Caller caller = caller(input);
            if (connection
                    .getAsString(CONNECTION)
                    .filter(ended -> newest.remove(caller.clientId(), ended))
                    .isPresent()) {
                listener.gone(caller, unexpected).ifPresent(this::retain);
            }
        }

        private void retain(Message message) {
            var unused = publishes()
                    .publish(Builders.publish()
                            .topic(message.topic())
                            .qos(Qos.AT_MOST_ONCE)
                            .retain(true)
                            .payload(ByteBuffer.wrap(message.payload()))
                            .build())
                    .whenComplete((done, failure) -> {
                        if (failure != null) {
                            LOG.debug("lost a message on {}", message.topic(), failure);
                        }
                    });
        }
    }

    private static Caller caller(ClientBasedInput input) {
        return new Caller(
                input.getClientInformation().getClientId(),
                BrokerLogins.user(input.getConnectionInformation().getConnectionAttributeStore()));
    }

    private SubscriptionAuthorizer inboxGuard() {
        return (input, output) -> {
            String filter = input.getSubscription().getTopicFilter();
            if (listener.gate().maySubscribe(caller(input), filter)) {
                output.authorizeSuccessfully();
            } else {
                output.failAuthorization(
                        SubackReasonCode.NOT_AUTHORIZED, "another client's replies, or another user's events");
            }
        };
    }

    @Override
    public void extensionStop(ExtensionStopInput input, ExtensionStopOutput output) {}

    @Override
    public void onInboundPublish(PublishInboundInput input, PublishInboundOutput output) {
        Caller caller = caller(input);
        switch (listener.published(caller, message(input.getPublishPacket()))) {
            case TAKEN -> output.preventPublishDelivery(AckReasonCode.SUCCESS);
            case REFUSED -> output.preventPublishDelivery(AckReasonCode.NOT_AUTHORIZED, "reserved for the server");
            case BUSY -> output.preventPublishDelivery(AckReasonCode.QUOTA_EXCEEDED, "too many requests at once");
            case DELIVERED -> {
                if (listener.namesPublishers()) {
                    mark(output.getPublishPacket().getUserProperties(), caller.user(), caller.clientId());
                }
            }
        }
    }

    private void markWill(ConnectInboundInput input, ConnectInboundOutput output) {
        var connect = output.getConnectPacket();
        connect.getModifiableWillPublish()
                .ifPresent(will -> mark(
                        will.getUserProperties(),
                        logins.claimed(
                                input.getConnectPacket(),
                                input.getConnectionInformation().getConnectionAttributeStore()),
                        connect.getClientId()));
    }

    private static void mark(ModifiableUserProperties properties, @Nullable String user, String clientId) {
        Message.marks(user, clientId).forEach((name, value) -> {
            properties.removeName(name);
            properties.addUserProperty(name, value);
        });
    }

    private static Message message(PublishPacket packet) {
        Map<String, String> properties = new LinkedHashMap<>();
        packet.getUserProperties().asList().forEach(each -> properties.put(each.getName(), each.getValue()));
        return new Message(
                packet.getTopic(),
                packet.getPayload().map(BrokerExtension::bytes).orElse(new byte[0]),
                properties,
                packet.getResponseTopic().orElse(null),
                packet.getCorrelationData().map(BrokerExtension::bytes).orElse(null));
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
