package io.stitch.reactive.internal.connection;

import com.hivemq.client.mqtt.datatypes.MqttUtf8String;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientConfig;
import com.hivemq.client.mqtt.mqtt5.auth.Mqtt5EnhancedAuthMechanism;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5Auth;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5AuthBuilder;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5EnhancedAuthBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5Disconnect;
import io.stitch.reactive.spi.Ticket;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** MQTT 5 enhanced authentication with the method {@code JWT}: whatever the broker asks, the answer is the ticket. */
final class JwtAuthentication implements Mqtt5EnhancedAuthMechanism {
    private static final MqttUtf8String METHOD = MqttUtf8String.of("JWT");

    /** The client counts in milliseconds that fit an int; the whole attempt has a timeout of its own. */
    private static final long LONGEST_SECONDS = Integer.MAX_VALUE / 1_000;

    private final int timeoutSeconds;
    private volatile Ticket ticket;

    JwtAuthentication(Ticket ticket, Duration timeout) {
        this.ticket = ticket;
        this.timeoutSeconds = (int) Math.max(1, Math.min(LONGEST_SECONDS, timeout.toSeconds()));
    }

    /** What is shown from now on. */
    void ticket(Ticket next) {
        ticket = next;
    }

    @Override
    public MqttUtf8String getMethod() {
        return METHOD;
    }

    @Override
    public int getTimeout() {
        return timeoutSeconds;
    }

    @Override
    public CompletableFuture<Void> onAuth(
            Mqtt5ClientConfig clientConfig, Mqtt5Connect connect, Mqtt5EnhancedAuthBuilder authBuilder) {
        authBuilder.data(ticket.bytes());
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Boolean> onContinue(
            Mqtt5ClientConfig clientConfig, Mqtt5Auth auth, Mqtt5AuthBuilder authBuilder) {
        authBuilder.data(ticket.bytes());
        return CompletableFuture.completedFuture(true);
    }

    @Override
    public CompletableFuture<Boolean> onAuthSuccess(Mqtt5ClientConfig clientConfig, Mqtt5ConnAck connAck) {
        return CompletableFuture.completedFuture(true);
    }

    @Override
    public CompletableFuture<Void> onReAuth(Mqtt5ClientConfig clientConfig, Mqtt5AuthBuilder authBuilder) {
        authBuilder.data(ticket.bytes());
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Boolean> onReAuthSuccess(Mqtt5ClientConfig clientConfig, Mqtt5Auth auth) {
        return CompletableFuture.completedFuture(true);
    }

    // How an attempt ends is told by the connect call; there is nothing to clean up here.

    @Override
    public void onAuthRejected(Mqtt5ClientConfig clientConfig, Mqtt5ConnAck connAck) {}

    @Override
    public void onReAuthRejected(Mqtt5ClientConfig clientConfig, Mqtt5Disconnect disconnect) {}

    @Override
    public void onAuthError(Mqtt5ClientConfig clientConfig, Throwable cause) {}

    @Override
    public void onReAuthError(Mqtt5ClientConfig clientConfig, Throwable cause) {}
}
