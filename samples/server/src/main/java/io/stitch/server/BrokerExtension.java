package io.stitch.server;

import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.SimpleAuthenticator;
import com.hivemq.extension.sdk.api.auth.SubscriptionAuthorizer;
import com.hivemq.extension.sdk.api.auth.parameter.SimpleAuthInput;
import com.hivemq.extension.sdk.api.auth.parameter.SimpleAuthOutput;
import com.hivemq.extension.sdk.api.client.parameter.ServerInformation;
import com.hivemq.extension.sdk.api.interceptor.connect.parameter.ConnectInboundInput;
import com.hivemq.extension.sdk.api.interceptor.connect.parameter.ConnectInboundOutput;
import com.hivemq.extension.sdk.api.interceptor.publish.PublishInboundInterceptor;
import com.hivemq.extension.sdk.api.interceptor.publish.parameter.PublishInboundInput;
import com.hivemq.extension.sdk.api.interceptor.publish.parameter.PublishInboundOutput;
import com.hivemq.extension.sdk.api.packets.connect.ConnackReasonCode;
import com.hivemq.extension.sdk.api.packets.general.ModifiableUserProperties;
import com.hivemq.extension.sdk.api.packets.publish.AckReasonCode;
import com.hivemq.extension.sdk.api.packets.publish.PublishPacket;
import com.hivemq.extension.sdk.api.packets.subscribe.SubackReasonCode;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartOutput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopOutput;
import com.hivemq.extension.sdk.api.services.Services;
import com.hivemq.extension.sdk.api.services.publish.PublishService;
import com.hivemq.extension.sdk.api.services.session.ClientService;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** The server's place inside the broker: who may connect and subscribe, and where published messages go. */
final class BrokerExtension implements ExtensionMain, SimpleAuthenticator, PublishInboundInterceptor {
    private static final String USER = "stitch.user";
    private final StitchServerOptions options;
    private final Broker.Listener listener;
    // Kept from the start on: the static accessors belong to whichever broker of this JVM started last.
    private volatile @Nullable PublishService publishes;
    private volatile @Nullable ClientService clients;
    private volatile @Nullable ServerInformation information;

    BrokerExtension(StitchServerOptions options, Broker.Listener listener) {
        this.options = options;
        this.listener = listener;
    }

    PublishService publishes() {
        return started(publishes);
    }

    ClientService clients() {
        return started(clients);
    }

    int port() {
        return started(information).getListener().iterator().next().getPort();
    }

    private static <T> T started(@Nullable T service) {
        return Objects.requireNonNull(service, "the broker has not started");
    }

    @Override
    public void extensionStart(ExtensionStartInput input, ExtensionStartOutput output) {
        publishes = Services.publishService();
        clients = Services.clientService();
        information = input.getServerInformation();
        Services.securityRegistry().setAuthenticatorProvider(provider -> this);
        Services.initializerRegistry()
                .setClientInitializer((client, context) -> context.addPublishInboundInterceptor(this));
        if (listener.namesPublishers()) {
            Services.interceptorRegistry().setConnectInboundInterceptorProvider(provider -> this::markWill);
        }
        if (!options.legacy()) {
            announce();
            Services.securityRegistry().setAuthorizerProvider(provider -> inboxGuard());
        }
    }

    private static void announce() {
        Services.interceptorRegistry().setConnackOutboundInterceptorProvider(provider -> (connack, changed) -> {
            var properties = changed.getConnackPacket().getUserProperties();
            properties.addUserProperty("stitch-protocol-version", "2");
            properties.addUserProperty("stitch-features", "direct-replay,request-ids");
        });
    }

    private SubscriptionAuthorizer inboxGuard() {
        return (input, output) -> {
            String filter = input.getSubscription().getTopicFilter();
            if (Names.overhears(
                    filter,
                    options.responsePrefix(),
                    input.getClientInformation().getClientId())) {
                output.failAuthorization(SubackReasonCode.NOT_AUTHORIZED, "another client's replies");
            } else {
                output.authorizeSuccessfully();
            }
        };
    }

    @Override
    public void extensionStop(ExtensionStopInput input, ExtensionStopOutput output) {}

    @Override
    public void onConnect(SimpleAuthInput input, SimpleAuthOutput output) {
        if (!options.legacy()
                && !Names.validClientId(input.getClientInformation().getClientId())) {
            output.failAuthentication(
                    ConnackReasonCode.CLIENT_IDENTIFIER_NOT_VALID, "this client id is reserved or invalid");
            return;
        }
        String user = input.getConnectPacket()
                .getUserName()
                .filter(name -> !name.isEmpty())
                .orElse(null);
        byte[] password = input.getConnectPacket()
                .getPassword()
                .map(BrokerExtension::bytes)
                .orElse(new byte[0]);
        if (!authentic(user, password)) {
            output.failAuthentication(ConnackReasonCode.BAD_USER_NAME_OR_PASSWORD, "Authentication failed");
            return;
        }
        // A will is published past the interceptor of publishes, so that what clients may not publish is refused here.
        String will = input.getConnectPacket()
                .getWillPublish()
                .map(PublishPacket::getTopic)
                .orElse("");
        if (!options.legacy() && Names.below(will, options.prefix(), options.responsePrefix())) {
            output.failAuthentication(ConnackReasonCode.NOT_AUTHORIZED, "this will's topic is reserved for requests");
            return;
        }
        if (user != null) {
            input.getConnectionInformation().getConnectionAttributeStore().putAsString(USER, user);
        }
        output.authenticateSuccessfully();
    }

    private boolean authentic(@Nullable String user, byte[] password) {
        if (options.users().isEmpty()) {
            return user == null || Names.validUser(user);
        }
        String expected = user == null ? null : options.users().get(user);
        return expected != null && MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), password);
    }

    @Override
    public void onInboundPublish(PublishInboundInput input, PublishInboundOutput output) {
        String clientId = input.getClientInformation().getClientId();
        String user = input.getConnectionInformation()
                .getConnectionAttributeStore()
                .getAsString(USER)
                .orElse(null);
        switch (listener.published(new Caller(clientId, user), message(input.getPublishPacket()))) {
            case TAKEN -> output.preventPublishDelivery(AckReasonCode.SUCCESS);
            case REFUSED -> output.preventPublishDelivery(AckReasonCode.NOT_AUTHORIZED, "reserved for the server");
            case BUSY -> output.preventPublishDelivery(AckReasonCode.QUOTA_EXCEEDED, "too many requests at once");
            case DELIVERED -> {
                if (listener.namesPublishers()) {
                    mark(output.getPublishPacket().getUserProperties(), user, clientId);
                }
            }
        }
    }

    private void markWill(ConnectInboundInput input, ConnectInboundOutput output) {
        var connect = output.getConnectPacket();
        connect.getModifiableWillPublish()
                .ifPresent(will ->
                        mark(will.getUserProperties(), connect.getUserName().orElse(null), connect.getClientId()));
    }

    /** Says who published a message, whatever its publisher wrote there. */
    private static void mark(ModifiableUserProperties properties, @Nullable String user, String clientId) {
        properties.removeName("x-mqtt-sender");
        properties.removeName("x-mqtt-client-id");
        properties.addUserProperty("x-mqtt-sender", user == null || user.isEmpty() ? "anonymous" : user);
        properties.addUserProperty("x-mqtt-client-id", clientId);
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
