package io.stitch.reactive.internal.connection;

import io.stitch.reactive.LastWill;
import io.stitch.reactive.TestCertificates;
import io.stitch.reactive.TlsOptions;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.internal.connection.EmbeddedBroker.Listener;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.ReceiveLimits;
import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.test.StepVerifier;

import javax.net.ssl.TrustManagerFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Encrypted connections, web sockets and last wills, on a real broker. */
class TlsTransportTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    static Path folder;

    private static TestCertificates certificates;
    private static EmbeddedBroker broker;

    @BeforeAll
    static void startBroker() {
        certificates = TestCertificates.in(folder)
                .issue("broker", "san=ip:127.0.0.1")
                .issue("elsewhere", "san=dns:elsewhere.example")
                .issue("ada", "eku=clientAuth");
        broker = EmbeddedBroker.start(folder, certificates);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    private static TlsOptions trusting() {
        return TlsOptions.system().trust(certificates.file("ca.pem"));
    }

    private static Mono<MqttConnection> attempt(String url, TlsOptions tls) {
        return new HiveMqConnector(Schedulers.parallel())
                .connect(new ConnectRequest(
                        ConnectRequest.address(url),
                        "client",
                        null,
                        LIMIT,
                        Duration.ofSeconds(60),
                        tls,
                        null,
                        ReceiveLimits.DEFAULT));
    }

    private static void assertWorks(String url, TlsOptions tls) {
        MqttConnection connection = attempt(url, tls).block(LIMIT);
        StepVerifier.create(connection.messages().map(message -> new String(message.payload(), StandardCharsets.UTF_8)))
                .then(() -> connection
                        .subscribe(List.of("a"))
                        .then(connection.publish(new OutboundMessage(
                                "a", "hello".getBytes(StandardCharsets.UTF_8), null, null, List.of())))
                        .block(LIMIT))
                .expectNext("hello")
                .thenCancel()
                .verify(LIMIT);
        connection.disconnect().block(LIMIT);
    }

    private static void assertFails(String url, TlsOptions tls, String message) {
        StepVerifier.create(attempt(url, tls))
                .expectErrorSatisfies(error -> assertThat(error)
                        .hasMessageContaining(message)
                        .isInstanceOfSatisfying(
                                TransportException.class,
                                failed -> assertThat(failed.kind()).isEqualTo(TransportException.Kind.CONNECT_FAILED)))
                .verify(LIMIT);
    }

    @Test
    void aBrokerWhoseAuthorityIsTrustedIsConnectedTo() throws GeneralSecurityException {
        KeyStore authority = certificates.store("trust");
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(authority);
        String url = broker.url(Listener.MQTTS);

        assertWorks(url, trusting());
        assertWorks(url.replace("mqtts", "MQTTS"), TlsOptions.system().trust(authority));
        assertWorks(url, TlsOptions.system().trust(managers));
    }

    @ParameterizedTest
    @EnumSource(names = {"MQTTS", "WSS"})
    void aBrokerWhoseAuthorityTheRuntimeDoesNotKnowIsNot(Listener listener) {
        assertFails(broker.url(listener), null, "that the TLS options trust");
        assertFails(broker.url(listener), TlsOptions.system(), "that the TLS options trust");
    }

    @ParameterizedTest
    @EnumSource(names = {"MQTTS_OTHER_NAME", "WSS_OTHER_NAME"})
    void aTrustedCertificateForAnotherNameIsNotAccepted(Listener listener) {
        String url = broker.url(listener);

        assertFails(url, trusting(), "for the name '127.0.0.1'");
        assertFails(url, trusting().hostnameVerifier((host, session) -> false), "for the name '127.0.0.1'");
        assertWorks(url, trusting().hostnameVerifier((host, session) -> host.equals("127.0.0.1")));
    }

    @ParameterizedTest
    @EnumSource(names = {"MQTTS", "WSS"})
    void aHostNameVerifierThatFailsEndsTheAttemptAndIsNamed(Listener listener) {
        String url = broker.url(listener);

        for (Throwable failure :
                List.of(new IllegalStateException("not today"), new NoClassDefFoundError("not today"))) {
            TlsOptions tls = trusting().hostnameVerifier((host, session) -> fail(failure));
            // Long before the timeout of the attempt, which is as long as the test may take.
            assertFails(url, tls, "host name verifier of the TLS options failed with " + failure);
        }
    }

    private static boolean fail(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        throw (IllegalStateException) failure;
    }

    /** The longest time that may be set is longer than what the client counts in. */
    @Test
    void aTimeoutOfAHundredYearsWorks() {
        MqttConnection connection = new HiveMqConnector(Schedulers.parallel())
                .connect(new ConnectRequest(
                        ConnectRequest.address(broker.url(Listener.WSS)),
                        "client",
                        null,
                        Duration.ofDays(36_525),
                        Duration.ofDays(36_525),
                        trusting(),
                        null,
                        ReceiveLimits.DEFAULT))
                .block(LIMIT);
        connection.disconnect().block(LIMIT);
    }

    @Test
    void aBrokerThatWantsAClientCertificateGetsItFromPemFilesOrAKeyStore() {
        String url = broker.url(Listener.MQTTS_CLIENT_CERTIFICATE);

        assertWorks(url, trusting().clientCertificate(certificates.file("ada.pem"), certificates.file("ada.key")));
        assertWorks(
                url, trusting().clientCertificate(certificates.store("ada"), TestCertificates.PASSWORD.toCharArray()));
        StepVerifier.create(attempt(url, trusting()))
                .expectError(TransportException.class)
                .verify(LIMIT);
    }

    @ParameterizedTest
    @EnumSource(names = {"WS", "WSS"})
    void webSocketsWorkWithAndWithoutTls(Listener listener) {
        assertWorks(broker.url(listener), listener == Listener.WS ? null : trusting());
    }

    @Test
    void theWebSocketsPathAndQueryReachTheServerAsWritten() {
        Sinks.One<String> asked = Sinks.one();
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> {
                    asked.tryEmitValue(request.uri());
                    return response.status(404).send();
                })
                .bindNow();

        String path = "/a%20b/mqtt?site=x&key=y%20z";
        assertFails("ws://127.0.0.1:" + server.port() + path, null, "404");

        assertThat(asked.asMono().block(LIMIT)).isEqualTo(path);
        server.disposeNow();
    }

    @Test
    void tlsIsNeverLeftOutInSilence() {
        StepVerifier.create(attempt(broker.url(Listener.MQTT).replace("mqtt", "mqtts"), trusting()))
                .expectError(TransportException.class)
                .verify(LIMIT);
    }

    @Test
    void aLastWillIsPublishedWhenTheConnectionBreaksAndNotAfterADisconnect() {
        MqttConnection watcher = withWill("watcher", null).block(LIMIT);
        watcher.subscribe(List.of("gone/#")).block(LIMIT);

        StepVerifier.create(watcher.messages()
                        .map(message -> message.topic()
                                + ' '
                                + new String(message.payload(), StandardCharsets.UTF_8)
                                + ' '
                                + message.retain()
                                + ' '
                                + UserProperty.find(message.userProperties(), "by")))
                .then(() -> withWill("polite", LastWill.of("gone/polite", "never"))
                        .flatMap(MqttConnection::disconnect)
                        .block(LIMIT))
                .then(() -> withWill(
                                "ada",
                                LastWill.of("gone/ada", "bye")
                                        .qos(0)
                                        .userProperties(List.of(new UserProperty("by", "ada"))))
                        // A client with the same id makes the broker cut the first.
                        .then(withWill("ada", null))
                        .flatMap(MqttConnection::disconnect)
                        .block(LIMIT))
                .expectNext("gone/ada bye false ada")
                .thenCancel()
                .verify(LIMIT);
        watcher.disconnect().block(LIMIT);
    }

    private static Mono<MqttConnection> withWill(String clientId, LastWill will) {
        return new HiveMqConnector(Schedulers.parallel())
                .connect(new ConnectRequest(
                        ConnectRequest.address(broker.url(Listener.MQTT)),
                        clientId,
                        null,
                        LIMIT,
                        Duration.ofSeconds(60),
                        null,
                        will,
                        ReceiveLimits.DEFAULT));
    }
}
