package io.stitch.reactive.internal.connection;

import com.hivemq.client.mqtt.MqttClientExecutorConfig;
import com.hivemq.client.mqtt.MqttClientTransportConfig;
import com.hivemq.client.mqtt.MqttClientTransportConfigBuilder;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.MqttProxyConfig;
import com.hivemq.client.mqtt.MqttProxyConfigBuilder;
import com.hivemq.client.mqtt.MqttProxyProtocol;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.Mqtt5RxClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import io.stitch.reactive.LastWill;
import io.stitch.reactive.ProxyOptions;
import io.stitch.reactive.TlsOptions;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.Credentials;
import io.stitch.reactive.spi.FirstSocket;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.Login;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.ReasonCodes;
import io.stitch.reactive.spi.Ticket;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import javax.net.ssl.SSLException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Connects with a HiveMQ MQTT client of its own for each connection. */
public final class HiveMqConnector implements MqttConnector {
    private final Scheduler timer;
    private final Executor network;

    /**
     * Makes a connector.
     *
     * @param timer what the connect timeout runs on, and where the outcome is told. To cancel there too, on one worker, is best: a failure
     *     that comes while another thread cancels has nobody to hear it, and Reactor logs it as dropped
     */
    public HiveMqConnector(Scheduler timer) {
        this(timer, "stitch-mqtt", true);
    }

    /**
     * Makes a connector whose clients have a thread of a given name.
     *
     * @param timer what the connect timeout runs on, and where the outcome is told
     * @param threadName what the thread is called, with a number behind it
     * @param daemon whether the JVM may end before that thread does
     */
    public HiveMqConnector(Scheduler timer, String threadName, boolean daemon) {
        this.timer = timer;
        // One for all its clients, of which one at a time is connected: the client keeps event loops by their executor.
        this.network = new ThreadPerTaskExecutor(new DefaultThreadFactory(threadName, daemon));
    }

    @Override
    public Mono<MqttConnection> connect(ConnectRequest request) {
        return FirstSocket.opened()
                .publishOn(timer)
                .then(Mono.defer(() -> attempt(request)))
                .timeout(request.timeout(), timer)
                .<MqttConnection>map(HiveMqConnection::delivered)
                .onErrorMap(error -> translate(error, request));
    }

    private Mono<HiveMqConnection> attempt(ConnectRequest request) {
        GuardedVerifier verifier = GuardedVerifier.of(request.tls());
        return attempt(request, verifier).onErrorMap(error -> verifier == null ? error : verifier.explained(error));
    }

    private Mono<HiveMqConnection> attempt(ConnectRequest request, @Nullable GuardedVerifier verifier) {
        HiveMqConnection.Lifecycle lifecycle = new HiveMqConnection.Lifecycle();
        Mqtt5RxClient client = client(request, verifier, lifecycle);
        // Registered before connecting: what arrives and no flow takes is lost.
        HiveMqConnection connection = new HiveMqConnection(
                client,
                lifecycle,
                client.publishes(MqttGlobalPublishFilter.ALL, request.limits().boundsBytes()),
                request.limits());
        lifecycle.opens(connection);
        JwtAuthentication tickets =
                request.login() instanceof Ticket ticket ? new JwtAuthentication(ticket, request.timeout()) : null;
        return connAck(client, connectMessage(request, tickets))
                .map(connAck -> connection.accepted(connAck, tickets))
                .doOnError(error -> connection.abandon())
                .doOnCancel(connection::abandon);
    }

    /**
     * The client goes on when its caller cancels, and what it reports then is nobody's: Reactor would log it as a defect. So it is told where
     * attempts are cancelled, to whoever still waits there.
     */
    private Mono<Mqtt5ConnAck> connAck(Mqtt5RxClient client, Mqtt5Connect message) {
        return Mono.defer(() -> {
            Sinks.One<Mqtt5ConnAck> answer = Sinks.one();
            var unused = client.connect(message)
                    .subscribe(
                            connAck -> tell(() -> answer.tryEmitValue(connAck)),
                            error -> tell(() -> answer.tryEmitError(error)));
            return answer.asMono();
        });
    }

