package io.stitch.reactive;

import io.stitch.reactive.ConnectionException.Reason;
import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;

import static org.assertj.core.api.Assertions.assertThat;

/** The connection's life, with a broker that does what a test says and a clock that the test moves. */
class ConnectionInVirtualTimeTest {
    private static final EntityType<ObjectNode> DRAFT = EntityType.json("draft");
    private static final StitchSchema SCHEMA = StitchSchema.root(Board.PROJECT)
            .child(Board.TASK, "projectId")
            .topLevel(Board.NOTE)
            .localOnly(DRAFT)
            .build();

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final ScriptedBroker broker = ScriptedBroker.ofNewServer();
    private final List<StitchStore> opened = new ArrayList<>();
    private final List<Status> states = new ArrayList<>();
    private final List<Throwable> errors = new ArrayList<>();

    @AfterEach
    void closeStores() {
        opened.forEach(store -> store.close().subscribe());
        time.advanceTime();
        assertThat(broker.openConnections()).as("connections left open").isZero();
        time.dispose();
    }

    private StitchStore store(UnaryOperator<StitchStoreBuilder> changes) {
        StitchStore store = changes.apply(StitchStore.builder()
                        .schema(SCHEMA)
                        .remote(RemoteOptions.to("mqtt://broker.example"))
                        .clientId("c1")
                        .scheduler(time)
                        .connector(broker))
                .build();
        opened.add(store);
        store.connection().subscribe(state -> {
            states.add(state.status());
            if (state.error() != null) {
                errors.add(state.error());
            }
        });
        return store;
    }

    private StitchStore started() {
        StitchStore store = store(builder -> builder);
        store.start().subscribe();
        settle();
        return store;
    }

    private void settle() {
        time.advanceTime();
    }

    private void advance(Duration duration) {
        time.advanceTimeBy(duration);
    }

    private Reason lastReason() {
        return ((ConnectionException) errors.get(errors.size() - 1)).reason();
    }

    @Test
    void theStatusOfAStoreGoesFromOfflineToConnectedAndIsReplayed() {
        StitchStore store = started();

        assertThat(states).containsExactly(Status.OFFLINE, Status.CONNECTING, Status.CONNECTED);
        StepVerifier.create(store.connection().map(ConnectionStatus::status))
                .expectNext(Status.CONNECTED)
                .thenCancel()
                .verify();
    }

    @Test
    void withoutAutoConnectNothingIsTriedUntilConnect() {
        StitchStore store = store(builder -> builder.autoConnect(false));
        store.start().subscribe();
        advance(Duration.ofMinutes(5));
        assertThat(broker.attempts).isZero();
        assertThat(states).containsExactly(Status.OFFLINE);

        StepVerifier.create(store.connect()).then(this::settle).verifyComplete();
        assertThat(states).containsExactly(Status.OFFLINE, Status.CONNECTING, Status.CONNECTED);
    }

    @Test
    void connectBeforeStartSaysSo() {
        StitchStore store = store(builder -> builder);

        StepVerifier.create(store.connect())
                .then(this::settle)
                .expectErrorSatisfies(error -> assertThat(error)
                        .hasMessageContaining("start()")
                        .extracting("reason")
                        .isEqualTo(Reason.OFFLINE))
                .verify();
    }

    @Test
    void theWaitsGrowToSixteenSecondsAndAreFifteenFromThenOn() {
        broker.accepts = request -> Mono.error(
                new TransportException(TransportException.Kind.CONNECT_FAILED, -1, "connection refused", null));
        started();

        List<Long> waits = waitsBetweenAttempts(9);

        List<Long> expected = List.of(1_000L, 2_000L, 4_000L, 8_000L, 16_000L);
        for (int i = 0; i < expected.size(); i++) {
            long least = expected.get(i);
            assertThat(waits.get(i)).as("wait " + i).isBetween(least, least * 5 / 4);
        }
        assertThat(waits.subList(5, 9)).containsOnly(15_000L);
        assertThat(states).doesNotContain(Status.CONNECTED, Status.ERROR);
        assertThat(lastReason()).isEqualTo(Reason.UNREACHABLE);
    }

