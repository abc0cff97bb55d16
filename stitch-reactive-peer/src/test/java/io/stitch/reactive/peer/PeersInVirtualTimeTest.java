package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.OnlyCopyException;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.SharePermission;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.StitchStoreBuilder;
import io.stitch.reactive.UnsupportedInModeException;
import io.stitch.reactive.WhenOffline;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.peer.Peers.Task;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import static io.stitch.reactive.peer.Peers.PROJECT;
import static io.stitch.reactive.peer.Peers.START;
import static io.stitch.reactive.peer.Peers.TASK;
import static io.stitch.reactive.peer.Peers.titles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What peers say to each other and when. */
class PeersInVirtualTimeTest {
    private static final Duration DAY = Duration.ofDays(1);

    private final Peers peers = new Peers();

    @AfterEach
    void close() {
        peers.close();
    }

    // ---- writes ----

    @Test
    void aWriteIsAnEventWithTheWholeRecordAndItsStamp() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        ada.title(scope, "t1", "two");

        assertThat(ada.outcomes).containsExactly("SYNCED", "SYNCED");
        JsonNode event = peers.sent("/task/events/updated").get(0);
        assertThat(event.path("operation").asString()).isEqualTo("Update");
        assertThat(event.path("entity").asString()).isEqualTo("task");
        assertThat(event.path("sender").asString()).isEqualTo("ada");
        assertThat(event.path("data").path("projectId").asString()).isEqualTo("p1");
        assertThat(event.path("data").path("title").asString()).isEqualTo("two");
        assertThat(event.path("data").path("_hlc")).isEqualTo(event.path("hlc"));
        assertThat(event.path("data").has("_version")).isFalse();
        assertThat(event.path("hlc").path("nodeId").asString()).startsWith("ada~");
        assertThat(event.path("hlc").path("ts").asLong()).isBetween(START, START + 1_000);
    }

    @Test
    void anUpdateByAFunctionKeepsWhatTheTypeOfThisPeerDoesNotKnow() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        EntityType<ObjectNode> json = EntityType.json("task");
        ada.write(adas.create(
                json, Json.object().put("id", "t1").put("projectId", "p1").put("colour", "red")));

        ben.write(bens.update(TASK, "t1", task -> new Task(task.id(), task.projectId(), "two")));

        assertThat(adas.get(json, "t1"))
                .hasValueSatisfying(
                        task -> assertThat(task.path("colour").asString()).isEqualTo("red"));
        assertThat(titles(adas)).containsExactly("t1=two");
    }

    @Test
    void aDeleteIsStillRememberedWhenACreateThatFollowedItIsTakenBack() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        ada.create(adas, "t1", "one");
        peers.network.cut("ben");
        ada.write(adas.delete(TASK, "t1"));
        ada.store
                .batch(Flux.just(
                        adas.create(TASK, new Task("t1", "p1", "again")),
                        adas.update(TASK, "nothing", Patch.of("title", "x"))))
                .subscribe(written -> {}, refused -> ada.outcomes.add("batch refused"));
        peers.settle();
        peers.network.reconnect("ben");
        peers.pass(Duration.ofMinutes(10));

        assertThat(ada.outcomes).endsWith("batch refused");
        assertThat(titles(adas)).isEmpty();
        assertThat(titles(bens)).isEmpty();
    }

    @Test
    void aDeleteIsAnEventWithoutTheRecord() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        ada.write(scope.delete(TASK, "t1"));

        JsonNode event = peers.sent("/task/events/deleted").get(0);
        assertThat(event.has("data")).isFalse();
        assertThat(event.path("hlc").path("nodeId").asString()).startsWith("ada~");
        assertThat(scope.snapshot(TASK)).isEmpty();
    }

    @Test
    void writesReachTheOtherPeersAndAnEchoChangesNothing() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        ada.create(adas, "t1", "one");
        ben.title(bens, "t1", "two");

        assertThat(titles(adas)).containsExactly("t1=two");
        assertThat(titles(bens)).containsExactly("t1=two");
        assertThat(ada.store.diagnosticCounts()).as("nothing comes back").doesNotContainKey(DiagnosticCode.DUPLICATE);
        List.copyOf(peers.network.published).forEach(peers.network::deliver); // A broker that does not know No Local.
        peers.settle();
        assertThat(titles(adas)).containsExactly("t1=two");
        assertThat(titles(bens)).containsExactly("t1=two");
        assertThat(ada.store.diagnosticCounts()).containsKey(DiagnosticCode.DUPLICATE);
    }

    @Test
    void whatWasWrittenOfflineKeepsItsStampAndIsSentOnceAsTheNewest() {
        InMemoryPersistence disk = new InMemoryPersistence();
        peers.network.cut("ada");
        Peer ada = peers.peer("ada", disk);
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        ada.title(scope, "t1", "two");
        assertThat(ada.outcomes).containsExactly("QUEUED", "QUEUED");
        assertThat(titles(scope)).containsExactly("t1=two");
        ada.stop();

        peers.pass(Duration.ofHours(1));
        peers.network.reconnect("ada");
        Peer again = peers.peer("ada", disk);
        Scope scopeAgain = again.open("p1");
        peers.pass(Duration.ofSeconds(1));

        List<JsonNode> events = peers.sent("/task/events/created");
        assertThat(events).hasSize(1);
        assertThat(events.get(0).path("data").path("title").asString()).isEqualTo("two");
        assertThat(events.get(0).path("hlc").path("ts").asLong()).isLessThan(START + 10_000);
        assertThat(titles(scopeAgain)).containsExactly("t1=two");
        assertThat(again.store.pendingCount().blockFirst()).isZero();
    }

    @Test
    void aRecordIsPendingUntilTheBrokerHasTakenItsWrites() {
        peers.network.cut("ada");
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        List<String> seen = new ArrayList<>();
        scope.events(TASK).subscribe(event -> seen.add(event.operation() + " " + event.isPending()));
        ada.create(scope, "t1", "one");
        assertThat(scope.isPending(TASK, "t1")).isTrue();
        assertThat(seen).containsExactly("CREATED true");

        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(60));

        assertThat(scope.isPending(TASK, "t1")).isFalse();
        assertThat(seen).containsExactly("CREATED true", "UPDATED false");
    }

    @Test
    void anEmptyPatchStampsAndSendsNothing() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        ada.write(scope.update(TASK, "t1", Patch.none()));

        assertThat(ada.outcomes).containsExactly("SYNCED", "SYNCED");
        assertThat(peers.sent("/task/events/updated")).isEmpty();
    }

    @Test
    void aPendingWriteThatSomebodyElseOvertookIsNotSent() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        peers.network.refusals = message -> message.topic().endsWith("/updated")
                ? new TransportException(TransportException.Kind.REFUSED, 0x97, "quota exceeded", null)
                : null;
        ada.title(scope, "t1", "two");
        peers.deliver("p1/task/events/updated", Peers.task("t1", "theirs", START + 5_000));
        peers.network.refusals = message -> null;
        peers.pass(Duration.ofSeconds(30));

        assertThat(peers.sent("/task/events/updated")).isEmpty();
        assertThat(titles(scope)).containsExactly("t1=theirs");
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.SUPERSEDED, 1L);
    }

    @Test
    void aRecordThatWentThereAndBackIsToldOnceInEachScope() {
        Peer ada = peers.peer("ada");
        Scope p1 = ada.open("p1");
        Scope p2 = ada.open("p2");
        peers.network.cut("ada");
        ada.create(p1, "t1", "there and back");
        ada.write(p1.update(TASK, "t1", Patch.of("projectId", "p2")));
        ada.write(p2.update(TASK, "t1", Patch.of("projectId", "p1")));
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(30));

        assertThat(ada.store.pendingCount().blockFirst()).isZero();
        assertThat(peers.sent("p1/task/events/created")).hasSize(1);
        assertThat(peers.sent("p2/task/events/created")).isEmpty();
        assertThat(peers.sent("p2/task/events/deleted")).hasSize(1);
        assertThat(titles(p1)).containsExactly("t1=there and back");
        assertThat(titles(p2)).isEmpty();
    }

    @Test
    void aWriteThatTheBrokerForbidsIsTakenBackAndReported() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        ada.create(scope, "t2", "gone soon");
        peers.network.refusals = message -> message.topic().contains("/events/")
                ? new TransportException(TransportException.Kind.REFUSED, 0x87, "not authorized", null)
                : null;
        ada.title(scope, "t1", "two");
        ada.write(scope.delete(TASK, "t2"));
        ada.create(scope, "t3", "three");

        assertThat(ada.outcomes.subList(2, 5)).allMatch(outcome -> outcome.startsWith("RequestRefusedException"));
        assertThat(titles(scope)).containsExactly("t1=one", "t2=gone soon");
        assertThat(ada.store.pendingCount().blockFirst()).isZero();
    }

    /** A topic, size or payload that the broker does not take is not taken the next time either. */
    @ParameterizedTest
    @ValueSource(ints = {0x90, 0x95, 0x99})
    void aWriteThatTheBrokerNeverTakesIsTakenBackAndNotRepeated(int reason) {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        int[] refused = {0};
        peers.network.refusals = message -> {
            boolean event = message.topic().contains("/events/");
            refused[0] += event ? 1 : 0;
            return event ? new TransportException(TransportException.Kind.REFUSED, reason, "not taken", null) : null;
        };
        ada.create(scope, "t1", "one");
        peers.pass(Duration.ofMinutes(2));

        assertThat(ada.outcomes).singleElement().asString().startsWith("RequestRefusedException");
        assertThat(refused[0]).isEqualTo(1);
        assertThat(titles(scope)).isEmpty();
        assertThat(ada.store.pendingWrites()).isZero();
    }

    @Test
    void nothingIsComparedWhereNobodyCountsVersions() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        ada.write(scope.updateIf(TASK, "t1", 1, Patch.of("title", "two")));
        ada.write(scope.deleteIf(TASK, "t1", 1, WhenOffline.QUEUE));
        peers.network.cut("ada");
        ada.write(scope.updateIf(TASK, "t1", 1, Patch.of("title", "two")));

        assertThat(ada.outcomes.subList(1, 4))
                .allMatch(outcome ->
                        outcome.startsWith("UnsupportedInModeException: updateIf and deleteIf need a server"));
        assertThat(titles(scope)).containsExactly("t1=one");
        assertThat(scope.version(TASK, "t1")).isEmpty();
        assertThat(ada.store.pendingWrites()).isZero();
        assertThatThrownBy(() ->
                        scope.updateIf(PROJECT, "p1", 1, Patch.of("name", "x")).subscribe())
                .isInstanceOf(SchemaException.class);
    }

    @Test
    void aWriteOfWhatIsNotThereIsRefused() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        ada.title(scope, "t1", "two");
        scope.close();
        ada.create(scope, "t1", "one");

        assertThat(ada.outcomes.get(0)).startsWith("RequestRefusedException: not found");
        assertThat(ada.outcomes.get(1)).startsWith("ClosedException: This handle of scope 'p1' is closed");
    }

    // ---- which event wins ----

    @Test
    void theHigherStampWinsAlsoOverAPendingWrite() {
        peers.network.cut("ada");
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "mine");
        peers.network.reconnect("ada");
        peers.network.refusals = message -> message.topic().contains("/events/")
                ? new TransportException(TransportException.Kind.REFUSED, 0x97, "quota exceeded", null)
                : null;
        peers.pass(Duration.ofSeconds(20));
        peers.deliver("p1/task/events/updated", Peers.task("t1", "older", START - 1));
        assertThat(titles(scope)).containsExactly("t1=mine");
        peers.deliver("p1/task/events/updated", Peers.task("t1", "newer", START + 60_000));
        assertThat(titles(scope)).containsExactly("t1=newer");
    }

    @Test
    void aWriteIsAfterWhatItChangesThoughTheOwnClockIsBehind() {
        Peer ada = peers.peer("ada");
        ada.clock.offset(-Duration.ofHours(3).toMillis());
        Scope scope = ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "theirs", START));
        ada.title(scope, "t1", "mine");

        assertThat(Peers.stampOf(peers.network
                                .publishedTo("/task/events/updated")
                                .get(0))
                        .ts())
                .isEqualTo(START);
        assertThat(titles(scope)).containsExactly("t1=mine");
    }

    @Test
    void theClockDoesNotGoBackWithARestart() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        ada.open("p1");
        long ahead = START + Duration.ofHours(5).toMillis();
        peers.deliver("p1/task/events/created", Peers.task("t1", "theirs", ahead));
        ada.stop();
        Peer again = peers.peer("ada", disk);
        Scope other = again.open("p2");
        again.create(other, "t2", "later");

        assertThat(lastCreated().ts()).isEqualTo(ahead);
    }

    private Hlc lastCreated() {
        List<OutboundMessage> created = peers.network.publishedTo("/task/events/created");
        return Peers.stampOf(created.get(created.size() - 1));
    }

    @Test
    void theClockIsAfterTheRecordsThatAreReadAlsoWhereItWasNotKept() {
        InMemoryPersistence disk = new InMemoryPersistence();
        long ahead = START + Duration.ofHours(5).toMillis();
        Batch batch = new Batch();
        batch.put(new StoredRecord(
                new RecordKey("task", "t1"),
                "p1",
                ahead,
                Json.write(Peers.json(Peers.task("t1", "kept", ahead)).path("data"))));
        disk.open(OpenRequest.of("peer")).then(disk.apply(batch)).block();
        Peer ada = peers.peer("ada", disk);
        Scope scope = ada.open("p1");
        ada.create(scope, "t2", "later");

        assertThat(titles(scope)).containsExactly("t1=kept", "t2=later");
        assertThat(lastCreated().ts()).isEqualTo(ahead);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 20, 100})
    void whoeverHasNoTimeYetHoldsWhatOthersDoSoonAfterTheClockIsSet(long secondsLater) {
        Peer ada = peers.peer("ada");
        ada.create(ada.open("p1"), "t1", "one");
        Peer ben = peers.peer("ben");
        ben.clock.offset(-START); // As after a boot without a battery.
        Scope scope = ben.open("p1");
        peers.pass(Duration.ofSeconds(secondsLater));
        assertThat(titles(scope)).isEmpty();

        ben.clock.offset(0);
        peers.pass(Duration.ofSeconds(8 + secondsLater));

        assertThat(titles(scope)).containsExactly("t1=one");
    }

    @Test
    void whatOthersHoldFromTheFutureHasNobodySayHelloForAsLongAsItIsTheFuture() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        peers.pass(Duration.ofMinutes(4));
        int before = peers.sent("/hello").size();
        peers.deliver(
                "p1/task/events/created",
                Peers.task("t1", "early", START + Duration.ofHours(25).toMillis()));
        peers.pass(Duration.ofMinutes(1));

        assertThat(peers.sent("/hello")).hasSize(before);
    }

    @Test
    void aStampFromTheFutureIsNotTakenUntilItsTimeHasCome() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        long ahead = START + Duration.ofHours(25).toMillis();
        peers.deliver("p1/task/events/created", Peers.task("t1", "early", ahead));
        peers.deliver("p1/hello", Peers.hello("other", "t1", String.valueOf(ahead)));
        assertThat(titles(scope)).isEmpty();
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.CLOCK_AHEAD, 2L);
        ada.create(scope, "t2", "now");
        assertThat(Peers.stampOf(peers.network
                                .publishedTo("/task/events/created")
                                .get(0))
                        .ts())
                .as("the clock is not drawn along")
                .isLessThan(START + 60_000);

        peers.pass(Duration.ofHours(2));
        int before = peers.sent("p1/hello").size();
        peers.deliver("p1/hello", Peers.hello("other", "t1", String.valueOf(ahead)));
        peers.pass(Duration.ofSeconds(8));
        assertThat(peers.sent("p1/hello")).as("asks for it").hasSizeGreaterThan(before);
        peers.deliver("p1/task/events/created", Peers.task("t1", "early", ahead));
        assertThat(titles(scope)).containsExactly("t1=early", "t2=now");
    }

    @Test
    void ofTwoEventsWithOneStampTheHigherContentWinsEverywhere() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "b", START));
        peers.deliver("p1/task/events/created", Peers.task("t1", "a", START));
        assertThat(titles(scope)).containsExactly("t1=b");
        peers.pass(Duration.ofMillis(300));
        assertThat(peers.sent("/task/events/updated")).as("the loser is told").hasSize(1);
        peers.deliver("p1/task/events/created", Peers.task("t1", "c", START));
        assertThat(titles(scope)).containsExactly("t1=c");
    }

    @Test
    void aClockThatIsFarAheadFailsEachWriteAndRestampingMendsIt() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Scope scope = ada.open("p1");
        ada.create(scope, "t0", "before");
        ada.create(scope, "t2", "to be deleted");
        ada.clock.offset(DAY.multipliedBy(400).toMillis());
        ada.create(scope, "t1", "from the future");
        ada.write(scope.delete(TASK, "t2"));
        ada.clock.offset(0);
        ada.create(scope, "t3", "refused");
        ada.title(scope, "t1", "refused");
        assertThat(ada.outcomes.subList(4, 6))
                .allMatch(outcome -> outcome.startsWith("ClockAheadException") && outcome.contains("restamp()"));

        Peer ben = peers.peer("ben");
        Scope bens = ben.open("p1");
        peers.pass(Duration.ofSeconds(1));
        assertThat(titles(bens)).containsExactly("t0=before");

        StepVerifier.create(ada.sync.restamp())
                .then(peers::settle)
                .expectNext(2)
                .verifyComplete();
        ada.create(scope, "t3", "taken");
        peers.pass(Duration.ofSeconds(20));
        assertThat(ada.outcomes).last().isEqualTo("SYNCED");
        assertThat(titles(bens)).containsExactly("t0=before", "t1=from the future", "t3=taken");
        assertThat(titles(scope)).isEqualTo(titles(bens));
        ada.stop();
        Peer again = peers.peer("ada", disk);
        Scope scopeAgain = again.open("p1");
        again.create(scopeAgain, "t4", "after a restart");
        assertThat(again.outcomes).containsExactly("SYNCED");
        assertThat(Peers.stampOf(peers.network
                                .publishedTo("/task/events/created")
                                .get(peers.network
                                                .publishedTo("/task/events/created")
                                                .size()
                                        - 1))
                        .ts())
                .isLessThan(START + DAY.toMillis());
    }

    @Test
    void whatWasClosedWhenTheStoreWasRestampedIsMendedWhenItIsOpened() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Scope scope = ada.open("p1");
        ada.create(scope, "t0", "before");
        ada.create(scope, "t2", "to be deleted");
        ada.clock.offset(DAY.multipliedBy(400).toMillis());
        ada.create(scope, "t1", "from the future");
        ada.write(scope.delete(TASK, "t2"));
        ada.stop();
        Peer again = peers.peer("ada", disk);
        StepVerifier.create(again.sync.restamp())
                .then(peers::settle)
                .expectNext(0)
                .verifyComplete();
        again.stop();

        Peer ben = peers.peer("ben");
        Scope bens = ben.open("p1");
        Peer mended = peers.peer("ada", disk);
        Scope opened = mended.open("p1");
        peers.pass(Duration.ofSeconds(20));
        assertThat(titles(opened)).containsExactly("t0=before", "t1=from the future");
        assertThat(titles(bens)).isEqualTo(titles(opened));
        assertThat(disk.tombstones("p1")
                        .map(tombstone -> Hlc.parse(tombstone.stamp()).ts())
                        .blockLast())
                .isLessThan(START + DAY.toMillis());
        mended.create(opened, "t3", "taken");
        assertThat(mended.outcomes).containsExactly("SYNCED");

        // A stamp that somebody else's wrong clock made later is not taken for one of those.
        mended.stop();
        Peer wrongAgain = peers.peer("ada", disk);
        wrongAgain.clock.offset(DAY.multipliedBy(800).toMillis());
        wrongAgain.create(wrongAgain.open("p1"), "t4", "from further ahead");
        wrongAgain.stop();
        peers.network.published.clear();
        peers.peer("ada", disk).open("p1");
        peers.settle();
        assertThat(peers.network.published).noneMatch(message -> message.topic().contains("/events/"));
    }

    @Test
    void whatIsWrittenAfterMendingOutlivesARestartThoughNothingWasSent() {
        InMemoryPersistence disk = new InMemoryPersistence();
        peers.network.cut("ada");
        Peer ada = peers.peer("ada", disk);
        ada.clock.offset(DAY.multipliedBy(400).toMillis());
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "from the future");
        ada.clock.offset(0);
        ada.sync.restamp().subscribe();
        peers.settle();
        ada.title(scope, "t1", "since then");
        ada.stop();

        Peer again = peers.peer("ada", disk);
        Scope reopened = again.open("p1");
        assertThat(titles(reopened)).containsExactly("t1=since then");
        peers.network.reconnect("ada");
        Peer ben = peers.peer("ben");
        Scope bens = ben.open("p1");
        peers.pass(Duration.ofMinutes(1));
        assertThat(titles(bens)).containsExactly("t1=since then");
    }

    // ---- hello ----

    @Test
    void helloIsSaidOnEachOpeningAndConnectButNotTooOften() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        assertThat(peers.sent("p1/hello")).hasSize(1);
        for (int i = 0; i < 4; i++) {
            peers.network.breakConnection("ada");
            peers.pass(Duration.ofMillis(1_300));
        }
        assertThat(peers.sent("p1/hello")).as("three at once").hasSize(3);
        peers.pass(Duration.ofSeconds(6));
        assertThat(peers.sent("p1/hello")).as("and then one in 6 s").hasSize(4);
    }

    @Test
    void aHelloIsAnsweredWithWhatItsSenderLacksOrHoldsOlderOrHoldsThoughItIsDeleted() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("lacking", "1", START));
        peers.deliver("p1/task/events/created", Peers.task("older", "2", START + 1));
        peers.deliver("p1/task/events/created", Peers.task("same", "3", START));
        peers.deliver("p1/task/events/deleted", Peers.deleted("dead", START + 1));
        peers.deliver("p1/hello", Peers.hello("other", "older", str(START), "same", str(START), "dead", str(START)));

        assertThat(peers.sent("/task/events/created")).singleElement().satisfies(event -> {
            assertThat(event.path("id").asString()).isEqualTo("lacking");
            assertThat(event.path("sender").asString()).isEqualTo("ada");
            assertThat(event.path("hlc").path("nodeId").asString()).isEqualTo("other");
            assertThat(event.path("replay").asBoolean()).isTrue();
        });
        assertThat(peers.sent("/task/events/updated"))
                .singleElement()
                .satisfies(event -> assertThat(event.path("id").asString()).isEqualTo("older"));
        assertThat(peers.sent("/task/events/deleted"))
                .singleElement()
                .satisfies(event ->
                        assertThat(event.path("hlc").path("ts").asLong()).isEqualTo(START + 1));
        assertThat(titles(scope)).hasSize(3);
    }

    @Test
    void aHelloIsAnsweredAfterARandomTimeWhereSomebodyElseCouldAnswerToo() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "one", START));
        peers.deliver("p1/hello", Peers.hello("fresh"));
        assertThat(peers.network.published).noneMatch(message -> message.topic().contains("/events/"));
        peers.pass(Duration.ofMillis(200));
        assertThat(peers.sent("/task/events/created")).hasSize(1);
    }

    @Test
    void aHelloIsAnsweredAtOnceWhereTheOthersHoldNothingOrWereNotHeardForLong() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "one", START));
        peers.pass(Duration.ofMinutes(13));
        peers.deliver("p1/hello", Peers.hello("empty"));
        assertThat(peers.sent("/task/events/created")).hasSize(1);
        peers.deliver("p1/hello", Peers.hello("fresh"));
        assertThat(peers.sent("/task/events/created")).hasSize(2);
        peers.deliver("p1/hello", Peers.hello("empty", "t1", str(START)));
        peers.deliver("p1/hello", Peers.hello("fresh"));
        assertThat(peers.sent("/task/events/created"))
                .as("one that holds it was heard")
                .hasSize(2);
    }

    @Test
    void whatTheBrokerDoesNotAcknowledgeInAReplayGivesItsPlaceToTheNext() {
        Peer ada = peers.peer(
                "ada",
                Persistence.none(),
                builder -> builder.publishesInFlight(2).publishTimeout(Duration.ofSeconds(1)));
        ada.open("p1");
        for (int i = 0; i < 4; i++) {
            peers.deliver("p1/task/events/created", Peers.task("t" + i, "title", START - i));
        }
        peers.network.longestDelayMillis = 1_000_000;
        peers.send("p1/hello", Peers.hello("other"));
        peers.settle();
        assertThat(peers.sent("/task/events/created")).hasSize(2);
        peers.pass(Duration.ofMillis(900));
        assertThat(peers.sent("/task/events/created")).hasSize(2);
        peers.pass(Duration.ofMillis(400));
        assertThat(peers.sent("/task/events/created")).hasSize(4);
        assertThat(ada.store.diagnosticCounts())
                .as("two events, and the hello in turn")
                .containsEntry(DiagnosticCode.COMPARE_FAILED, 3L);
    }

    private static String str(long number) {
        return String.valueOf(number);
    }

    @Test
    void anAnswerLeavesOutWhatSomebodyElseHasSaidMeanwhile() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "one", START));
        peers.deliver("p1/task/events/created", Peers.task("t2", "two", START));
        peers.send("p1/hello", Peers.hello("fresh"));
        peers.deliver("p1/task/events/created", Peers.task("t1", "one", START));
        peers.pass(Duration.ofMillis(400));

        assertThat(peers.sent("/task/events/created"))
                .singleElement()
                .satisfies(event -> assertThat(event.path("id").asString()).isEqualTo("t2"));
    }

    @Test
    void theOwnHelloIsNotAnswered() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "one", START));
        peers.deliver("p1/hello", Peers.hello("ada"));
        peers.pass(Duration.ofSeconds(1));
        assertThat(peers.network.published).noneMatch(message -> message.topic().contains("/events/"));
    }

    @Test
    void aHelloTooManyIsAnsweredWhenItsTimeHasCome() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "one", START));
        for (int i = 0; i < 10; i++) {
            peers.deliver("p1/hello", Peers.hello("other"));
            peers.pass(Duration.ofMillis(400));
        }
        assertThat(peers.sent("/task/events/created")).hasSize(4);
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.HELLO_TOO_OFTEN, 6L);
        peers.deliver("p1/hello", Peers.hello("another"));
        peers.pass(Duration.ofMillis(250));
        assertThat(peers.sent("/task/events/created")).as("others are at once").hasSize(5);
        peers.pass(Duration.ofSeconds(20));
        assertThat(peers.sent("/task/events/created"))
                .as("of six that came too soon the newest")
                .hasSize(6);
    }

    @Test
    void helloIsSaidInTurnWhereTheOtherIsAhead() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        peers.pass(Duration.ofSeconds(7));
        peers.deliver("p1/hello", Peers.hello("other"));
        peers.pass(Duration.ofSeconds(7));
        assertThat(peers.sent("p1/hello")).as("the other is greeted").hasSize(2);
        peers.deliver("p1/hello", Peers.hello("other", "t1", str(START)));
        assertThat(peers.sent("p1/hello")).hasSize(2);
        peers.pass(Duration.ofSeconds(1));
        assertThat(peers.sent("p1/hello")).hasSize(3);

        peers.pass(Duration.ofSeconds(7));
        peers.deliver("p1/hello", Peers.hello("other", "t1", str(START)));
        peers.deliver("p1/task/events/created", Peers.task("t1", "came by itself", START));
        peers.pass(Duration.ofSeconds(1));
        assertThat(peers.sent("p1/hello")).hasSize(3);
    }

    @Test
    void helloIsRepeatedUntilAReplayBringsNothing() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        peers.pass(Duration.ofSeconds(7));
        peers.deliver(
                "p1/task/events/created",
                Peers.task("t1", "one", START).replace("'sender':'other'", "'sender':'other','replay':true"));
        peers.pass(Duration.ofSeconds(100));
        assertThat(peers.sent("p1/hello")).hasSize(1 + 2);
    }

    @Test
    void helloIsSaidNowAndThenWithoutAReason() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        peers.pass(Duration.ofMinutes(12));
        assertThat(peers.sent("p1/hello")).hasSize(3);
    }

    @Test
    void aPeerWhoseTimeStandsStillSaysHelloAndAnswersAllTheSame() {
        Peer ada = peers.peer("ada");
        ada.clock.stop();
        ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "one", START - 1));
        peers.pass(Duration.ofMinutes(6));
        assertThat(peers.sent("p1/hello")).hasSize(2);
        for (int i = 0; i < 6; i++) {
            peers.deliver("p1/hello", Peers.hello("other"));
            peers.pass(Duration.ofSeconds(6));
        }
        assertThat(peers.sent("/task/events/created")).hasSize(6);
    }

    @Test
    void aFreshPeerIsBroughtUpToDateByMostlyOneOfNine() {
        for (int i = 0; i < 9; i++) {
            peers.peer("holder" + i).open("p1");
        }
        for (int i = 0; i < 1_000; i++) {
            peers.send("p1/task/events/created", Peers.task("t" + i, "title", START - i));
        }
        peers.pass(Duration.ofMinutes(1));
        peers.network.published.clear();
        peers.network.longestDelayMillis = 5;

        Scope fresh = peers.peer("fresh").open("p1");
        peers.pass(Duration.ofMinutes(1));
        assertThat(fresh.snapshot(TASK)).hasSize(1_000);
        assertThat(peers.network.published.stream()
                        .filter(message -> message.topic().contains("/events/")))
                .hasSizeLessThanOrEqualTo(2_000);
    }

    @Test
    void theReplaysOfAllScopesTogetherKeepToTheBoundOfUnacknowledgedPublishes() {
        StitchStore ada = peers.peer("ada", Persistence.none(), builder -> builder.publishesInFlight(3)).store;
        List<Scope> open = List.of(ada.openScope("p1"), ada.openScope("p2"), ada.openScope("p3"));
        peers.settle();
        for (Scope scope : open) {
            for (int i = 0; i < 20; i++) {
                peers.send(
                        scope.id() + "/task/events/created",
                        Peers.task(scope.id() + "t" + i, "title", START).replace("'p1',", "'" + scope.id() + "',"));
            }
        }
        peers.pass(Duration.ofSeconds(20));
        peers.network.published.clear();
        peers.network.longestDelayMillis = 1;
        AtomicInteger unacknowledged = new AtomicInteger();
        List<Integer> most = new ArrayList<>();
        peers.network.refusals = message -> {
            most.add(unacknowledged.incrementAndGet());
            return null;
        };
        peers.network.acknowledged = message -> unacknowledged.decrementAndGet();
        for (Scope scope : open) {
            peers.send(scope.id() + "/hello", Peers.hello("other"));
        }
        peers.pass(Duration.ofMillis(210));
        open.get(1).close();
        peers.pass(Duration.ofSeconds(2));

        assertThat(most).allMatch(count -> count <= 3).contains(3);
        assertThat(peers.sent("p1/task/events/created")).hasSize(20);
        assertThat(peers.sent("p3/task/events/created")).hasSize(20);
    }

    @Test
    void anotherTakesOverWhereTheOneWhoAnswersFallsSilent() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        ada.open("p1");
        ben.open("p1");
        for (int i = 0; i < 500; i++) {
            peers.send("p1/task/events/created", Peers.task("t" + i, "title", START - i));
        }
        peers.pass(Duration.ofMinutes(1));
        peers.network.longestDelayMillis = 20;
        peers.network.published.clear();
        Scope fresh = peers.peer("fresh").open("p1");
        while (peers.sent("/task/events/created").size() < 100) {
            peers.pass(Duration.ofMillis(5));
        }
        String answering =
                peers.sent("/task/events/created").get(0).path("sender").asString();
        peers.network.cut(answering);
        peers.pass(Duration.ofSeconds(3));
        assertThat(fresh.snapshot(TASK)).hasSize(500);
    }

    // ---- deletes ----

    @Test
    void aLateEventThatLosesToADeleteIsAnsweredWithIt() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        peers.deliver("p1/task/events/deleted", Peers.deleted("t1", START + 10));
        peers.deliver("p1/task/events/created", Peers.task("t1", "late", START));
        peers.pass(Duration.ofMillis(250));

        assertThat(titles(scope)).isEmpty();
        assertThat(peers.sent("/task/events/deleted"))
                .singleElement()
                .satisfies(event ->
                        assertThat(event.path("hlc").path("ts").asLong()).isEqualTo(START + 10));
        peers.deliver("p1/task/events/created", Peers.task("t1", "new", START + 11));
        assertThat(titles(scope)).as("a later create brings it back").containsExactly("t1=new");
    }

    @Test
    void aDeleteIsRememberedAcrossARestart() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        ada.write(scope.delete(TASK, "t1"));
        ada.stop();
        Peer again = peers.peer("ada", disk);
        Scope scopeAgain = again.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "late", START));
        assertThat(titles(scopeAgain)).isEmpty();
    }

    @Test
    void aTombstoneStaysWhileAKnownPeerMayHoldTheRecord() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Scope scope = ada.open("p1");
        peers.deliver("p1/hello", Peers.hello("away", "t1", str(START)));
        ada.create(scope, "t1", "one");
        ada.write(scope.delete(TASK, "t1"));
        peers.pass(Duration.ofDays(60));
        assertThat(disk.tombstones("p1").collectList().block()).hasSize(1);
        // It comes back, and still shows the record: that is no clean hello.
        peers.deliver("p1/hello", Peers.hello("away", "t1", str(START)));
        peers.pass(DAY);
        assertThat(disk.tombstones("p1").collectList().block()).hasSize(1);
        peers.deliver("p1/hello", Peers.hello("away"));
        peers.pass(DAY);
        assertThat(disk.tombstones("p1").collectList().block()).isEmpty();
        peers.deliver("p1/task/events/created", Peers.task("t1", "too late", START));
        assertThat(titles(scope)).as("nobody remembers").containsExactly("t1=too late");
    }

    @Test
    void aPeerThatIsNotHeardForHalfAYearNoLongerCounts() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk, builder -> builder.compareInterval(Duration.ofHours(12)));
        Scope scope = ada.open("p1");
        peers.deliver("p1/hello", Peers.hello("away"));
        peers.settle();
        ada.create(scope, "t1", "one");
        ada.write(scope.delete(TASK, "t1"));
        peers.pass(Duration.ofDays(179));
        assertThat(disk.tombstones("p1").collectList().block()).hasSize(1);
        peers.pass(Duration.ofDays(2));
        assertThat(disk.tombstones("p1").collectList().block()).isEmpty();
    }

    @Test
    void atTheBoundTheDeleteThatIsRememberedLongestIsForgottenAndReported() {
        Peer ada = peers.peer("ada", Persistence.none(), builder -> builder.maxTombstones(2));
        Scope scope = ada.open("p1");
        for (String id : List.of("t1", "t2", "t3")) {
            peers.deliver("p1/task/events/deleted", Peers.deleted(id, START));
        }
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.FORGOTTEN, 1L);
        peers.deliver("p1/task/events/created", Peers.task("t1", "back", START - 1));
        peers.deliver("p1/task/events/created", Peers.task("t3", "not back", START - 1));
        assertThat(titles(scope)).containsExactly("t1=back");
    }

    @Test
    void atMostAThousandPeersAreKnownOfAScope() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        ada.open("p1");
        for (int i = 0; i < 1_002; i++) {
            if (i % 100 == 0) {
                peers.pass(Duration.ofSeconds(6));
            }
            peers.deliver("p1/hello", Peers.hello("peer" + i));
        }
        peers.pass(Duration.ofSeconds(1)); // What nobody waits for takes a moment to the disk.
        assertThat(disk.peers("p1").collectList().block())
                .hasSize(1_000)
                .noneMatch(peer -> peer.peer().equals("peer0"));
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.FORGOTTEN, 2L);
    }

    // ---- the store's other questions ----

    @Test
    void readsAndListsAreAnsweredFromTheStoreClosedScopesIncluded() {
        Peer ada = peers.peer("ada", new InMemoryPersistence());
        Scope p1 = ada.open("p1");
        ada.write(p1.create(PROJECT, new Peers.Project("p1", "Apollo")));
        ada.create(p1, "t1", "one");
        ada.create(p1, "t2", "two");
        p1.close();
        peers.settle();
        ListQuery query = ListQuery.all().where("title", ListQuery.Operator.EQ, "two");

        StepVerifier.create(ada.store.list(TASK, query))
                .then(peers::settle)
                .expectNext(List.of(new Task("t2", "p1", "two")))
                .verifyComplete();
        StepVerifier.create(ada.store.listRoots(PROJECT))
                .then(peers::settle)
                .expectNext(new Peers.Project("p1", "Apollo"))
                .verifyComplete();
        StepVerifier.create(ada.store.read(TASK, "t1"))
                .then(peers::settle)
                .expectNext(new Task("t1", "p1", "one"))
                .verifyComplete();
        StepVerifier.create(ada.store.read(TASK, "none")).then(peers::settle).verifyComplete();
    }

    @Test
    void withoutAPersistenceListsAreOfTheOpenScopes() {
        Peer ada = peers.peer("ada");
        Scope p1 = ada.open("p1");
        ada.create(p1, "t2", "two");
        ada.create(p1, "t1", "one");
        StepVerifier.create(ada.store.list(
                        TASK, ListQuery.all().sortBy("title", true).page(0, 1)))
                .then(peers::settle)
                .expectNext(List.of(new Task("t1", "p1", "one")))
                .verifyComplete();
    }

    @Test
    void theLiveListOfRootsIsTheStoresOwn() {
        Peer ada = peers.peer("ada", new InMemoryPersistence());
        Scope p1 = ada.open("p1");
        ada.write(p1.create(PROJECT, new Peers.Project("p1", "Apollo")));
        p1.close();
        Scope p2 = ada.open("p2");
        List<List<Peers.Project>> lists = new ArrayList<>();
        var watching = ada.store.roots(PROJECT).subscribe(lists::add);
        peers.settle();
        ada.write(p2.create(PROJECT, new Peers.Project("p2", "Gemini")));
        ada.write(p2.delete(PROJECT, "p2"));
        assertThat(lists.get(lists.size() - 2))
                .extracting(Peers.Project::name)
                .containsExactlyInAnyOrder("Apollo", "Gemini");
        assertThat(lists.get(lists.size() - 1)).extracting(Peers.Project::name).containsExactly("Apollo");
        watching.dispose();
    }

    @Test
    void afterALogoutTheLiveListOfRootsHasNoneOfThoseThatWereKept() {
        Peer ada = peers.peer("ada", new InMemoryPersistence());
        Scope p1 = ada.open("p1");
        ada.write(p1.create(PROJECT, new Peers.Project("p1", "Apollo")));
        p1.close();
        peers.settle();
        List<List<Peers.Project>> lists = new ArrayList<>();
        var watching = ada.store.roots(PROJECT).subscribe(lists::add);
        peers.settle();
        ada.store.resetForLogout(true).subscribe();
        peers.settle();

        assertThat(lists.get(lists.size() - 2)).extracting(Peers.Project::name).containsExactly("Apollo");
        assertThat(lists.get(lists.size() - 1)).isEmpty();
        watching.dispose();
    }

    @Test
    void aRequestFailsAndSaysWhatToUseInstead() {
        Peer ada = peers.peer("ada");
        StepVerifier.create(ada.store.request("task/list", Json.object()))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(UnsupportedInModeException.class)
                        .hasMessageContaining("list"));
    }

    @Test
    void whoIsConnectedIsKnownToServersOnlyAndTheErrorSaysWhatToUseInstead() {
        Peer ada = peers.peer("ada");
        StepVerifier.create(ada.store.presence())
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(UnsupportedInModeException.class)
                        .hasMessageContaining("PeerSync.presence"));
    }

    @Test
    void peersHaveNoOwnersWhoCouldShare() {
        Peer ada = peers.peer("ada");
        for (Mono<?> asked : List.of(
                ada.store.share(PROJECT, "p1", "ben", SharePermission.VIEW),
                ada.store.unshare(PROJECT, "p1", "ben"),
                ada.store.shares(PROJECT, "p1"))) {
            StepVerifier.create(asked)
                    .verifyErrorSatisfies(error -> assertThat(error)
                            .isInstanceOf(UnsupportedInModeException.class)
                            .hasMessageContaining("access rules"));
        }
    }

    @Test
    void whatMayBeTheOnlyCopyIsNotForgotten() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Scope p1 = ada.open("p1");
        ada.create(p1, "t1", "one");
        StepVerifier.create(ada.store.clearScope("p1"))
                .then(peers::settle)
                .expectComplete()
                .verify();
        assertThat(titles(p1)).containsExactly("t1=one");
        StepVerifier.create(ada.store.resetForLogout())
                .then(peers::settle)
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(OnlyCopyException.class)
                        .hasMessageContaining("'p1'")
                        .hasMessageContaining("resetForLogout(true)"))
                .verify();
        assertThat(titles(p1)).containsExactly("t1=one");
        assertThat(ada.store.connectionStatus().isConnected()).isTrue();
        p1.close();
        ada.stop();

        Peer again = peers.peer("ada", disk);
        List<String> told = new ArrayList<>();
        again.store.resetForLogout().subscribe(unused -> {}, error -> told.add("refused"), () -> told.add("done"));
        peers.settle();
        assertThat(told).as("though the scope is closed").containsExactly("refused");
        again.store.resetForLogout(true).subscribe(unused -> {}, error -> told.add("refused"), () -> told.add("done"));
        peers.settle();
        assertThat(told).containsExactly("refused", "done");
        assertThat(titles(again.open("p1"))).isEmpty();
    }

    @Test
    void aWriteThatNobodyHearsIsDoneAndSaysSo() {
        Peer ada = peers.peer("ada");
        Scope p1 = ada.open("p1");
        peers.pass(Duration.ofSeconds(1));
        peers.network.unheard = true;
        ada.create(p1, "t1", "one");
        peers.pass(Duration.ofSeconds(10));
        assertThat(ada.outcomes).containsExactly("SYNCED");
        assertThat(ada.store.diagnosticCounts())
                .as("of the write, and of no hello")
                .containsEntry(DiagnosticCode.NO_SUBSCRIBERS, 1L);
        peers.network.unheard = false;
        ada.create(p1, "t2", "two");
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.NO_SUBSCRIBERS, 1L);
    }

    @Test
    void whatOthersHoldIsForgottenAtALogout() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        ada.create(adas, "t1", "one");
        peers.pass(Duration.ofSeconds(1));
        List<String> told = new ArrayList<>();
        ada.store.resetForLogout().subscribe(unused -> {}, error -> told.add("refused"), () -> told.add("done"));
        peers.settle();
        assertThat(told).containsExactly("done");
        assertThat(titles(bens)).containsExactly("t1=one");
    }

    @Test
    void aScopeCannotBeLoaded() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        StepVerifier.create(ada.store.loadScope("p1"))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(UnsupportedInModeException.class)
                        .hasMessageContaining("'p1'"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'clientId':'web','manifest':[{'id':'t1','entity':'task','version':3}]}",
                "{'clientId':'web','replay':'direct','round':'r1','manifest':[]}",
                "{'clientId':'web','replay':'direct','digest':{'round':'r1','n':20,'fp':'AAAAAAAAAAAAAAAAAAAAAA'}}"
            })
    void aHelloOfServerModeIsNotAnswered(String hello) {
        Peer ada = peers.peer("ada");
        ada.create(ada.open("p1"), "t1", "one");
        peers.pass(Duration.ofSeconds(1));
        int before = peers.network.publishedTo("").size();
        peers.deliver("p1/hello", hello);
        peers.pass(Duration.ofSeconds(10));
        assertThat(peers.network.publishedTo("")).hasSize(before);
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.WRONG_MODE, 1L);
    }

    @Test
    void anEntryWithoutItsEntityIsMatchedByItsId() {
        Peer ada = peers.peer("ada");
        Scope p1 = ada.open("p1");
        ada.write(p1.create(PROJECT, new Peers.Project("p1", "Apollo")));
        peers.deliver("p1/task/events/created", Peers.task("t1", "same", START));
        peers.deliver("p1/task/events/created", Peers.task("t2", "newer here", START + 1));
        peers.deliver("p1/task/events/created", Peers.task("t3", "deleted", START));
        peers.deliver("p1/task/events/deleted", Peers.deleted("t3", START + 2));
        peers.pass(Duration.ofSeconds(5));
        peers.network.published.clear();
        peers.deliver(
                "p1/hello",
                Peers.hello("old", "t1", "" + START, "t2", "" + START, "t3", "" + START)
                        .replace("'entity':'task',", ""));
        peers.pass(Duration.ofSeconds(1));
        assertThat(peers.sent("events/created").stream()
                        .map(event -> event.path("id").asString()))
                .as("the root, which it does not name")
                .containsExactly("p1");
        assertThat(peers.sent("events/updated").stream()
                        .map(event -> event.path("id").asString()))
                .containsExactly("t2");
        assertThat(peers.sent("events/deleted").stream()
                        .map(event -> event.path("id").asString()))
                .containsExactly("t3");
    }

    @Test
    void whatIsNewerUnderAnIdAloneIsAskedFor() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "old", START));
        peers.pass(Duration.ofSeconds(20));
        String same = Peers.hello("old", "t1", "" + START).replace("'entity':'task',", "");
        peers.deliver("p1/hello", same);
        peers.pass(Duration.ofSeconds(20));
        int before = peers.sent("p1/hello").size();
        peers.deliver("p1/hello", same);
        peers.pass(Duration.ofSeconds(20));
        assertThat(peers.sent("p1/hello")).as("it is known").hasSize(before);
        peers.deliver("p1/hello", same.replace("" + START, "" + (START + 9)));
        peers.pass(Duration.ofSeconds(20));
        assertThat(peers.sent("p1/hello")).hasSize(before + 1);
    }

    @Test
    void aWriteRightAfterOpeningWaitsForWhatIsOnDisk() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        ada.create(ada.open("p1"), "t1", "one");
        ada.stop();
        Peer again = peers.peer("ada", new SlowDisk(disk, peers.network.time, Duration.ofSeconds(1)));
        Scope scope = again.store.openScope("p1");
        again.title(scope, "t1", "two");
        assertThat(again.outcomes).isEmpty();
        peers.pass(Duration.ofSeconds(10));
        assertThat(again.outcomes).containsExactly("SYNCED");
        assertThat(titles(scope)).containsExactly("t1=two");
    }

    @Test
    void anInstanceBelongsToOneStore() {
        PeerSync sync = PeerSync.create();
        assertThatThrownBy(() -> sync.presence("p1").blockFirst()).hasMessageContaining("belongs to no store yet");
        StitchStoreBuilder builder = StitchStore.builder()
                .schema(Peers.SCHEMA)
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .scheduler(peers.network.time)
                .syncMode(sync);
        builder.build();
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("another store");
    }
}