    private void tell(Runnable answer) {
        try {
            timer.schedule(answer);
        } catch (RejectedExecutionException storeEnded) {
            // Nobody waits then, for attempts are cancelled before; whoever does all the same is told here.
            answer.run();
        }
    }

    private Mqtt5RxClient client(
            ConnectRequest request, @Nullable GuardedVerifier verifier, HiveMqConnection.Lifecycle lifecycle) {
        return Mqtt5Client.builder()
                .identifier(request.clientId())
                .transportConfig(transport(request, verifier))
                .executorConfig(MqttClientExecutorConfig.builder()
                        .applicationScheduler(CallingThread.INSTANCE)
                        .nettyExecutor(network)
                        .nettyThreads(1)
                        .build())
                .addConnectedListener(lifecycle::connected)
                .addDisconnectedListener(lifecycle::disconnected)
                .buildRx();
    }

    /** All of it in one place: the client builder forgets, without a word, a TLS configuration that is set after another one. */
    private static MqttClientTransportConfig transport(ConnectRequest request, @Nullable GuardedVerifier verifier) {
        // The client counts in an int; the whole attempt has a timeout of its own, which is not cut.
        long timeout = Math.min(Integer.MAX_VALUE, request.timeout().toMillis());
        MqttClientTransportConfigBuilder transport = MqttClientTransportConfig.builder()
                .serverHost(request.host())
                .serverPort(request.port())
                .mqttConnectTimeout(timeout, TimeUnit.MILLISECONDS)
                .socketConnectTimeout(timeout, TimeUnit.MILLISECONDS);
        if (request.isTls()) {
            TlsOptions tls = request.tls() == null ? TlsOptions.system() : request.tls();
            transport = transport
                    .sslConfig()
                    .trustManagerFactory(tls.trustManagers())
                    .keyManagerFactory(tls.keyManagers())
                    // Without one the client itself verifies host names, as HTTPS does.
                    .hostnameVerifier(verifier)
                    .handshakeTimeout(timeout, TimeUnit.MILLISECONDS)
                    .applySslConfig();
        }
        if (request.isWebSocket()) {
            // Not the raw forms: the client encodes what it is given.
            String path = request.uri().getPath();
            String query = request.uri().getQuery();
            transport = transport
                    .webSocketConfig()
                    .serverPath(path == null || path.isEmpty() ? "" : path.substring(1))
                    .queryString(query == null ? "" : query)
                    .httpHeaders(request.headers())
                    .handshakeTimeout(timeout, TimeUnit.MILLISECONDS)
                    .applyWebSocketConfig();
        }
        ProxyOptions proxy = request.proxy();
        if (proxy != null) {
            MqttProxyConfigBuilder through = MqttProxyConfig.builder()
                    .protocol(
                            proxy.type() == ProxyOptions.Type.HTTP ? MqttProxyProtocol.HTTP : MqttProxyProtocol.SOCKS_5)
                    .host(proxy.host())
                    .port(proxy.port())
                    .handshakeTimeout(timeout, TimeUnit.MILLISECONDS);
            transport = transport.proxyConfig(through.username(proxy.username().orElse(null))
                    .password(proxy.password().orElse(null))
                    .build());
        }
        return transport.build();
    }

    /** Where a connection goes, to be shown. */
    private static String way(ConnectRequest request) {
        ProxyOptions proxy = request.proxy();
        return proxy == null
                ? request.address()
                : "%s through the %s proxy %s:%d"
                        .formatted(request.address(), proxy.type(), proxy.host(), proxy.port());
    }

    /** In seconds, rounded up: zero would turn it off. */
    private static int keepAlive(Duration interval) {
        long seconds = interval.plusSeconds(1).minusNanos(1).toSeconds();
        return (int) Math.min(65_535, seconds);
    }

