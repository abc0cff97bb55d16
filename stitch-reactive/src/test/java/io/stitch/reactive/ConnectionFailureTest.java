package io.stitch.reactive;

import io.stitch.reactive.ConnectionException.Reason;
import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.Board.PROJECT;
import static io.stitch.reactive.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** What an application learns when a broker does not do as it should. */
class ConnectionFailureTest {
    @Test
    void aBrokerThatIsDownIsReportedWithItsAddressAndTheScopeIsThereAllTheSame() throws IOException {
        int port = freePort();
        StitchStore store = Board.store("mqtt://127.0.0.1:" + port).build();
        store.start().block(LIMIT);

        StepVerifier.create(firstFailure(store))
                .assertNext(error -> assertThat(error)
                        .hasMessageContaining("127.0.0.1:" + port)
                        .extracting("reason")
                        .isEqualTo(Reason.UNREACHABLE))
                .expectComplete()
                .verify(LIMIT);
        assertThat(store.replaceScope("p1").snapshot(TASK)).isEmpty();
        StepVerifier.create(store.read(TASK, "t1"))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(RequestFailedException.class)
                        .extracting("reason")
                        .isEqualTo(RequestFailedException.Reason.NOT_CONNECTED))
                .verify(LIMIT);
        Board.close(store);
    }

    @Test
    void aRefusedLoginStopsTheStoreAndNeverShowsThePassword() {
        var options =
                StitchServerOptions.builder().users(Map.of("ada", "right")).build();
        try (var server = StitchServer.start(options)) {
            StitchStore store = StitchStore.builder()
                    .schema(Board.SCHEMA)
                    .remote(RemoteOptions.to(server.url()).login("ada", "wrong-secret"))
                    .build();
            store.start().block(LIMIT);

            StepVerifier.create(store.connection()
                            .filter(state -> state.status() == Status.ERROR)
                            .next())
                    .assertNext(state -> assertThat(state.error())
                            .hasMessageContaining("the user name or password is wrong")
                            .hasMessageNotContaining("wrong-secret")
                            .extracting("reason")
                            .isEqualTo(Reason.INVALID_LOGIN))
                    .expectComplete()
                    .verify(LIMIT);
            Board.close(store);
        }
    }

    @Test
    void anAttemptThatWasGivenUpAndReachesTheBrokerLateDoesNotEndTheNextConnection() throws IOException {
        LateConnect late = new LateConnect();
        try (var server = StitchServer.start(StitchServerOptions.builder().build());
                var proxy = ChaosProxy.to(server.port(), late)) {
            StitchStore store = Board.store(proxy.url()).build();
            List<Status> states = new CopyOnWriteArrayList<>();
            store.connection().map(ConnectionStatus::status).subscribe(states::add);
            store.start().block(LIMIT);

            StepVerifier.create(late.underWay
                            .asMono()
                            .then(store.reconnect())
                            .then(late.answered.asMono())
                            .then(store.openScope("p1").create(PROJECT, new Board.Project("p1", "Apollo"))))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(states).endsWith(Status.DISCONNECTED, Status.CONNECTING, Status.CONNECTED);
            assertThat(store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.SESSION_TAKEN_OVER);
            Board.close(store);
        }
    }

    /** Holds the first CONNECT up, and tells when that is under way, and when the broker has answered it. */
    private static final class LateConnect implements Misfortune {
        final Sinks.Empty<Void> underWay = Sinks.empty();
        final Sinks.Empty<Void> answered = Sinks.empty();

        @Override
        public Fate fate(int connection, boolean up) {
            if (connection > 0) {
                return () -> Fault.NEVER;
            }
            Sinks.Empty<Void> struck = up ? underWay : answered;
            Iterator<Fault> faults = List.of(up ? new Fault(1, Kind.STALL, 500) : new Fault(1, Kind.DELAY, 0))
                    .iterator();
            return () -> {
                if (faults.hasNext()) {
                    return faults.next();
                }
                struck.tryEmitEmpty();
                return Fault.NEVER;
            };
        }
    }

    @Test
    void aBrokerThatDisconnectsOnThePrefixIsReportedWithThePrefix() {
        // As a HiveMQ that nobody told otherwise: the first hello ends the connection.
        try (var server = StitchServer.start(
                StitchServerOptions.builder().dollarTopics(false).build())) {
            StitchStore store = Board.connect(Board.store(server.url()));
            store.replaceScope("p1");

            StepVerifier.create(firstFailure(store))
                    .assertNext(error ->
                            assertThat(error).hasMessageContaining("'$DB'").hasMessageContaining("topic prefix"))
                    .expectComplete()
                    .verify(LIMIT);
            Board.close(store);
        }
    }

    @Test
    void anotherPrefixWorksOnABrokerThatForbidsDollarTopics() {
        var options = StitchServerOptions.builder()
                .dollarTopics(false)
                .prefix("stitch/db")
                .responsePrefix("stitch/clients")
                .build();
        try (var server = StitchServer.start(options)) {
            Board.seedProject(server, "p1", 3);
            StitchStore store = Board.connect(Board.store(server.url())
                    .syncMode(ServerSync.builder()
                            .topicPrefix("stitch/db")
                            .responsePrefix("stitch/clients")
                            .build()));
            StepVerifier.create(Board.tasks(store.replaceScope("p1"), 3))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            Board.close(store);
        }
    }

    @Test
    void aScopeOfAnotherUserIsRefusedAndTheStoreGoesOn() {
        var options = StitchServerOptions.builder()
                .users(Map.of("ada", "a", "ben", "b"))
                .owners(Map.of("project", "ownerId"))
                .build();
        try (var server = StitchServer.start(options)) {
            StitchStore ada = login(server, "ada", "a");
            StitchStore ben = login(server, "ben", "b");
            StepVerifier.create(ada.openScope("hers").create(PROJECT, new Board.Project("hers", "Private")))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);

            StepVerifier.create(ben.scopeErrors().next())
                    .then(() -> ben.openScope("hers"))
                    .assertNext(refusal -> {
                        assertThat(refusal.scopeId()).isEqualTo("hers");
                        assertThat(refusal.code()).isEqualTo(403);
                    })
                    .expectComplete()
                    .verify(LIMIT);
            StepVerifier.create(ben.openScope("his").create(PROJECT, new Board.Project("his", "Own")))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            StepVerifier.create(ben.listRoots(PROJECT).map(Board.Project::id))
                    .expectNext("his")
                    .expectComplete()
                    .verify(LIMIT);
            Board.close(ada, ben);
        }
    }

    @Test
    void twoStoresWithOneClientIdSayItAndDoNotFight() {
        try (var server = StitchServer.start(StitchServerOptions.defaults())) {
            StitchStore first = Board.connect(server, "same");
            StitchStore second = Board.connect(server, "same");

            StepVerifier.create(firstFailure(first))
                    .assertNext(error -> assertThat(error).hasMessageContaining("client id 'same'"))
                    .expectComplete()
                    .verify(LIMIT);
            StepVerifier.create(second.connection().next())
                    .assertNext(state -> assertThat(state.isConnected()).isTrue())
                    .expectComplete()
                    .verify(LIMIT);
            Board.close(first, second);
        }
    }

    private static StitchStore login(StitchServer server, String user, String password) {
        return Board.connect(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT)
                        .child(TASK, "projectId")
                        .userScopeField("ownerId")
                        .build())
                .remote(RemoteOptions.to(server.url()).login(user, password).connectTimeout(Duration.ofSeconds(20))));
    }

    private static Mono<Throwable> firstFailure(StitchStore store) {
        return store.connection()
                .filter(state -> state.status() == Status.DISCONNECTED)
                .mapNotNull(ConnectionStatus::error)
                .next();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