    @Test
    void aConnectionThatBreaksAtOnceDoesNotBeginTheWaitsAnew() {
        broker.accepts = request -> {
            time.schedule(() -> broker.end(0x8B), 1, TimeUnit.MILLISECONDS);
            return Mono.empty();
        };
        started();

        List<Long> waits = waitsBetweenAttempts(7);

        assertThat(states).contains(Status.CONNECTED);
        assertThat(waits.get(4)).isBetween(16_000L, 20_002L);
        assertThat(waits.get(6)).isBetween(15_000L, 15_002L);
    }

    @Test
    void aConnectionThatLastedTenSecondsDoes() {
        started();
        for (int i = 0; i < 4; i++) {
            broker.connectErrors.add(
                    new TransportException(TransportException.Kind.CONNECT_FAILED, -1, "connection refused", null));
        }
        broker.end(0x8B);
        advance(Duration.ofMinutes(1));
        advance(Duration.ofSeconds(10));
        int before = broker.attempts;

        broker.end(0x8B);
        settle();
        advance(Duration.ofMillis(1_250));

        assertThat(broker.attempts).isEqualTo(before + 1);
    }

    private List<Long> waitsBetweenAttempts(int count) {
        List<Long> waits = new ArrayList<>();
        long last = time.now(TimeUnit.MILLISECONDS);
        int seen = broker.attempts;
        while (waits.size() < count && time.now(TimeUnit.MILLISECONDS) < 600_000) {
            advance(Duration.ofMillis(1));
            if (broker.attempts > seen) {
                seen = broker.attempts;
                waits.add(time.now(TimeUnit.MILLISECONDS) - last);
                last = time.now(TimeUnit.MILLISECONDS);
            }
        }
        return waits;
    }

    @ParameterizedTest
    @ValueSource(ints = {0x86, 0x87, 0x8C})
    void anInvalidLoginStopsTheStoreUntilTheNextLogin(int reasonCode) {
        broker.refuse(reasonCode);
        StitchStore store = started();
        List<StitchException> invalid = new ArrayList<>();
        advance(Duration.ofHours(1));
        store.sessionInvalid().subscribe(invalid::add);

        assertThat(broker.attempts).isEqualTo(1);
        assertThat(states).endsWith(Status.ERROR);
        assertThat(invalid).singleElement().satisfies(error -> {
            assertThat(error.isTransient()).isFalse();
            assertThat(error).extracting("reason").isEqualTo(Reason.INVALID_LOGIN);
        });

        StepVerifier.create(store.reconnect(
                        RemoteOptions.to("mqtt://broker.example").login("ada", "new")))
                .then(this::settle)
                .verifyComplete();
        StepVerifier.create(store.sessionInvalid())
                .thenAwait(Duration.ofMillis(1))
                .thenCancel()
                .verify();
        store.sessionInvalid().subscribe(again -> invalid.add(again));
        assertThat(invalid).as("no longer invalid").hasSize(1);
    }

    @Test
    void aBrokerThatEndsTheConnectionAsNotAuthorizedInvalidatesTheSession() {
        StitchStore store = started();
        List<StitchException> invalid = new ArrayList<>();
        store.sessionInvalid().subscribe(invalid::add);
        broker.deliver("$DB/clients/c1/unknown", "{'status':'ok','data':{}}");
        settle();

        broker.end(0x87);
        advance(Duration.ofHours(1));

        assertThat(broker.attempts).isEqualTo(1);
        assertThat(states).endsWith(Status.ERROR);
        assertThat(invalid).hasSize(1);
    }

