package io.stitch.reactive.transport;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import com.hivemq.client.mqtt.mqtt5.Mqtt5RxClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Connects with a HiveMQ MQTT client of its own for each connection. */
final class HiveMqConnector implements MqttConnector {
    private final Scheduler timer;

    HiveMqConnector(Scheduler timer) {
        this.timer = timer;
    }

    @Override
    public Mono<MqttConnection> connect(ConnectRequest request) {
        return Mono.defer(() -> attempt(request))
                .timeout(request.timeout(), timer)
                .onErrorMap(error -> translate(error, request));
    }

    private static Mono<MqttConnection> attempt(ConnectRequest request) {
        HiveMqConnection.Lifecycle lifecycle = new HiveMqConnection.Lifecycle();
        Mqtt5ClientBuilder builder = Mqtt5Client.builder()
                .identifier(request.clientId())
                .serverHost(request.uri().getHost())
                .serverPort(request.port())
                .transportConfig()
                .mqttConnectTimeout(request.timeout().toMillis(), TimeUnit.MILLISECONDS)
                .socketConnectTimeout(request.timeout().toMillis(), TimeUnit.MILLISECONDS)
                .applyTransportConfig()
                .addDisconnectedListener(lifecycle::disconnected);
        if (request.tls()) {
            builder = builder.sslWithDefaultConfig();
        }
        if (request.webSocket()) {
            String path = request.uri().getRawPath();
            builder = builder.webSocketConfig()
                    .serverPath(path == null || path.isEmpty() ? "" : path.substring(1))
                    .applyWebSocketConfig();
        }
        Mqtt5RxClient client = builder.buildRx();
        // Registered before connecting: what arrives and no flow takes is lost.
        HiveMqConnection connection =
                new HiveMqConnection(client, lifecycle, client.publishes(MqttGlobalPublishFilter.ALL));
        return Mono.from(client.connect(connectMessage(request)).toFlowable())
                .<MqttConnection>map(connAck -> connection.accepted(connAck))
                .doOnError(error -> connection.abandon())
                .doOnCancel(connection::abandon);
    }

    private static Mqtt5Connect connectMessage(ConnectRequest request) {
        Mqtt5ConnectBuilder connect = Mqtt5Connect.builder()
                .cleanStart(true)
                .sessionExpiryInterval(0)
                .keepAlive((int) Math.min(65_535, request.keepAlive().toSeconds()));
        Credentials credentials = request.credentials();
        if (credentials != null) {
            connect = connect.simpleAuth()
                    .username(credentials.username())
                    .password(credentials.passwordBytes())
                    .applySimpleAuth();
        }
        return connect.build();
    }

    private static Throwable translate(Throwable error, ConnectRequest request) {
        if (error instanceof TimeoutException) {
            return new TransportException(
                    TransportException.Kind.CONNECT_TIMEOUT,
                    -1,
                    "The broker at %s did not accept a connection within %s. Is it an MQTT 5 broker, and the port right?"
                            .formatted(request.address(), request.timeout()),
                    error);
        }
        if (error instanceof Mqtt5ConnAckException refused) {
            return refused(refused, request);
        }
        Throwable cause = error.getCause() == null ? error : error.getCause();
        return new TransportException(
                TransportException.Kind.CONNECT_FAILED,
                -1,
                "Cannot connect to the broker at %s: %s. Is it running, and can it be reached from here?"
                        .formatted(request.address(), cause.getMessage()),
                error);
    }

    private static TransportException refused(Mqtt5ConnAckException error, ConnectRequest request) {
        Mqtt5ConnAck connAck = error.getMqttMessage();
        int code = connAck.getReasonCode().getCode();
        String hint = switch (code) {
            case 0x86 -> "the user name or password is wrong";
            case 0x87 -> "this user may not connect";
            case 0x8C -> "the broker does not support this way to authenticate";
            case 0x85 -> "the broker does not accept the client id";
            case 0x84 -> "the broker does not speak MQTT 5";
            case 0x88, 0x89 -> "the broker is busy or shutting down";
            default -> "see the reason code";
        };
        return new TransportException(
                TransportException.Kind.CONNECT_REFUSED,
                code,
                "The broker at %s refused the connection with 0x%02X %s: %s%s."
                        .formatted(
                                request.address(),
                                code,
                                connAck.getReasonCode(),
                                hint,
                                connAck.getReasonString()
                                        .map(reason -> " (" + reason + ")")
                                        .orElse("")),
                error);
    }
}
