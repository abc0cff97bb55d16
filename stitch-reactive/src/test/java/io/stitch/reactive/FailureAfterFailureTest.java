package io.stitch.reactive;

import io.stitch.reactive.spi.PublishResult;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.node.JsonNodeFactory;

import java.time.Duration;
import java.util.List;
import java.util.function.Function;

import static org.assertj.core.api.Assertions.assertThat;

/** Timers, flags and counters that a first failure leaves behind, driven a second time; and bounds that a broker sets. In virtual time. */
class FailureAfterFailureTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final String HELLO = "$DB/project/p1/hello";

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> error.getClass().getSimpleName());

    private final VirtualTimeScheduler time = stores.time;
    private final List<String> outcomes = stores.outcomes;
    private ModelServer server = ModelServer.ofNew();

    private StitchStore store() {
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(StoresInTime.as("ada"))
                .connector(server.broker)
                .clientId("c1"));
        store.start().subscribe();
        time.advanceTime();
        return store;
    }

    private Scope opened(StitchStore store) {
        Scope scope = store.openScope("p1");
        time.advanceTime();
        return scope;
    }

    private static Task task(String id) {
        return new Task(id, "p1", id);
    }

    private void reconnect() {
        server.broker.end(0x8B);
        time.advanceTimeBy(Duration.ofSeconds(2));
    }

    private int published(String topicEnd) {
        return (int) server.broker.published.stream()
                .filter(message -> message.topic().endsWith(topicEnd))
                .count();
    }

    // ---- driven twice ----

    @Test
    void aScopeWhoseHelloIsHeldBackIsComparedAtTheNextConnectAllTheSame() {
        opened(store());
        for (int round = 1; round <= 2; round++) {
            for (int i = 0; i < 4; i++) { // Longer and longer.
                server.broker.deliver(
                        "$DB/clients/c1/scope-open-error", "{'scopeId':'p1','code':429,'message':'slow down'}");
            }
            time.advanceTime();
            int before = server.broker.sentTo(HELLO).size();
            time.advanceTimeBy(Duration.ofSeconds(5)); // Within which no second hello would be heard.
            reconnect();
            time.advanceTimeBy(Duration.ofSeconds(1));

            assertThat(server.broker.sentTo(HELLO)).as("round %d", round).hasSize(before + 1);
        }
    }

    @Test
    void aWriteThatIsRefusedWith401WaitsForTheNextLogin() {
        StitchStore store = store();
        Scope scope = opened(store);
        for (int round = 1; round <= 2; round++) {
            server.refuse(401, "the session has ended");
            stores.write("write", scope.create(TASK, task("t" + round)));
            time.advanceTimeBy(Duration.ofSeconds(10));

            assertThat(server.executed).hasSize(round - 1);
            assertThat(store.pendingWrites()).isEqualTo(1);
            assertThat(scope.get(TASK, "t" + round)).isPresent();

            server.heal();
            store.reconnect(StoresInTime.as("ada")).subscribe();
            time.advanceTimeBy(Duration.ofMinutes(1));

            assertThat(server.executed).hasSize(round);
            assertThat(store.pendingWrites()).isZero();
        }
        assertThat(outcomes).hasSize(2).containsOnly("write QUEUED");
    }

    @Test
    void requestsTimeOutThoughAllBeforeThemDidToo() {
        StitchStore store = store();
        server.loseRequestsTo("/ping");
        for (int round = 1; round <= 3; round++) {
            for (int i = 0; i < 3; i++) {
                store.request("$DB/ping", JsonNodeFactory.instance.objectNode())
                        .subscribe(
                                answer -> {},
                                error -> outcomes.add(error.getClass().getSimpleName()));
                time.advanceTimeBy(Duration.ofSeconds(1));
            }
            time.advanceTimeBy(Duration.ofSeconds(20));

            assertThat(outcomes).as("round %d", round).hasSize(3 * round);
        }
        assertThat(outcomes).containsOnly("RequestFailedException");
    }

    @Test
    void onlyTroubleFiveTimesInARowParksAWrite() {
        StitchStore store = store();
        Scope scope = opened(store);
        Function<io.stitch.reactive.spi.OutboundMessage, @Nullable String> healthy = server.broker.answers;
        int[] attempts = {0};
        server.broker.answers = message -> {
            if (!message.topic().endsWith("/create")) {
                return healthy.apply(message);
            }
            int code = ++attempts[0] % 5 == 0 ? 429 : 503; // Four times trouble, and then only "not now".
            return "{\"status\":\"error\",\"code\":%d,\"message\":\"later\"}".formatted(code);
        };
        stores.write("write", scope.create(TASK, task("t1")));
        time.advanceTimeBy(Duration.ofMinutes(10));

        assertThat(attempts[0]).isGreaterThan(15);
        assertThat(store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.WRITE_PARKED);

        server.broker.answers = healthy;
        server.refuse(503, "in trouble");
        time.advanceTimeBy(Duration.ofMinutes(10));
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.WRITE_PARKED, 1L);
        assertThat(store.retryParked().block()).isEqualTo(1);
        time.advanceTimeBy(Duration.ofMinutes(10));
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.WRITE_PARKED, 2L);

        server.heal();
        store.retryParked().subscribe();
        time.advanceTime();
        assertThat(store.pendingWrites()).isZero();
        assertThat(server.executed).hasSize(1);
    }

    // ---- bounds of the broker ----

    @Test
    void noMoreRequestsAreUnderWayThanTheBrokerTakesPublishes() {
        server.broker.receiveMaximum = 8;
        StitchStore store = store();
        Scope scope = opened(store);
        for (int round = 1; round <= 2; round++) {
            int before = published("/create");
            server.holdReplies();
            for (int i = 0; i < 50; i++) {
                stores.write("write", scope.create(TASK, task("t" + round + '-' + i)));
            }
            assertThat(published("/create") - before).isEqualTo(8);

            server.releaseReplies();
            time.advanceTimeBy(Duration.ofSeconds(1));
            assertThat(store.pendingWrites()).isZero();
            server.broker.receiveMaximum = 8;
            reconnect();
        }
        assertThat(server.executed).hasSize(100);
    }

    @Test
    void aScopeWhoseManifestIsTooLargeIsListed() {
        server.broker.maximumPacketSize = 6_000;
        for (int i = 0; i < 300; i++) {
            server.put("task", "{'id':'t%d','projectId':'p1','title':'a'}".formatted(i));
        }
        StitchStore store = store();
        Scope scope = opened(store);
        for (int i = 0; i < 300; i++) {
            server.announce("task/t" + i);
        }
        time.advanceTimeBy(Duration.ofSeconds(20));
        for (long round = 1; round <= 2; round++) {
            server.put("task", "{'id':'t7','title':'changed %d'}".formatted(round)); // Its event is lost.
            int hellos = server.broker.sentTo(HELLO).size();
            reconnect();
            time.advanceTimeBy(Duration.ofSeconds(20));

            assertThat(server.broker.sentTo(HELLO)).hasSize(hellos);
            assertThat(store.diagnosticCounts().get(DiagnosticCode.MANIFEST_TOO_LARGE))
                    .isGreaterThanOrEqualTo(round);
            assertThat(scope.get(TASK, "t7")).contains(new Task("t7", "p1", "changed " + round));
        }
    }

    @Test
    void moreRequestsThanCanWaitAreRefusedAndCounted() {
        StitchStore store = store();
        server.loseRequestsTo("/ping");
        int[] refused = {0};
        for (int i = 0; i < 101_000; i++) {
            store.request("$DB/ping", JsonNodeFactory.instance.objectNode())
                    .subscribe(answer -> {}, error -> refused[0]++);
        }
        time.advanceTime();

        assertThat(refused[0]).isBetween(1, 1_000);
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.REQUEST_OVERFLOW, (long) refused[0]);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x90, 0x95, 0x99, 0x87})
    void aPublishThatNobodyWillEverTakeIsNotRepeated(int reason) {
        StitchStore store = store();
        Scope scope = opened(store);
        server.loseRequestsTo("/create");
        server.broker.acknowledgement = Mono.error(new TransportException(
                TransportException.Kind.REFUSED, reason, "The broker refused the publish.", null));
        stores.write("final", scope.create(TASK, task("t1")));
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(outcomes).containsExactly("final RequestRefusedException");
        assertThat(published("/create")).isEqualTo(1);
        assertThat(scope.get(TASK, "t1")).isEmpty();
        assertThat(store.pendingWrites()).isZero();
    }

    @Test
    void aPublishThatIsOneTooManyIsRepeated() {
        StitchStore store = store();
        Scope scope = opened(store);
        server.loseRequestsTo("/create");
        server.broker.acknowledgement = Mono.error(
                new TransportException(TransportException.Kind.REFUSED, 0x97, "The broker refused the publish.", null));
        stores.write("write", scope.create(TASK, task("t1")));
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(outcomes).containsExactly("write QUEUED");

        server.heal();
        server.broker.acknowledgement = Mono.just(new PublishResult(false));
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(server.executed).hasSize(1);
        assertThat(store.pendingWrites()).isZero();
    }

    // ---- what an old server is asked beside ----

    @Test
    void aRootThatCannotBeRaisedIsReportedAndTheWriteStands() {
        server = ModelServer.ofOld();
        server.put("project", "{'id':'p1','name':'Home'}");
        StitchStore store = store();
        Scope scope = opened(store);
        Function<io.stitch.reactive.spi.OutboundMessage, @Nullable String> healthy = server.broker.answers;
        server.broker.answers = message -> message.topic().equals("$DB/project/p1/update")
                ? "{\"status\":\"error\",\"code\":503,\"message\":\"not now\"}"
                : healthy.apply(message);
        for (long round = 1; round <= 2; round++) {
            stores.write("write", scope.create(TASK, task("t" + round)));
            time.advanceTimeBy(Duration.ofSeconds(1));

            assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.ROOT_NOT_RAISED, round);
        }
        assertThat(outcomes).containsExactly("write SYNCED", "write SYNCED");
    }

    /** The refusal of a create is followed by a reading. If that finds nothing, what was in the way was deleted in between. */
    @Test
    void aCreateIsSentOnceMoreIfWhatWasInItsWayIsGone() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        var healthy = server.broker.answers;
        int[] refusals = {1};
        server.broker.answers = message -> message.topic().endsWith("/create") && refusals[0]-- > 0
                ? "{\"status\":\"error\",\"code\":409,\"message\":\"exists: there is one\"}"
                : healthy.apply(message);

        stores.write("write", scope.create(TASK, task("t1")));
        time.advanceTime();

        assertThat(outcomes).containsExactly("write SYNCED");
        assertThat(server.get("task/t1")).isNotNull();

        refusals[0] = 2;
        stores.write("other", scope.create(TASK, task("t2")));
        time.advanceTimeBy(Duration.ofMinutes(10));

        assertThat(outcomes).containsExactly("write SYNCED", "other RequestRefusedException");
        assertThat(server.get("task/t2")).isNull();
        assertThat(store.pendingWrites()).isZero();
    }
}
