package io.stitch.reactive;

import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.reactive.spi.TicketException;
import io.stitch.reactive.spi.TicketProvider;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** The code of docs/connection.md, and that it does what the chapter says. */
class ConnectionGuideTest {
    private final StitchSchema schema = Board.SCHEMA;
    private final List<String> shown = new ArrayList<>();

    record Login(String user, String password) {}

    interface Vault {
        Mono<String> freshToken();
    }

    private void statusLine(String text) {
        shown.add(text);
    }

    private Mono<Login> askForLogin(String reason) {
        shown.add(reason);
        return Mono.just(new Login("ada", "new"));
    }

    private static Mono<Boolean> accountIsStillActive() {
        return Mono.just(true);
    }

    private static RemoteOptions remote(String password) {
        RemoteOptions remote = RemoteOptions.to("mqtts://broker.example.org")
                .login("ada", password)
                .connectTimeout(Duration.ofSeconds(5))
                .keepAlive(Duration.ofSeconds(30));
        return remote;
    }

    static RemoteOptions encrypted() {
        RemoteOptions encrypted = RemoteOptions.to("mqtts://broker.example.org")
                .tls(TlsOptions.system()
                        .trust(Path.of("authority.pem"))
                        .clientCertificate(Path.of("client.pem"), Path.of("client.key")));
        return encrypted;
    }

    private static RemoteOptions withTickets(String sessionCookie) {
        RemoteOptions withTickets = RemoteOptions.to("wss://app.example.org/mqtt")
                .tickets(HttpTicketProvider.at("https://app.example.org").cookie("session", sessionCookie));
        return withTickets;
    }

    private static TicketProvider ownProvider(Vault vault) {
        TicketProvider provider = new TicketProvider() {
            @Override
            public Mono<String> ticket() {
                return vault.freshToken()
                        .switchIfEmpty(
                                Mono.error(TicketException.sessionInvalid("The token was revoked. Log in again.")));
            }

            @Override
            public Mono<AuthenticatedUser> user() {
                return Mono.just(new AuthenticatedUser("ada"));
            }
        };
        return provider;
    }

    private void watch(StitchStore store) {
        store.connection().subscribe(status -> {
            if (status.error() instanceof ConnectionException error) {
                statusLine(status.status() + ": " + error.getMessage());
            } else {
                statusLine(status.status().toString());
            }
        });
    }

    StitchStore byHand(RemoteOptions remote) {
        StitchStore store = StitchStore.builder()
                .schema(schema)
                .remote(remote)
                .autoConnect(false)
                .build();
        store.start()
                .then(store.connect().timeout(Duration.ofSeconds(20)))
                .subscribe(unused -> {}, error -> statusLine("Working offline: " + error.getMessage()));
        return store;
    }

    private void logInAgain(StitchStore store) {
        store.sessionInvalid()
                .concatMap(reason -> askForLogin(reason.getMessage()))
                .concatMap(login -> store.reconnect(
                                RemoteOptions.to("mqtts://broker.example.org").login(login.user(), login.password()))
                        .onErrorResume(ConnectionException.class, error -> Mono.empty()))
                .subscribe();
    }

    static Mono<Void> logOut(StitchStore store) {
        Mono<Void> loggedOut = store.resetForLogout();
        return loggedOut;
    }

    StitchStore validated(RemoteOptions remote) {
        StitchStore validated = StitchStore.builder()
                .schema(schema)
                .remote(remote)
                .reconnectValidator(server -> server.replays() ? accountIsStillActive() : Mono.just(false))
                .build();
        return validated;
    }

    private static RemoteOptions withWill(RemoteOptions remote) {
        RemoteOptions withWill = remote.lastWill(LastWill.of("presence/ada", "gone"));
        return withWill;
    }

    @Test
    void theOptionsOfTheGuideCanBeBuilt() {
        assertThat(withWill(remote("s3cret")).toString()).doesNotContain("s3cret");
        assertThat(withTickets("s3cret").toString()).doesNotContain("s3cret");
        assertThat(ownProvider(() -> Mono.just("t")).ticket().block()).isEqualTo("t");
    }

    @Test
    void theGuidesWayToLogInAgainWorks() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        ScriptedBroker broker = ScriptedBroker.ofNewServer();
        broker.refuse(0x86);
        StitchStore store = StitchStore.builder()
                .schema(schema)
                .remote(remote("wrong"))
                .scheduler(time)
                .connector(broker)
                .build();
        watch(store);
        logInAgain(store);
        store.start().subscribe();
        time.advanceTime();

        assertThat(broker.attempts).isEqualTo(2);
        assertThat(shown).endsWith(Status.CONNECTED.toString()).anyMatch(line -> line.contains("0x86"));
        store.close().subscribe();
        time.advanceTime();
    }

    private static RemoteOptions far(String proxyPassword, String route) {
        RemoteOptions far = RemoteOptions.to("wss://a.broker.example.org/mqtt")
                .or("wss://b.broker.example.org/mqtt", "mqtts://c.broker.example.org")
                .proxy(ProxyOptions.http("proxy.example.org", 3128).login("office", proxyPassword))
                .webSocketHeaders(Mono.fromSupplier(() -> Map.of("Cookie", "route=" + route)));
        return far;
    }

    @Test
    void optionsOfAFarNetworkShowNoSecret() {
        RemoteOptions far = far("geheim", "7");
        assertThat(far.requests("c1")).hasSize(3);
        assertThat(far.toString())
                .contains("proxy.example.org:3128", "c.broker")
                .doesNotContain("geheim");
    }
}