    @Test
    void aRequestThatIsAnsweredWith401InvalidatesTheSession() {
        broker.answers = message ->
                message.responseTopic() == null ? null : "{'status':'error','code':401,'message':'session expired'}";
        StitchStore store = store(builder -> builder.schema(
                StitchSchema.root(Board.PROJECT).child(Board.TASK, "projectId").build()));
        List<StitchException> invalid = new ArrayList<>();
        store.sessionInvalid().subscribe(invalid::add);
        store.start().subscribe();
        settle();

        StepVerifier.create(store.read(Board.TASK, "t1"))
                .then(this::settle)
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                RequestRefusedException.class,
                                refused -> assertThat(refused.code()).isEqualTo(401)))
                .verify();
        advance(Duration.ofHours(1));

        assertThat(broker.attempts).isEqualTo(1);
        assertThat(states).endsWith(Status.CONNECTED, Status.ERROR);
        assertThat(invalid).singleElement().isInstanceOf(RequestRefusedException.class);
        assertThat(broker.openConnections()).isZero();
    }

    @Test
    void aReplyOf401ToNoRequestChangesNothing() {
        started();

        broker.deliver("$DB/clients/c1/made-up", "{'status':'error','code':401,'message':'forged'}");
        settle();

        assertThat(states).endsWith(Status.CONNECTED);
    }

    @Test
    void disconnectStaysOfflineAndConnectComesBack() {
        StitchStore store = started();
        Scope scope = store.openScope("p1");
        settle();

        StepVerifier.create(store.disconnect()).then(this::settle).verifyComplete();
        advance(Duration.ofHours(1));
        assertThat(states).endsWith(Status.CONNECTED, Status.OFFLINE);
        assertThat(broker.openConnections()).isZero();
        assertThat(broker.attempts).isEqualTo(1);
        assertThat(scope.isClosed()).isFalse();

        StepVerifier.create(store.connect()).then(this::settle).verifyComplete();
        assertThat(broker.sentTo("$DB/project/p1/hello"))
                .as("the scope is compared again")
                .hasSize(2);
    }

    @Test
    void disconnectDuringAnAttemptClosesAConnectionThatComesAboutLate() {
        Sinks.One<MqttConnection> late = Sinks.one();
        StitchStore store = store(builder -> builder.connector(request -> {
            broker.requests.add(request);
            return unstoppable(late.asMono());
        }));
        store.start().subscribe();
        settle();
        assertThat(states).endsWith(Status.CONNECTING);

        store.disconnect().subscribe();
        settle();
        assertThat(states).endsWith(Status.OFFLINE);
        late.tryEmitValue(broker.accept(broker.requests.get(0)));
        settle();

        assertThat(states).endsWith(Status.OFFLINE);
        assertThat(broker.openConnections()).isZero();
    }

    /** As a client that connects whether somebody waits for it or not. */
    private static Mono<MqttConnection> unstoppable(Mono<MqttConnection> connection) {
        return new Mono<>() {
            @Override
            public void subscribe(CoreSubscriber<? super MqttConnection> actual) {
                actual.onSubscribe(Operators.emptySubscription());
                connection.subscribe(actual::onNext, actual::onError, actual::onComplete);
            }
        };
    }

    @Test
    void disconnectDuringTheWaitEndsTheAttempts() {
        broker.accepts = request -> Mono.error(
                new TransportException(TransportException.Kind.CONNECT_FAILED, -1, "connection refused", null));
        StitchStore store = started();
        advance(Duration.ofSeconds(5));
        int attempts = broker.attempts;

        store.disconnect().subscribe();
        advance(Duration.ofHours(1));

        assertThat(broker.attempts).isEqualTo(attempts);
        assertThat(states).endsWith(Status.OFFLINE);
    }

    @Test
    void whoWaitsForAConnectionLearnsThatItWasGivenUp() {
        broker.accepts = request -> Mono.never();
        StitchStore store = started();

        StepVerifier.create(store.connect())
                .then(this::settle)
                .then(() -> store.disconnect().subscribe())
                .then(this::settle)
                .expectErrorSatisfies(
                        error -> assertThat(error).extracting("reason").isEqualTo(Reason.OFFLINE))
                .verify();
        StepVerifier.create(store.connect())
                .then(this::settle)
                .then(() -> store.close().subscribe())
                .then(this::settle)
                .expectErrorSatisfies(
                        error -> assertThat(error).extracting("reason").isEqualTo(Reason.OFFLINE))
                .verify();
    }

    @Test
    void connectWaitsWhileTheBrokerIsDownAndFailsOnAnInvalidLogin() {
        broker.connectErrors.add(
                new TransportException(TransportException.Kind.CONNECT_FAILED, -1, "connection refused", null));
        broker.refuse(0x86);
        StitchStore store = store(builder -> builder.autoConnect(false));
        store.start().subscribe();

        StepVerifier.create(store.connect())
                .then(this::settle)
                .then(() -> assertThat(states).endsWith(Status.DISCONNECTED))
                .then(() -> advance(Duration.ofSeconds(2)))
                .expectErrorSatisfies(
                        error -> assertThat(error).extracting("reason").isEqualTo(Reason.INVALID_LOGIN))
                .verify();
    }

    @Test
    void cancellingConnectDoesNotStopConnecting() {
        broker.connectErrors.add(
                new TransportException(TransportException.Kind.CONNECT_FAILED, -1, "connection refused", null));
        StitchStore store = store(builder -> builder.autoConnect(false));
        store.start().subscribe();
        var waiting = store.connect().subscribe();
        settle();

        waiting.dispose();
        advance(Duration.ofSeconds(2));

        assertThat(states).endsWith(Status.CONNECTED);
    }

    @Test
    void reconnectDoesNotWaitForTheNextAttempt() {
        broker.accepts = request -> Mono.error(
                new TransportException(TransportException.Kind.CONNECT_FAILED, -1, "connection refused", null));
        StitchStore store = started();
        advance(Duration.ofSeconds(20));
        broker.accepts = request -> Mono.empty();

        StepVerifier.create(store.reconnect()).then(this::settle).verifyComplete();
        assertThat(states).endsWith(Status.DISCONNECTED, Status.CONNECTING, Status.CONNECTED);
    }

    @Test
    void reconnectEndsTheConnectionAndMakesAnother() {
        StitchStore store = started();

        StepVerifier.create(
                        store.reconnect(RemoteOptions.to("mqtt://other.example").login("ada", "secret")))
                .then(this::settle)
                .verifyComplete();

        assertThat(broker.openConnections()).isEqualTo(1);
        assertThat(broker.requests).hasSize(2);
        assertThat(broker.requests.get(1).uri()).hasHost("other.example");
        assertThat(store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.SESSION_TAKEN_OVER);
    }

    @Test
    void reconnectWithOptionsThatCannotWorkChangesNothing() {
        StitchStore store = started();

        StepVerifier.create(
                        store.reconnect(RemoteOptions.to("mqtt://other.example").connectTimeout(Duration.ZERO)))
                .then(this::settle)
                .expectErrorSatisfies(error ->
                        assertThat(error).isInstanceOf(SchemaException.class).hasMessageContaining("connectTimeout"))
                .verify();
        assertThat(states).endsWith(Status.CONNECTED);
    }

    @Test
    void closingDuringTheWaitOrAnAttemptEndsEverything() {
        broker.connectErrors.add(
                new TransportException(TransportException.Kind.CONNECT_FAILED, -1, "connection refused", null));
        StitchStore waiting = started();
        StepVerifier.create(waiting.close()).then(this::settle).verifyComplete();
        broker.accepts = request -> Mono.never();
        StitchStore connecting = started();
        StepVerifier.create(connecting.close())
                .then(() -> advance(Duration.ofSeconds(2)))
                .verifyComplete();
        int attempts = broker.attempts;
        advance(Duration.ofHours(1));

        assertThat(broker.attempts).isEqualTo(attempts);
        StepVerifier.create(connecting.connection().map(ConnectionStatus::status))
                .expectNext(Status.OFFLINE)
                .verifyComplete();
        StepVerifier.create(connecting.connect()).then(this::settle).verifyError(ClosedException.class);
        StepVerifier.create(connecting.disconnect()).then(this::settle).verifyComplete();
        StepVerifier.create(connecting.close()).then(this::settle).verifyComplete();
    }

    @Test
    void startingTwiceConnectsOnce() {
        broker.accepts = request -> Mono.never();
        StitchStore store = started();

        store.start().subscribe();
        store.connect().subscribe(unused -> {}, error -> {});
        settle();

        assertThat(broker.attempts).isEqualTo(1);
    }

    @Test
    void aBrokerThatNeverAcknowledgesTheInboxIsGivenUpAndTriedAgain() {
        broker.acknowledgesSubscriptions = Mono.never();
        started();
        advance(Duration.ofSeconds(30));
        assertThat(states).endsWith(Status.CONNECTING, Status.DISCONNECTED);
        assertThat(errors.get(0)).hasMessageContaining("did not acknowledge a subscription");
        assertThat(broker.openConnections()).isZero();

        broker.acknowledgesSubscriptions = Mono.empty();
        advance(Duration.ofSeconds(2));
        assertThat(states).endsWith(Status.CONNECTED);
    }

    @Test
    void twoStoresWithOneIdChangeSeldomerEachTimeAndSayWhy() {
        StitchStore first = started();
        StitchStore second = started();
        advance(Duration.ofHours(1));

        assertThat(broker.attempts).as("attempts of both in an hour").isBetween(5, 20);
        assertThat(first.diagnosticCounts()).containsKey(DiagnosticCode.SESSION_TAKEN_OVER);
        assertThat(errors).isNotEmpty().allSatisfy(error -> assertThat(error).hasMessageContaining("client id 'c1'"));
        second.close().subscribe();
        settle();
        advance(Duration.ofMinutes(7));
        StepVerifier.create(first.connection().map(ConnectionStatus::status))
                .expectNext(Status.CONNECTED)
                .thenCancel()
                .verify();
    }

    // ---- attempts that are given up, and whose CONNECT the broker reads all the same ----

    /** Counts who stopped waiting, which stops no real attempt. */
    private final AtomicInteger cancelled = new AtomicInteger();

    private Mono<Void> answeredBy(Sinks.Empty<Void> answer) {
        return answer.asMono().doOnCancel(cancelled::incrementAndGet);
    }

    @Test
    void reconnectWaitsForTheAnswerToAnAttemptThatIsUnderWay() {
        Sinks.Empty<Void> answer = Sinks.empty();
        broker.accepts = request -> answeredBy(answer);
        StitchStore store = started();

        StepVerifier.create(store.reconnect())
                .then(this::settle)
                .then(() -> assertThat(broker.attempts)
                        .as("attempts while one is not answered")
                        .isEqualTo(1))
                .then(answer::tryEmitEmpty)
                .then(this::settle)
                .verifyComplete();

        assertThat(cancelled).hasValue(0);
        assertThat(broker.attempts).isEqualTo(2);
        assertThat(broker.openConnections()).isEqualTo(1);
        assertThat(states).endsWith(Status.CONNECTING, Status.CONNECTED);
        assertThat(errors).isEmpty();
    }

    @Test
    void closingAndDisconnectingWaitForTheAnswerToAnAttemptThatIsUnderWayAndEndItsConnection() {
        for (Function<StitchStore, Mono<Void>> end :
                List.<Function<StitchStore, Mono<Void>>>of(StitchStore::disconnect, StitchStore::close)) {
            Sinks.Empty<Void> answer = Sinks.empty();
            broker.accepts = request -> answeredBy(answer);
            StitchStore store = started();

            StepVerifier.create(end.apply(store))
                    .then(this::settle)
                    .expectNoEvent(Duration.ofMillis(1))
                    .then(answer::tryEmitEmpty)
                    .then(this::settle)
                    .verifyComplete();
            assertThat(states).endsWith(Status.OFFLINE);
            assertThat(broker.openConnections()).isZero();
        }
        assertThat(cancelled).hasValue(0);
    }

    @Test
    void anAttemptWithoutAnAnswerHoldsUpTheNextOneForTwoSeconds() {
        broker.accepts = request -> answeredBy(Sinks.empty());
        StitchStore store = started();
        broker.accepts = request -> Mono.empty();
        store.reconnect().subscribe();

        advance(Duration.ofMillis(1_999));
        assertThat(broker.attempts).isEqualTo(1);
        advance(Duration.ofMillis(1));

        assertThat(cancelled).hasValue(1);
        assertThat(states).endsWith(Status.CONNECTED);
    }

    @Test
    void connectingWhileTheStoreStillDisconnectsWaitsForTheAttemptToo() {
        Sinks.Empty<Void> answer = Sinks.empty();
        broker.accepts = request -> answeredBy(answer);
        StitchStore store = started();

        store.disconnect().subscribe();
        store.connect().subscribe();
        settle();
        assertThat(broker.attempts).isEqualTo(1);
        answer.tryEmitEmpty();
        settle();

        assertThat(broker.attempts).isEqualTo(2);
        assertThat(broker.openConnections()).isEqualTo(1);
        assertThat(states).endsWith(Status.CONNECTED);
    }

    /** A store that is connected, behind an attempt that had no answer. */
    // ---- several addresses, headers ----

    private List<String> hosts() {
        return broker.requests.stream().map(request -> request.uri().getHost()).toList();
    }

    @Test
    void anAttemptThatFailsIsFollowedByOneAtTheNextAddressAfterTheSameWait() {
        broker.unreachable(3);
        StitchStore store = store(builder ->
                builder.remote(RemoteOptions.to("mqtt://a.example").or("mqtt://b.example", "mqtt://c.example:1884")));
        store.start().subscribe();
        settle();
        assertThat(broker.attempts).isEqualTo(1);
        advance(Duration.ofMillis(999));
        assertThat(broker.attempts).as("not before the wait is over").isEqualTo(1);
        advance(Duration.ofSeconds(10));

        assertThat(hosts()).containsExactly("a.example", "b.example", "c.example", "a.example");
        assertThat(states).endsWith(Status.CONNECTED);
    }

    @Test
    void whoMovedToAnotherAddressComesBackWhenThatConnectionEnds() {
        broker.unreachable(1);
        StitchStore store = store(
                builder -> builder.remote(RemoteOptions.to("mqtt://a.example").or("mqtt://b.example")));
        store.start().subscribe();
        advance(Duration.ofMinutes(10));
        assertThat(hosts()).containsExactly("a.example", "b.example");
        broker.end(0x8B);
        advance(Duration.ofSeconds(5));

        assertThat(hosts()).containsExactly("a.example", "b.example", "a.example");
    }

    @Test
    void anAddressWhoseConnectionsDoNotLastIsLeft() {
        StitchStore store = store(
                builder -> builder.remote(RemoteOptions.to("mqtt://a.example").or("mqtt://b.example")));
        store.start().subscribe();
        advance(Duration.ofSeconds(1));
        broker.end(0x8B);
        advance(Duration.ofSeconds(5));

        assertThat(hosts()).containsExactly("a.example", "b.example");
    }

    @Test
    void theHeadersOfAWebSocketAreAskedForBeforeEachAttempt() {
        int[] asked = {0};
        broker.unreachable(1);
        StitchStore store = store(builder -> builder.remote(RemoteOptions.to("wss://broker.example/mqtt")
                .webSocketHeaders(Mono.fromSupplier(() -> Map.of("Cookie", "n=" + ++asked[0])))));
        store.start().subscribe();
        advance(Duration.ofSeconds(5));

        assertThat(broker.requests)
                .extracting(request -> request.headers().get("Cookie"))
                .containsExactly("n=1", "n=2");
    }

    @Test
    void anAttemptWithoutHeadersFailsAndSaysWhy() {
        StitchStore store = store(builder ->
                builder.remote(RemoteOptions.to("wss://broker.example/mqtt").webSocketHeaders(Mono.never())));
        store.start().subscribe();
        advance(Duration.ofSeconds(11));

        assertThat(broker.attempts).isZero();
        assertThat(errors.get(0)).hasMessageContaining("no headers for its web socket: none came within");
    }

    @Test
    void headersThatCannotBeSentFailTheAttemptAndAreNotShown() {
        StitchStore store = store(builder -> builder.remote(RemoteOptions.to("wss://broker.example/mqtt")
                .webSocketHeaders(Mono.just(Map.of("Cookie", "geheim\r\nX: y")))));
        store.start().subscribe();
        advance(Duration.ofSeconds(1));

        assertThat(errors.get(0)).hasMessageContaining("'Cookie'").message().doesNotContain("geheim");
    }

    private StitchStore connectedAfterAnUnansweredAttempt() {
        broker.accepts = request -> Mono.error(new TransportException(
                TransportException.Kind.CONNECT_TIMEOUT, -1, "The broker did not accept a connection.", null));
        StitchStore store = started();
        broker.accepts = request -> Mono.empty();
        advance(Duration.ofSeconds(2));
        assertThat(states).endsWith(Status.CONNECTED);
        errors.clear();
        return store;
    }

    /** Its sender has given it up, so the connection ends as soon as the broker has answered. */
    private void brokerReadsTheConnectOf(int attempt) {
        broker.accept(broker.requests.get(attempt)).disconnect().subscribe();
        settle();
    }

    @Test
    void anOwnConnectThatIsReadLateCostsTheConnectionButIsNoOtherClient() {
        StitchStore store = connectedAfterAnUnansweredAttempt();

        brokerReadsTheConnectOf(0);
        assertThat(states).endsWith(Status.DISCONNECTED);
        assertThat(errors)
                .singleElement()
                .satisfies(error -> assertThat(error)
                        .hasMessageContaining("'c1'")
                        .hasMessageContaining("earlier attempt of this store"));
        advance(Duration.ofMillis(2_500));

        assertThat(states).endsWith(Status.CONNECTED);
        assertThat(store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.SESSION_TAKEN_OVER);
    }

    @Test
    void anAttemptThatWasGivenUpForAnotherLoginMayBeReadLateToo() {
        broker.accepts = request -> Mono.never();
        StitchStore store = started();
        broker.accepts = request -> Mono.empty();
        store.reconnect(RemoteOptions.to("mqtt://broker.example").login("ada", "secret"))
                .subscribe();
        advance(Duration.ofSeconds(2));

        brokerReadsTheConnectOf(0);
        advance(Duration.ofMillis(1_250));

        assertThat(states).endsWith(Status.CONNECTED);
        assertThat(store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.SESSION_TAKEN_OVER);
    }

    @Test
    void anUnansweredAttemptExplainsOneTakeoverAndNoneOnceAConnectionHasLasted() {
        StitchStore store = connectedAfterAnUnansweredAttempt();
        brokerReadsTheConnectOf(0);
        advance(Duration.ofMillis(2_500));
        brokerReadsTheConnectOf(0);
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.SESSION_TAKEN_OVER, 1L);
        advance(Duration.ofSeconds(29));
        assertThat(states).endsWith(Status.DISCONNECTED);
        assertThat(errors.get(errors.size() - 1)).hasMessageContaining("Give each store its own client id");

        StitchStore lasting = connectedAfterAnUnansweredAttempt();
        advance(Duration.ofSeconds(10));
        brokerReadsTheConnectOf(0);
        assertThat(lasting.diagnosticCounts()).containsEntry(DiagnosticCode.SESSION_TAKEN_OVER, 1L);
    }

    @Test
    void aRefusedAttemptIsAnsweredAndExplainsNoTakeover() {
        broker.refuse(0x88);
        StitchStore store = started();
        advance(Duration.ofSeconds(2));
        assertThat(states).endsWith(Status.CONNECTED);

        brokerReadsTheConnectOf(0);
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.SESSION_TAKEN_OVER, 1L);
    }

    @Test
    void anotherClientIsReportedEvenIfItComesBeforeTheStoreIsReady() {
        broker.acknowledgesSubscriptions = Mono.error(new TransportException(
                TransportException.Kind.CONNECTION_LOST, 0x8E, "The broker ended the connection.", null));
        StitchStore store = started();

        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.SESSION_TAKEN_OVER, 1L);
        assertThat(errors).singleElement().satisfies(error -> assertThat(error).hasMessageContaining("client id 'c1'"));
    }

    // ---- the reconnect validator ----

    @Test
    void theValidatorIsAskedOnReconnectsBeforeAnythingIsSent() {
        Sinks.One<Boolean> answer = Sinks.one();
        List<ServerCapabilities> asked = new ArrayList<>();
        StitchStore store = store(builder -> builder.reconnectValidator(capabilities -> {
            asked.add(capabilities);
            return answer.asMono();
        }));
        store.start().subscribe();
        store.openScope("p1");
        settle();
        assertThat(asked).as("the first connection is not asked about").isEmpty();
        broker.end(0x8B);
        broker.filters.clear();
        broker.published.clear();
        settle();
        store.collection(Board.NOTE)
                .create(new Board.Note("n1", "queued"))
                .result()
                .subscribe();
        settle();

        advance(Duration.ofSeconds(2));
        assertThat(asked).containsExactly(new ServerCapabilities(2, java.util.Set.of()));
        assertThat(states).endsWith(Status.CONNECTING);
        assertThat(broker.filters).isEmpty();
        assertThat(broker.published).isEmpty();

        answer.tryEmitValue(true);
        settle();
        assertThat(states).endsWith(Status.CONNECTED);
        advance(Duration.ofSeconds(6));
        assertThat(broker.sentTo("$DB/project/p1/hello")).hasSize(1);
        assertThat(broker.sentTo("$DB/note/create")).hasSize(1);
    }

    @Test
    void aValidatorThatSaysNoDisconnectsForGood() {
        StitchStore store = validated(Mono.just(false));

        advance(Duration.ofHours(1));

        assertThat(broker.attempts).isEqualTo(2);
        assertThat(states).endsWith(Status.ERROR);
        assertThat(lastReason()).isEqualTo(Reason.NOT_VALIDATED);
        assertThat(broker.openConnections()).isZero();
        List<StitchException> invalid = new ArrayList<>();
        store.sessionInvalid().subscribe(invalid::add);
        assertThat(invalid).as("the session itself may be valid").isEmpty();
    }

    @Test
    void aValidatorThatFailsOrDoesNotAnswerIsAskedAgainLater() {
        for (Mono<Boolean> answer : List.of(
                Mono.<Boolean>error(new IllegalStateException("no answer")),
                Mono.<Boolean>never(),
                Mono.<Boolean>empty())) {
            validated(answer);
            int attempts = broker.attempts;
            advance(Duration.ofSeconds(11));
            assertThat(states).contains(Status.DISCONNECTED).doesNotContain(Status.ERROR);
            assertThat(lastReason()).isEqualTo(Reason.NOT_VALIDATED);
            advance(Duration.ofSeconds(10));
            assertThat(broker.attempts).isGreaterThan(attempts);
            closeStores(opened.size());
        }
    }

    private void closeStores(int count) {
        opened.subList(0, count).forEach(store -> store.close().subscribe());
        settle();
    }

    private StitchStore validated(Mono<Boolean> answer) {
        StitchStore store = store(builder -> builder.reconnectValidator(capabilities -> answer));
        store.start().subscribe();
        settle();
        broker.end(0x8B);
        settle();
        advance(Duration.ofMillis(1_250));
        return store;
    }

    // ---- logging out ----

    @Test
    void afterALogoutNothingOfTheUserIsLeft() {
        broker.answers = message -> message.topic().equals("$DB/note/list")
                ? "{'status':'ok','data':[{'_version':1,'id':'n1','text':'private'}]}"
                : null;
        StitchStore store = store(builder ->
                builder.remote(RemoteOptions.to("mqtt://broker.example").login("ada", "secret")));
        store.start().subscribe();
        Scope scope = store.replaceScope("p1");
        store.collection(DRAFT).create(Board.json().put("id", "d1")).subscribe();
        settle();
        broker.deliver(
                "$DB/project/p1/task/events/created",
                "{'id':'t1','data':{'id':'t1','projectId':'p1','title':'x','_version':1}}");
        settle();
        List<String> ends = new ArrayList<>();
        List<RecordEvent> seen = new ArrayList<>();
        scope.events().subscribe(seen::add, error -> ends.add("error"), () -> ends.add("complete"));
        settle();
        assertThat(seen).isNotEmpty();
        assertThat(store.collection(Board.NOTE).snapshot()).hasSize(1);
        assertThat(store.collection(DRAFT).snapshot()).hasSize(1);

        StepVerifier.create(store.resetForLogout()).then(this::settle).verifyComplete();

        assertThat(ends).containsExactly("complete");
        assertThat(scope.isClosed()).isTrue();
        assertThat(scope.snapshot(Board.TASK)).isEmpty();
        assertThat(store.collection(Board.NOTE).snapshot()).isEmpty();
        assertThat(store.collection(DRAFT).snapshot()).isEmpty();
        assertThat(states).endsWith(Status.OFFLINE);
        assertThat(broker.openConnections()).isZero();
        StepVerifier.create(store.authenticatedUser().next())
                .assertNext(user -> assertThat(user).isEmpty())
                .verifyComplete();
        List<Scope> active = new ArrayList<>();
        store.activeScope().subscribe(active::add);
        assertThat(active).isEmpty();
    }

    @Test
    void afterALogoutAnotherUserCanLogIn() {
        StitchStore store = store(builder ->
                builder.remote(RemoteOptions.to("mqtt://broker.example").login("ada", "secret")));
        List<@Nullable String> users = new ArrayList<>();
        store.authenticatedUser()
                .subscribe(user -> users.add(user.map(known -> known.id()).orElse(null)));
        store.start().subscribe();
        store.replaceScope("p1");
        settle();
        store.resetForLogout().subscribe();
        settle();

        store.reconnect(RemoteOptions.to("mqtt://broker.example").login("ben", "secret"))
                .subscribe();
        settle();
        store.replaceScope("p1");
        settle();

        assertThat(states).endsWith(Status.CONNECTED);
        assertThat(users).containsExactly("ada", null, "ben");
        // To the server it is the same client, which answers only one hello in 5 s.
        assertThat(broker.sentTo("$DB/project/p1/hello")).hasSize(1);
        advance(Duration.ofSeconds(6));
        assertThat(broker.sentTo("$DB/project/p1/hello")).hasSize(2);
    }
}
