package io.stitch.reactive;

import com.hivemq.extension.sdk.api.packets.general.DisconnectedReasonCode;
import io.stitch.reactive.ConnectionException.Reason;
import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.reactive.internal.connection.EmbeddedBroker;
import io.stitch.reactive.internal.connection.EmbeddedBroker.Listener;
import io.stitch.reactive.internal.connection.HiveMqConnector;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.Ticket;
import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.test.StepVerifier;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

import static io.stitch.reactive.Board.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

/** MQTT 5 enhanced authentication, on a real broker. */
class JwtLoginTest {
    @TempDir
    static Path folder;

    private static EmbeddedBroker broker;

    @BeforeAll
    static void startBroker() {
        broker = EmbeddedBroker.start(
                folder,
                ticket -> ticket.contains("expired")
                        ? Optional.of(DisconnectedReasonCode.NOT_AUTHORIZED)
                        : ticket.contains("method")
                                ? Optional.of(DisconnectedReasonCode.BAD_AUTHENTICATION_METHOD)
                                : Optional.empty());
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @BeforeEach
    void forgetTickets() {
        broker.tickets.clear();
    }

    private static StitchStore started(RemoteOptions remote) {
        StitchStore store =
                StitchStore.builder().schema(Board.SCHEMA).remote(remote).build();
        store.start().block(LIMIT);
        return store;
    }

    private static RemoteOptions remote() {
        return RemoteOptions.to(broker.url(Listener.MQTT));
    }

    private static void assertEnds(StitchStore store, Status status) {
        StepVerifier.create(store.connection()
                        .filter(state -> state.status() == Status.CONNECTED || state.status() == Status.ERROR)
                        .next())
                .assertNext(state -> assertThat(state.status()).isEqualTo(status))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void aTicketLogsIn() {
        StitchStore store = started(remote().tickets(() -> Mono.just("good")));

        assertEnds(store, Status.CONNECTED);
        assertThat(broker.tickets).containsExactly("good");
        Board.close(store);
    }

    @Test
    void aBrokerThatAsksAgainGetsTheSameTicket() {
        StitchStore store = started(remote().tickets(() -> Mono.just("ask-good")));

        assertEnds(store, Status.CONNECTED);
        assertThat(broker.tickets).containsExactly("ask-good", "ask-good");
        Board.close(store);
    }

    private static MqttConnection connection(String ticket) {
        ConnectRequest request = remote().request("renewing").withLogin(new Ticket(ticket));
        return Objects.requireNonNull(
                new HiveMqConnector(Schedulers.parallel()).connect(request).block(LIMIT));
    }

    @Test
    void aBrokerTakesANewTicketOnTheSameConnection() {
        MqttConnection connection = connection("first");
        StepVerifier.create(connection.reauthenticate(new Ticket("second")))
                .expectNext(true)
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(connection.reauthenticate(new Ticket("third")))
                .expectNext(true)
                .expectComplete()
                .verify(LIMIT);

        assertThat(broker.tickets).containsExactly("first", "second", "third");
        connection.disconnect().block(LIMIT);
    }

    @Test
    void aBrokerEndsTheConnectionOfATicketThatItDoesNotTake() {
        MqttConnection connection = connection("first");
        StepVerifier.create(connection.reauthenticate(new Ticket("expired")))
                .expectError(TransportException.class)
                .verify(LIMIT);
        StepVerifier.create(connection.closed())
                .assertNext(end -> assertThat(end.reasonCode()).hasValue(0x87))
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void whoDidNotLogInWithATicketShowsNone() {
        MqttConnection connection = new HiveMqConnector(Schedulers.parallel())
                .connect(remote().request("plain"))
                .block(LIMIT);
        StepVerifier.create(connection.reauthenticate(new Ticket("second")))
                .expectNext(false)
                .expectComplete()
                .verify(LIMIT);
        connection.disconnect().block(LIMIT);
    }

    @Test
    void anExpiredTicketIsFollowedByAFreshOne() {
        AtomicInteger asked = new AtomicInteger();
        StitchStore store = started(
                remote().tickets(() -> Mono.fromSupplier(() -> asked.getAndIncrement() == 0 ? "expired" : "fresh")));

        assertEnds(store, Status.CONNECTED);
        assertThat(broker.tickets).containsExactly("expired", "fresh");
        Board.close(store);
    }

    @Test
    void ticketsThatAreAllRefusedInvalidateTheSession() {
        StitchStore store = started(remote().tickets(() -> Mono.just("ask-expired")));

        StepVerifier.create(store.sessionInvalid().next())
                .assertNext(error -> assertThat(error)
                        .hasMessageContaining("0x87")
                        .hasMessageContaining("ticket")
                        .hasMessageNotContaining("ask-expired")
                        .extracting("reason")
                        .isEqualTo(Reason.INVALID_LOGIN))
                .expectComplete()
                .verify(LIMIT);
        assertEnds(store, Status.ERROR);
        assertThat(broker.tickets).containsExactly("ask-expired", "ask-expired", "ask-expired", "ask-expired");
        Board.close(store);
    }

    @Test
    void aMethodThatTheBrokerDoesNotKnowEndsItAtOnce() {
        StitchStore store = started(remote().tickets(() -> Mono.just("method")));

        assertEnds(store, Status.ERROR);
        assertThat(broker.tickets).hasSize(1);
        Board.close(store);
    }

    @Test
    void ticketsOfAServerOverHttpLogInAsItsUser() {
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .route(routes -> routes.post(
                                "/auth/ticket",
                                (request, response) ->
                                        response.sendString(Mono.just("{\"ticket\":\"from-http\",\"expires_in\":30}")))
                        .get(
                                "/auth/session",
                                (request, response) -> response.sendString(
                                        Mono.just("{\"authenticated\":true,\"user\":{\"id\":\"ada\"}}"))))
                .bindNow();
        StitchStore store = started(remote().tickets(HttpTicketProvider.at("http://127.0.0.1:" + server.port())
                .cookie("sid", "abc")));

        assertEnds(store, Status.CONNECTED);
        StepVerifier.create(store.authenticatedUser().next())
                .assertNext(user -> assertThat(user.orElseThrow().id()).isEqualTo("ada"))
                .expectComplete()
                .verify(LIMIT);
        assertThat(broker.tickets).containsExactly("from-http");
        Board.close(store);
        server.disposeNow(Duration.ofSeconds(5));
    }
}
