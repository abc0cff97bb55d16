package io.stitch.reactive.internal.connection;

import io.stitch.reactive.HttpTicketProvider;
import io.stitch.reactive.ProxyOptions;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.TestCertificates;
import io.stitch.reactive.TestProxy;
import io.stitch.reactive.TlsOptions;
import io.stitch.reactive.internal.connection.EmbeddedBroker.Listener;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.TicketException;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.test.StepVerifier;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Connections as networks have them: through proxies, with headers, against a real broker and small real proxies. */
class NetworksTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    static Path folder;

    private static TestCertificates certificates;
    private static EmbeddedBroker broker;

    @BeforeAll
    static void startBroker() {
        certificates = TestCertificates.in(folder)
                .issue("broker", "san=ip:127.0.0.1")
                .issue("elsewhere", "san=dns:elsewhere.example");
        broker = EmbeddedBroker.start(folder, certificates);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    private static TestProxy proxy(ProxyOptions.Type type, @Nullable String login) {
        return type == ProxyOptions.Type.HTTP ? TestProxy.http(login) : TestProxy.socks5(login);
    }

    private static String named(String host, Listener listener) {
        return broker.url(listener).replace("127.0.0.1", host);
    }

    private static TlsOptions trusting() {
        return TlsOptions.system().trust(certificates.file("ca.pem"));
    }

    private static Mono<MqttConnection> attempt(RemoteOptions remote) {
        return new HiveMqConnector(Schedulers.parallel())
                .connect(remote.connectTimeout(Duration.ofSeconds(30)).request("client"));
    }

    private static void assertConnects(RemoteOptions remote) {
        attempt(remote).flatMap(MqttConnection::disconnect).block(LIMIT);
    }

    // ---- proxies ----

    @ParameterizedTest
    @EnumSource
    void aBrokerIsReachedThroughAProxyWhichResolvesItsName(ProxyOptions.Type type) {
        try (TestProxy proxy = proxy(type, null)) {
            assertConnects(
                    RemoteOptions.to(named("broker.example", Listener.MQTT)).proxy(proxy.options()));
            assertConnects(
                    RemoteOptions.to(named("broker.example", Listener.WS)).proxy(proxy.options()));
            assertThat(proxy.targets).hasSize(2).allMatch(target -> target.startsWith("broker.example:"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aProxyIsLoggedInAtAndTheSecretIsNeverShown(ProxyOptions.Type type) {
        try (TestProxy proxy = proxy(type, "ada:geheim")) {
            RemoteOptions remote = RemoteOptions.to(broker.url(Listener.MQTT));
            assertConnects(remote.proxy(proxy.options().login("ada", "geheim")));

            RemoteOptions wrong = remote.proxy(proxy.options().login("ada", "falsch"));
            StepVerifier.create(attempt(wrong))
                    .expectErrorSatisfies(error -> {
                        assertThat(error)
                                .isInstanceOf(TransportException.class)
                                .hasMessageContaining("through the " + type + " proxy 127.0.0.1:")
                                .hasMessageContaining("does it take the login");
                        for (Throwable each = error; each != null; each = each.getCause()) {
                            assertThat(String.valueOf(each)).doesNotContain("falsch");
                        }
                    })
                    .verify(LIMIT);
            StepVerifier.create(attempt(remote.proxy(proxy.options())))
                    .expectError(TransportException.class)
                    .verify(LIMIT);
            assertThat(wrong.toString()).doesNotContain("falsch").contains("login=***");
            assertThat(wrong.request("c1").toString()).doesNotContain("falsch");
            assertThat(proxy.targets).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theBrokersNameIsVerifiedThroughAProxyAsWithoutOne(ProxyOptions.Type type) {
        try (TestProxy proxy = proxy(type, null)) {
            assertConnects(RemoteOptions.to(named("elsewhere.example", Listener.MQTTS_OTHER_NAME))
                    .tls(trusting())
                    .proxy(proxy.options()));
            assertConnects(RemoteOptions.to(named("elsewhere.example", Listener.WSS_OTHER_NAME))
                    .tls(trusting())
                    .proxy(proxy.options()));
            for (Listener listener : List.of(Listener.MQTTS_OTHER_NAME, Listener.WSS_OTHER_NAME)) {
                StepVerifier.create(attempt(RemoteOptions.to(named("broker.example", listener))
                                .tls(trusting())
                                .proxy(proxy.options())))
                        .expectErrorSatisfies(error -> assertThat(error).hasMessageContaining("broker.example"))
                        .verify(LIMIT);
            }
        }
    }

    @Test
    void aProxyThatIsNotThereIsNamed() {
        TestProxy gone = TestProxy.http(null);
        ProxyOptions options = gone.options();
        gone.close();
        StepVerifier.create(attempt(RemoteOptions.to(broker.url(Listener.MQTT)).proxy(options)))
                .expectErrorSatisfies(error ->
                        assertThat(error).hasMessageContaining("through the HTTP proxy 127.0.0.1:" + options.port()))
                .verify(LIMIT);
    }

    @ParameterizedTest
    @EnumSource
    void ticketsAreFetchedThroughAProxyToo(ProxyOptions.Type type) {
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .route(routes -> routes.post(
                        "/auth/ticket",
                        (request, response) -> response.sendString(Mono.just("{\"ticket\":\"t\",\"expires_in\":30}"))))
                .bindNow();
        try (TestProxy proxy = proxy(type, "ada:geheim")) {
            HttpTicketProvider tickets = HttpTicketProvider.at("http://tickets.example:" + server.port());
            assertThat(tickets.proxy(proxy.options().login("ada", "geheim"))
                            .ticket()
                            .block(LIMIT))
                    .isEqualTo("t");
            assertThat(proxy.targets).containsExactly("tickets.example:" + server.port());
            StepVerifier.create(tickets.proxy(proxy.options().login("ada", "falsch"))
                            .ticket())
                    .expectErrorSatisfies(error -> assertThat(error)
                            .isInstanceOf(TicketException.class)
                            .message()
                            .doesNotContain("falsch"))
                    .verify(LIMIT);
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void aProxyThatCannotBeIsRefusedWithoutShowingItsSecret() {
        assertThatThrownBy(() -> ProxyOptions.http("http://ada:geheim@proxy", 80))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .doesNotContain("geheim");
        assertThatThrownBy(() -> ProxyOptions.http("proxy", 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ProxyOptions.http("proxy", 80).login("a:b", "geheim"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ProxyOptions.http("proxy", 80).login("a", "ge\nheim"))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .doesNotContain("heim");
        assertThatThrownBy(() -> ProxyOptions.socks5("proxy", 80).login("a", "x".repeat(256)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    // ---- web sockets ----

    @Test
    void aWebSocketIsOpenedAtItsPathWithItsQueryAndHeaders() {
        List<String> seen = new CopyOnWriteArrayList<>();
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> {
                    seen.add(request.uri()
                            + ' '
                            + request.requestHeaders().get("Cookie")
                            + ' '
                            + request.requestHeaders().get("X-Token")
                            + ' '
                            + request.requestHeaders().get("Sec-WebSocket-Protocol"));
                    return response.status(503).send();
                })
                .bindNow();
        try {
            ConnectRequest request = RemoteOptions.to("ws://127.0.0.1:" + server.port() + "/a/mqtt?sig=1&x=2")
                    .request("client")
                    .withHeaders(Map.of("Cookie", "lb=7; session=geheim", "X-Token", "abc"));
            StepVerifier.create(new HiveMqConnector(Schedulers.parallel()).connect(request))
                    .expectErrorSatisfies(error -> assertThat(error).message().doesNotContain("geheim"))
                    .verify(LIMIT);
            assertThat(seen).containsExactly("/a/mqtt?sig=1&x=2 lb=7; session=geheim abc mqtt");
            assertThat(request.toString()).contains("Cookie").doesNotContain("geheim");
        } finally {
            server.disposeNow();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Host", "upgrade", "Sec-WebSocket-Key", "a b", "", "x\r\ny"})
    void aHeaderOfTheHandshakeItselfOrThatIsNoneIsRefused(String name) {
        ConnectRequest request = RemoteOptions.to("ws://127.0.0.1").request("client");
        assertThatThrownBy(() -> request.withHeaders(Map.of(name, "v"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aHeaderThatWouldBeginAnotherOneIsRefusedAndNotShown() {
        ConnectRequest request = RemoteOptions.to("ws://127.0.0.1").request("client");
        assertThatThrownBy(() -> request.withHeaders(Map.of("Cookie", "geheim\r\nX: y")))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .doesNotContain("geheim");
    }

    @Test
    void headersWithoutAWebSocketAreRefused() {
        RemoteOptions remote = RemoteOptions.to("mqtt://127.0.0.1").webSocketHeaders(Mono.just(Map.of("a", "b")));
        assertThatThrownBy(() -> remote.request("client"))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("webSocketHeaders");
    }
}
