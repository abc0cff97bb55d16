package io.stitch.reactive.test;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.LastWill;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.peer.PeerSync;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static io.stitch.reactive.test.Board.SCHEMA;
import static io.stitch.reactive.test.Board.TASK;
import static io.stitch.reactive.test.ScopeAssert.assertThatScope;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class InMemoryLinkTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private InMemoryLink link = InMemoryLink.newServer(SCHEMA).on(time);

    @AfterEach
    void closeLink() {
        link.close();
        time.advanceTime();
        time.dispose();
    }

    private InMemoryLink use(InMemoryLink other) {
        link.close();
        link = other.on(time);
        return link;
    }

    private static InMemoryLink to(ServerKind kind) {
        return kind == ServerKind.NEW ? InMemoryLink.newServer(SCHEMA) : InMemoryLink.oldServer(SCHEMA);
    }

    private void advance(Duration duration) {
        time.advanceTimeBy(duration);
    }

    @ParameterizedTest
    @EnumSource(ServerKind.class)
    void whatTheServerHoldsStreamsInAndWritesReachIt(ServerKind kind) {
        use(to(kind)).server().put("task", Board.json("t1"));
        Scope scope = link.store().replaceScope("apollo");
        assertThatScope(scope).onVirtualTime(time).eventually(s -> s.hasOnly(TASK, "t1"));

        List<MutationResult.Status> results = new ArrayList<>();
        scope.create(TASK, Board.task("t2")).result().subscribe(result -> results.add(result.status()));
        advance(Duration.ofSeconds(1));
        assertThat(results).containsExactly(MutationResult.Status.SYNCED);
        assertThat(link.server().record("task", "t2")).isPresent();
    }

    @ParameterizedTest
    @EnumSource(ServerKind.class)
    void twoStoresSeeEachOthersWrites(ServerKind kind) {
        use(to(kind));
        Scope ada = link.store().replaceScope("apollo");
        Scope ben = link.store().replaceScope("apollo");
        advance(Duration.ofSeconds(1));
        ada.create(TASK, Board.task("t1")).subscribe();
        advance(Duration.ofSeconds(1));
        ben.update(TASK, "t1", Patch.of("done", true)).subscribe();
        assertThatScope(ada)
                .onVirtualTime(time)
                .eventually(s -> s.record(TASK, "t1").has("done", true));
    }

    @Test
    void aMessageIsUnderWayForAsLongAsTheDelay() {
        link.delay(Duration.ofMillis(100));
        Scope scope = link.store().replaceScope("apollo");
        advance(Duration.ofSeconds(5));
        List<Object> results = new ArrayList<>();
        scope.create(TASK, Board.task("t1")).subscribe(results::add);
        advance(Duration.ofMillis(199));
        assertThat(link.server().record("task", "t1")).isPresent();
        assertThat(results).isEmpty();
        advance(Duration.ofMillis(1));
        assertThat(results).hasSize(1);
    }

    @Test
    void messagesKeepTheirOrderWhenTheDelayBecomesShorter() {
        Scope scope = link.store().replaceScope("apollo");
        advance(Duration.ofSeconds(1));
        List<String> seen = new ArrayList<>();
        scope.mutations().subscribe(event -> seen.add(event.id()));
        link.delay(Duration.ofMillis(100));
        link.server().put("task", Board.json("t1"));
        link.delay(Duration.ZERO);
        link.server().put("task", Board.json("t2"));
        advance(Duration.ofMillis(99));
        assertThat(seen).isEmpty();
        advance(Duration.ofMillis(1));
        assertThat(seen).containsExactly("t1", "t2");
    }

    @Test
    void theSameSeedLosesTheSameMessages() {
        assertThat(seenWithLoss(7)).isEqualTo(seenWithLoss(7)).isNotEmpty().hasSizeLessThan(100);
        assertThat(seenWithLoss(8)).isNotEqualTo(seenWithLoss(7));
    }

    private List<String> seenWithLoss(long seed) {
        use(InMemoryLink.newServer(SCHEMA));
        Scope scope = link.store().replaceScope("apollo");
        advance(Duration.ofSeconds(1));
        link.lose(0.5, seed);
        for (int i = 0; i < 100; i++) {
            link.server().put("task", Board.json("t" + i));
        }
        assertThat(link.lostMessages()).isPositive();
        return scope.snapshot(TASK).stream().map(Board.Task::id).toList();
    }

    @Test
    void nothingIsLostAnyMoreAndAComparisonBringsTheRest() {
        Scope scope = link.store().replaceScope("apollo");
        advance(Duration.ofSeconds(1));
        link.lose(1, 1);
        link.server().put("task", Board.json("t1"));
        advance(Duration.ofSeconds(1));
        assertThatScope(scope).isEmpty(TASK);
        link.loseNothing();
        assertThatScope(scope)
                .onVirtualTime(time)
                .within(Duration.ofMinutes(40))
                .eventually(s -> s.hasOnly(TASK, "t1"));
    }

    @Test
    void aCutLinkEndsConnectionsAndLetsNobodyConnectUntilItIsRestored() {
        StitchStore store = link.store();
        List<Status> statuses = new ArrayList<>();
        store.connection().map(ConnectionStatus::status).subscribe(statuses::add);
        advance(Duration.ofSeconds(1));
        assertThat(statuses).endsWith(Status.CONNECTED);
        link.cut();
        advance(Duration.ofMinutes(2));
        assertThat(statuses).last().isNotEqualTo(Status.CONNECTED);
        assertThat(link.connectAttempts()).isBetween(8, 20);
        link.restore();
        advance(Duration.ofSeconds(30));
        assertThat(statuses).endsWith(Status.CONNECTED);
    }

    @Test
    void oneStoreIsCutOffAloneAndWhatItWasSentIsLost() {
        StitchStore ada = link.store();
        StitchStore ben = link.store();
        Scope adas = ada.replaceScope("apollo");
        Scope bens = ben.replaceScope("apollo");
        advance(Duration.ofSeconds(1));
        link.cut(ada);
        link.server().put("task", Board.json("t1"));
        advance(Duration.ofSeconds(1));
        assertThatScope(bens).hasOnly(TASK, "t1");
        assertThatScope(adas).isEmpty(TASK);
        link.restore(ada);
        assertThatScope(adas).onVirtualTime(time).within(Duration.ofMinutes(1)).eventually(s -> s.hasOnly(TASK, "t1"));
    }

    @Test
    void aRequestThatIsUnderWayWhenTheLinkIsCutIsInDoubtAndDoneOnce() {
        link.delay(Duration.ofMillis(100));
        Scope scope = link.store().replaceScope("apollo");
        advance(Duration.ofSeconds(5));
        scope.create(TASK, Board.task("t1")).subscribe();
        advance(Duration.ofMillis(150));
        link.cut();
        advance(Duration.ofSeconds(1));
        link.restore();
        advance(Duration.ofMinutes(1));
        assertThat(link.server().executedWrites()).hasSize(1);
        assertThatScope(scope).hasOnly(TASK, "t1");
    }

    @Test
    void theServersFaultsAreThere() {
        Scope scope = link.store().replaceScope("apollo");
        advance(Duration.ofSeconds(1));
        link.server().failRequests(1, 403, "forbidden: task");
        List<Throwable> errors = new ArrayList<>();
        scope.create(TASK, Board.task("t1")).subscribe(done -> {}, errors::add);
        advance(Duration.ofSeconds(1));
        assertThat(errors).singleElement().isInstanceOf(RequestRefusedException.class);
        assertThatScope(scope).isEmpty(TASK);
    }

    @Test
    void aDelayedReplyComesInVirtualTimeToo() {
        Scope scope = link.store().replaceScope("apollo");
        advance(Duration.ofSeconds(1));
        link.server().delayReplies(3_000);
        List<Object> results = new ArrayList<>();
        scope.create(TASK, Board.task("t1")).subscribe(results::add);
        advance(Duration.ofMillis(2_999));
        assertThat(results).isEmpty();
        advance(Duration.ofMillis(1));
        assertThat(results).hasSize(1);
    }

    @Test
    void aServerThatIsRestartedKeepsItsRecords() {
        Scope scope = link.store().replaceScope("apollo");
        advance(Duration.ofSeconds(1));
        link.server().stopBroker();
        link.server().put("task", Board.json("t1"));
        advance(Duration.ofSeconds(1));
        assertThatScope(scope).isEmpty(TASK);
        link.server().startBroker();
        assertThatScope(scope).onVirtualTime(time).within(Duration.ofMinutes(1)).eventually(s -> s.hasOnly(TASK, "t1"));
    }

    @Test
    void usersAreWhoTheyLogInAs() {
        use(InMemoryLink.server(
                SCHEMA, options -> options.users(Map.of("ada", "secret")).owners(Map.of("project", "owner"))));
        StitchStore ada = link.store(builder -> builder.remote(link.remote().login("ada", "secret")));
        StitchStore mallory = link.store(builder -> builder.remote(link.remote().login("ada", "guessed")));
        List<Throwable> invalid = new ArrayList<>();
        mallory.sessionInvalid().subscribe(invalid::add);
        ada.replaceScope("apollo")
                .create(Board.PROJECT, new Board.Project("apollo", "Apollo"))
                .subscribe();
        advance(Duration.ofSeconds(1));
        assertThat(link.server()
                        .record("project", "apollo")
                        .orElseThrow()
                        .path("owner")
                        .asString())
                .isEqualTo("ada");
        assertThat(invalid).hasSize(1);
    }

    @Test
    void aTicketIsAUsersAndNobodyElseIsLetIn() {
        use(InMemoryLink.server(
                SCHEMA, options -> options.users(Map.of("ben", "secret")).owners(Map.of("project", "owner"))));
        link.acceptTicket("of-ada", "ada").acceptLogin("ines", "hidden");
        StitchStore ada = link.store(builder -> builder.remote(link.remote().tickets(() -> Mono.just("of-ada"))));
        List<StitchStore> let =
                List.of(ada, link.store(builder -> builder.remote(link.remote().login("ines", "hidden"))));
        List<StitchStore> refused = List.of(
                link.store(),
                link.store(builder -> builder.remote(link.remote().tickets(() -> Mono.just("of-eve")))),
                link.store(builder -> builder.remote(link.remote().login("ines", "guessed"))),
                link.store(builder -> builder.remote(link.remote().login("ben", "secret"))));
        ada.replaceScope("apollo")
                .create(Board.PROJECT, new Board.Project("apollo", "Apollo"))
                .subscribe();
        advance(Duration.ofSeconds(5));

        assertThat(let).allMatch(store -> store.connectionStatus().isConnected());
        assertThat(refused).allMatch(store -> store.connectionStatus().status() == Status.ERROR);
        assertThat(link.server()
                        .record("project", "apollo")
                        .orElseThrow()
                        .path("owner")
                        .asString())
                .isEqualTo("ada");
    }

    @Test
    void aWillThatIsReservedIsRefusedWhoeverLogsIn() {
        use(InMemoryLink.newServer(SCHEMA).acceptTicket("of-ada", "ada"));
        StitchStore store = link.store(builder -> builder.remote(link.remote()
                .tickets(() -> Mono.just("of-ada"))
                .lastWill(LastWill.of("$DB/project/apollo/task/events/created", willOf("t9")))));
        advance(Duration.ofSeconds(5));
        assertThat(store.connectionStatus().status()).isEqualTo(Status.ERROR);
    }

    @Test
    void aServerThatTakesTicketsIsAskedWhoseTheyAre() {
        Map<String, String> users = Map.of("of-ada", "ada");
        use(InMemoryLink.server(
                SCHEMA,
                options -> options.tickets(ticket -> Optional.ofNullable(users.get(ticket)))
                        .owners(Map.of("project", "owner"))));
        StitchStore ada = link.store(builder -> builder.remote(link.remote().tickets(() -> Mono.just("of-ada"))));
        StitchStore eve = link.store(builder -> builder.remote(link.remote().tickets(() -> Mono.just("of-eve"))));
        ada.replaceScope("apollo")
                .create(Board.PROJECT, new Board.Project("apollo", "Apollo"))
                .subscribe();
        advance(Duration.ofSeconds(5));

        assertThat(eve.connectionStatus().status()).isEqualTo(Status.ERROR);
        assertThat(link.server()
                        .record("project", "apollo")
                        .orElseThrow()
                        .path("owner")
                        .asString())
                .isEqualTo("ada");
    }

    @Test
    void aTicketThatWasNotNamedSaysWhatToDo() {
        use(InMemoryLink.newServer(SCHEMA));
        StitchStore store = link.store(builder -> builder.remote(link.remote().tickets(() -> Mono.just("of-ada"))));
        advance(Duration.ofSeconds(5));
        assertThat(store.connectionStatus().error()).hasMessageContaining("acceptTicket");
    }

    @Test
    void peersNeedABrokerOnly() {
        use(InMemoryLink.broker(SCHEMA));
        StitchStore adas = link.store(builder -> builder.syncMode(PeerSync.create()));
        StitchStore bens = link.store(builder -> builder.syncMode(PeerSync.create()));
        Scope ada = adas.replaceScope("apollo");
        Scope ben = bens.replaceScope("apollo");
        advance(Duration.ofSeconds(1));
        link.cut(bens);
        ada.create(TASK, Board.task("t1")).subscribe();
        ben.create(TASK, Board.task("t2")).subscribe();
        advance(Duration.ofSeconds(1));
        assertThatScope(ada).hasOnly(TASK, "t1");
        link.restore();
        assertThatScope(ada).onVirtualTime(time).within(LIMIT).eventually(s -> s.hasOnly(TASK, "t1", "t2"));
        assertThatScope(ben).onVirtualTime(time).within(LIMIT).eventually(s -> s.hasOnly(TASK, "t1", "t2"));
        assertThatIllegalStateException().isThrownBy(link::server);
    }

    @Test
    void aLastWillIsPublishedWhenTheLinkIsCutAndNotOnADisconnect() {
        use(InMemoryLink.broker(SCHEMA));
        StitchStore ben = link.store(builder -> builder.syncMode(PeerSync.create())
                .remote(link.remote()
                        .lastWill(LastWill.of("stitch/peer/project/apollo/task/events/created", willOf("t9")))));
        Scope ada = link.store(builder -> builder.syncMode(PeerSync.create())).replaceScope("apollo");
        advance(Duration.ofSeconds(1));
        ben.disconnect().subscribe();
        advance(Duration.ofSeconds(1));
        assertThatScope(ada).isEmpty(TASK);
        ben.connect().subscribe();
        advance(Duration.ofSeconds(1));
        link.cut(ben);
        advance(Duration.ofSeconds(1));
        assertThatScope(ada).hasOnly(TASK, "t9");
    }

    @Test
    void aLastWillKeepsItsSignature() throws NoSuchAlgorithmException {
        use(InMemoryLink.broker(SCHEMA));
        KeyPair keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        PeerSync adas = PeerSync.builder().signed(keys, List.of()).build();
        StitchStore ada = link.store(builder -> builder.syncMode(adas));
        List<Integer> present = new ArrayList<>();
        adas.presence("apollo").subscribe(list -> present.add(list.size()));
        ada.replaceScope("apollo");
        StitchStore ben = link.store(builder ->
                builder.syncMode(PeerSync.builder().signed(keys, List.of()).build()));
        ben.replaceScope("apollo");
        advance(Duration.ofSeconds(1));
        link.cut(ben);
        advance(Duration.ofSeconds(1));
        assertThat(present).containsExactly(0, 1, 0);
    }

    private static String willOf(String id) {
        return "{\"operation\":\"Create\",\"entity\":\"task\",\"id\":\"%1$s\",\"data\":%2$s,\"hlc\":{\"ts\":1,\"counter\":0,\"nodeId\":\"w\"}}"
                .formatted(id, Board.json(id).replace("}", ",\"_hlc\":{\"ts\":1,\"counter\":0,\"nodeId\":\"w\"}}"));
    }

    @Test
    void aSecondClientWithTheSameIdTakesTheConnectionOver() {
        StitchStore first = link.store(builder -> builder.clientId("twin"));
        List<Status> statuses = new ArrayList<>();
        first.connection().map(ConnectionStatus::status).subscribe(statuses::add);
        advance(Duration.ofMillis(10));
        link.store(builder -> builder.clientId("twin"));
        advance(Duration.ofMillis(10));
        assertThat(statuses).last().isNotEqualTo(Status.CONNECTED);
    }

    @Test
    void aLinkThatIsSlowerThanTheTimeoutDoesNotConnect() {
        link.delay(Duration.ofSeconds(6));
        StitchStore store = link.store();
        List<String> errors = new ArrayList<>();
        store.connection()
                .filter(status -> status.error() != null)
                .subscribe(status -> errors.add(String.valueOf(status.error().getMessage())));
        advance(Duration.ofSeconds(11));
        assertThat(errors).anyMatch(error -> error.contains("slower than the connect timeout"));
    }

    @Test
    void underVirtualTimeOfAStepVerifierNothingNeedsToBeNamed() {
        InMemoryLink other = InMemoryLink.newServer(SCHEMA).delay(Duration.ofSeconds(2));
        other.server().put("task", Board.json("t1"));
        StepVerifier.withVirtualTime(
                        () -> other.store().replaceScope("apollo").records(TASK).map(List::size))
                .expectNext(0)
                .expectNoEvent(Duration.ofSeconds(7))
                .thenAwait(Duration.ofSeconds(10))
                .expectNext(1)
                .thenCancel()
                .verify(LIMIT);
        other.close();
    }

    @Test
    void inRealTimeItWorksWithoutABrokerToo() {
        try (InMemoryLink real = InMemoryLink.newServer(SCHEMA)) {
            Scope ada = real.store().replaceScope("apollo");
            Scope ben = real.store().replaceScope("apollo");
            assertThat(ada.create(TASK, Board.task("t1")).block(LIMIT)).isEqualTo(Board.task("t1"));
            assertThatScope(ben).eventually(s -> s.hasOnly(TASK, "t1"));
        }
    }

    @Test
    void onlyTheStoresOfTheLinkAreClosedWithIt() {
        StitchStore store = link.store();
        List<Status> statuses = new ArrayList<>();
        store.connection()
                .map(ConnectionStatus::status)
                .doOnComplete(() -> statuses.clear())
                .subscribe(statuses::add);
        advance(Duration.ofSeconds(1));
        link.close();
        advance(Duration.ofSeconds(1));
        assertThat(statuses).isEmpty();
    }

    private MqttConnection connection() {
        List<MqttConnection> connections = new ArrayList<>();
        link.connect(new ConnectRequest(
                        URI.create("mqtt://in-memory.invalid"), "raw", null, LIMIT, Duration.ofSeconds(60)))
                .subscribe(connections::add);
        advance(Duration.ofMillis(1));
        return connections.get(0);
    }

    private static OutboundMessage event(String id) {
        String event = "{\"operation\":\"Create\",\"entity\":\"task\",\"id\":\"%s\",\"data\":%s}"
                .formatted(id, Board.json(id));
        return new OutboundMessage(
                "$DB/project/apollo/task/events/created",
                event.getBytes(StandardCharsets.UTF_8),
                null,
                null,
                List.of(new UserProperty("x-mqtt-sender", "mqdb-internal-0")));
    }

    @Test
    void whatAClientPublishesInTheServersNameIsSeenThrough() {
        use(InMemoryLink.oldServer(SCHEMA));
        StitchStore store = link.store();
        Scope scope = store.replaceScope("apollo");
        advance(Duration.ofSeconds(1));
        connection().publish(event("t1")).subscribe();
        advance(Duration.ofSeconds(1));
        assertThatScope(scope).isEmpty(TASK);
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.FORGED, 1L);
    }

    @Test
    void whoWaitsForTheBrokerHearsThatTheConnectionEnded() {
        MqttConnection connection = connection();
        link.delay(Duration.ofSeconds(1));
        List<Throwable> errors = new ArrayList<>();
        connection.publish(event("t1")).subscribe(done -> {}, errors::add);
        link.cut();
        advance(Duration.ofMillis(1));
        connection.publish(event("t1")).subscribe(done -> {}, errors::add);
        assertThat(errors)
                .extracting(error -> ((TransportException) error).kind())
                .containsExactly(TransportException.Kind.CONNECTION_LOST, TransportException.Kind.NOT_CONNECTED);
    }

    @Test
    void whatCannotWorkIsSaid() {
        assertThatIllegalArgumentException().isThrownBy(() -> link.lose(1.5, 1)).withMessageContaining("0 to 1");
        assertThatIllegalArgumentException().isThrownBy(() -> link.delay(Duration.ofMillis(-1)));
        StitchSchema two = StitchSchema.root(Board.PROJECT)
                .child(TASK, "projectId")
                .child(EntityType.json("note"), "boardId")
                .build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> InMemoryLink.newServer(two))
                .withMessageContaining("one scope field");
    }
}
