package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class TicketsTest {
    private static final Map<String, String> USERS =
            Map.of("of-ada", "ada", "of-ben", "ben", "of-nobody", "", "of-the-server", "mqdb-internal-0");

    private static StitchServer server;

    @BeforeAll
    static void start() {
        server = StitchServer.start(StitchServerOptions.builder()
                .tickets(ticket -> Optional.ofNullable(USERS.get(ticket)))
                .owners(Map.of("project", "ownerId"))
                .webSocketPort(0)
                .build());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static TestClient client(String id, String ticket) {
        return new TestClient(server.url(), id, new TestTicket(ticket), null);
    }

    private static void assertRefused(Mqtt5ConnAckReasonCode code, StitchServer at, String id, TestTicket ticket) {
        assertThatThrownBy(() -> new TestClient(at.url(), id, ticket, null))
                .rootCause()
                .isInstanceOfSatisfying(
                        Mqtt5ConnAckException.class,
                        refused -> assertThat(refused.getMqttMessage().getReasonCode())
                                .isEqualTo(code));
    }

    @Test
    void whoShowsATicketOwnsWhatItCreatesAndIsNamedAsTheSender() {
        try (var ada = client("a1", "of-ada");
                var ben = client("b1", "of-ben")) {
            ben.subscribe("$DB/project/+/events/#");
            ben.subscribe("stitch/peer/#");

            assertThat(ada.code("$DB/project/create", "{\"id\":\"p1\"}")).isZero();
            assertThat(server.record("project", "p1")
                            .orElseThrow()
                            .path("ownerId")
                            .asString())
                    .isEqualTo("ada");
            assertThat(TestClient.properties(ben.next())).containsEntry("x-mqtt-sender", "mqdb-internal-0");
            assertThat(ben.code("$DB/project/p1", "{}")).isEqualTo(403);

            ada.publish("stitch/peer/hello", "{}", Map.of("x-mqtt-sender", "ben"), null);
            assertThat(TestClient.properties(ben.next()))
                    .containsEntry("x-mqtt-sender", "ada")
                    .containsEntry("x-mqtt-client-id", "a1");
        }
    }

    @Test
    void whoShowsNoTicketIsLetInByItsNameAsEver() {
        try (var dora = new TestClient(server, "d1", "dora", "")) {
            assertThat(dora.code("$DB/project/create", "{\"id\":\"p2\"}")).isZero();
            assertThat(server.record("project", "p2")
                            .orElseThrow()
                            .path("ownerId")
                            .asString())
                    .isEqualTo("dora");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "of-eve", "of-nobody", "of-the-server"})
    void aTicketThatNamesNobodyIsRefused(String ticket) {
        assertRefused(Mqtt5ConnAckReasonCode.NOT_AUTHORIZED, server, "c1", new TestTicket(ticket));
    }

    @Test
    void anotherMethodIsRefusedAndSoIsEachWhereThereAreNoTickets() {
        TestTicket other = new TestTicket("SCRAM-SHA-1", "of-ada", "of-ada");
        assertRefused(Mqtt5ConnAckReasonCode.BAD_AUTHENTICATION_METHOD, server, "c1", other);
        try (var without = StitchServer.start(StitchServerOptions.defaults())) {
            assertRefused(Mqtt5ConnAckReasonCode.BAD_AUTHENTICATION_METHOD, without, "c1", new TestTicket("of-ada"));
        }
    }

    @Test
    void aTicketDoesNotExcuseAReservedClientId() {
        assertRefused(
                Mqtt5ConnAckReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
                server,
                "__mqdb_server__",
                new TestTicket("of-ada"));
    }

    @Test
    void theSameTicketMayBeShownAgainAndAnotherUsersMayNot() throws InterruptedException {
        try (var ada = client("a1", "of-ada")) {
            ada.showTicketAgain();
            assertThat(ada.code("$DB/note/create", "{\"id\":\"n1\"}")).isZero();
        }
        try (var ada = new TestClient(server.url(), "a1", new TestTicket("JWT", "of-ada", "of-ben"), null)) {
            assertThatThrownBy(ada::showTicketAgain).isNotNull();
            assertThat(ada.cut.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aTicketForOneLoginIsAskedForOnceAndNamesTheSenderOfALastWill() {
        Set<String> unused = new HashSet<>(Set.of("once-1", "once-2"));
        var options = StitchServerOptions.builder()
                .tickets(ticket -> unused.remove(ticket) ? Optional.of("ada") : Optional.empty())
                .build();
        try (var single = StitchServer.start(options);
                var watcher = new TestClient(single, "c1");
                var dying = new TestClient(single.url(), "a1", new TestTicket("once-1"), "presence/a1")) {
            watcher.subscribe("presence/#");
            dying.die();
            assertThat(TestClient.properties(watcher.next()))
                    .containsEntry("x-mqtt-sender", "ada")
                    .containsEntry("x-mqtt-client-id", "a1");
            assertRefused(Mqtt5ConnAckReasonCode.NOT_AUTHORIZED, single, "a1", new TestTicket("once-1"));
            new TestClient(single.url(), "a1", new TestTicket("once-2"), null).close();
        }
    }

    @Test
    void ticketsAreGoodOverWebSocketsToo() {
        try (var ada = new TestClient(server.webSocketUrl(), "a1", new TestTicket("of-ada"), null)) {
            assertThat(ada.code("$DB/project/create", "{\"id\":\"p3\"}")).isZero();
            assertThat(server.record("project", "p3")
                            .orElseThrow()
                            .path("ownerId")
                            .asString())
                    .isEqualTo("ada");
        }
    }
}