    private static Mqtt5Connect connectMessage(ConnectRequest request, @Nullable JwtAuthentication tickets) {
        Mqtt5ConnectBuilder connect = Mqtt5Connect.builder()
                .cleanStart(true)
                .sessionExpiryInterval(0)
                .keepAlive(keepAlive(request.keepAlive()))
                .restrictions()
                .receiveMaximum(request.limits().receiveMaximum())
                .maximumPacketSize(request.limits().maximumPacketSize())
                .applyRestrictions();
        Login login = request.login();
        if (login instanceof Credentials credentials) {
            connect = connect.simpleAuth()
                    .username(credentials.username())
                    .password(credentials.passwordBytes())
                    .applySimpleAuth();
        } else if (tickets != null) {
            connect = connect.enhancedAuth(tickets);
        }
        LastWill will = request.lastWill();
        if (will != null) {
            connect = connect.willPublish()
                    .topic(will.topic())
                    .payload(will.payload())
                    .qos(Objects.requireNonNull(MqttQos.fromCode(will.qos())))
                    .retain(false)
                    .userProperties(HiveMqConnection.properties(will.userProperties()))
                    .applyWillPublish();
        }
        return connect.build();
    }

    private static Throwable translate(Throwable error, ConnectRequest request) {
        if (error instanceof TimeoutException) {
            return new TransportException(
                    TransportException.Kind.CONNECT_TIMEOUT,
                    -1,
                    "The broker at %s did not accept a connection within %s. Is it an MQTT 5 broker, and the port right?"
                            .formatted(way(request), request.timeout()),
                    error);
        }
        if (error instanceof Mqtt5ConnAckException refused) {
            return refused(refused, request);
        }
        if (error instanceof GuardedVerifier.VerifierException failed) {
            return new TransportException(
                    TransportException.Kind.CONNECT_FAILED,
                    -1,
                    "Cannot connect to the broker at %s: %s".formatted(way(request), failed.getMessage()),
                    failed.getCause());
        }
        Throwable cause = error;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return new TransportException(
                TransportException.Kind.CONNECT_FAILED,
                -1,
                "Cannot connect to the broker at %s: %s. %s"
                        .formatted(
                                way(request),
                                cause.getMessage() == null
                                        ? cause.getClass().getSimpleName()
                                        : ForeignText.quoted(cause.getMessage()),
                                failureHint(error, request)),
                error);
    }

    private static String failureHint(Throwable error, ConnectRequest request) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLException) {
                return ("Is its certificate issued by an authority that the TLS options trust, and for the name '%s'? Does it"
                                + " want a client certificate?")
                        .formatted(request.host());
            }
        }
        return request.proxy() == null
                ? "Is it running, and can it be reached from here?"
                : "Is the proxy running, does it take the login, and can it reach the broker?";
    }

    private static TransportException refused(Mqtt5ConnAckException error, ConnectRequest request) {
        Mqtt5ConnAck connAck = error.getMqttMessage();
        int code = connAck.getReasonCode().getCode();
        if (!connAck.getReasonCode().isError()) {
            return new TransportException(
                    TransportException.Kind.CONNECT_REFUSED,
                    -1,
                    "The broker at %s accepted the connection but not the way to authenticate: %s"
                            .formatted(request.address(), ForeignText.quoted(error.getMessage())),
                    error);
        }
        String hint = switch (code) {
            case ReasonCodes.BAD_USER_NAME_OR_PASSWORD ->
                request.login() instanceof Ticket
                        ? "the ticket was not accepted"
                        : "the user name or password is wrong";
            case ReasonCodes.NOT_AUTHORIZED ->
                request.login() instanceof Ticket
                        ? "the ticket was not accepted, or its user may not connect"
                        : "this user may not connect";
            case ReasonCodes.BAD_AUTHENTICATION_METHOD -> "the broker does not support this way to authenticate";
            case ReasonCodes.CLIENT_IDENTIFIER_NOT_VALID ->
                "the broker does not take the client id '%s'; give the store another one (ids that begin with mqdb- are reserved for servers)"
                        .formatted(request.clientId());
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
                                        .map(reason -> " (" + ForeignText.quoted(reason.toString()) + ")")
                                        .orElse("")),
                error);
    }
}
