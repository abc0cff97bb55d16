package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.Scope;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.peer.Peers.Task;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static io.stitch.reactive.peer.Peers.START;
import static io.stitch.reactive.peer.Peers.TASK;
import static io.stitch.reactive.peer.Peers.titles;
import static org.assertj.core.api.Assertions.assertThat;

/** Who may publish in one scope has no rights in another: nothing that is said in one reads, moves, buries or answers from another. */
class ScopesApartInVirtualTimeTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Peers peers = new Peers();

    @AfterEach
    void close() {
        peers.close();
    }

    private static String inP2(String event) {
        return event.replace("'projectId':'p1'", "'projectId':'p2'");
    }

    /** Where a record of p1 is when somebody names its id in p2. */
    enum Where {
        OPEN,
        PENDING,
        CLOSED,
        CLOSED_AND_PENDING,
        ON_DISK
    }

    /** Ada's p2 is open, and her record t1 of p1 is where it is said; t2 was deleted in p1. */
    private Peer ada(InMemoryPersistence disk, Where where) {
        Peer ada = peers.peer("ada", disk);
        Scope p1 = ada.open("p1");
        ada.create(p1, "t2", "two");
        ada.write(p1.delete(TASK, "t2"));
        if (where == Where.PENDING || where == Where.CLOSED_AND_PENDING) {
            peers.network.refusals =
                    message -> new TransportException(TransportException.Kind.REFUSED, 0x97, "not now", null);
        }
        ada.create(p1, "t1", "one");
        peers.pass(SECOND);
        if (where == Where.ON_DISK) {
            ada.stop();
            ada = peers.peer("ada", disk);
        } else if (where == Where.CLOSED || where == Where.CLOSED_AND_PENDING) {
            p1.close();
        }
        ada.open("p2");
        return ada;
    }

    @ParameterizedTest
    @EnumSource
    void aDeleteInOneScopeBuriesNothingInAnother(Where where) {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = ada(disk, where);
        long later = START + Duration.ofHours(1).toMillis();
        peers.deliver("p2/task/events/deleted", Peers.deleted("t1", later));
        peers.pass(SECOND);

        assertThat(titles(ada.open("p1"))).containsExactly("t1=one");
        assertThat(peers.sent("p1/task/events/deleted")).as("but that of t2").hasSize(1);
        ada.stop();
        assertThat(titles(peers.peer("ada", disk).open("p1"))).containsExactly("t1=one");
    }

    @ParameterizedTest
    @EnumSource
    void anEventInOneScopeTakesNothingFromAnother(Where where) {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = ada(disk, where);
        long later = START + Duration.ofHours(1).toMillis();
        peers.deliver("p2/task/events/created", inP2(Peers.task("t1", "mine now", later)));
        peers.deliver("p2/task/events/updated", inP2(Peers.task("t2", "not yours", START - 5)));
        peers.pass(SECOND);

        assertThat(titles(ada.open("p2"))).containsExactly("t1=mine now", "t2=not yours");
        assertThat(titles(ada.open("p1"))).containsExactly("t1=one");
        assertThat(peers.sent("p2/task/events/deleted"))
                .as("t2 was deleted elsewhere")
                .isEmpty();
        ada.stop();
        Peer again = peers.peer("ada", disk);
        assertThat(titles(again.open("p2"))).containsExactly("t1=mine now", "t2=not yours");
        assertThat(titles(again.open("p1"))).containsExactly("t1=one");
    }

    @ParameterizedTest
    @EnumSource
    void aHelloInOneScopeIsToldNothingOfAnother(Where where) {
        ada(new InMemoryPersistence(), where);
        peers.network.refusals = message -> null;
        int before = peers.network.publishedTo("").size();
        peers.deliver("p2/hello", Peers.answeringHello("eve", "r1", "t1", "1", "t2", "1", "t3", "1"));
        peers.pass(SECOND.multipliedBy(2));

        List<OutboundMessage> said = peers.network.publishedTo("").stream()
                .skip(before)
                .filter(message -> message.topic().startsWith("stitch/peer/project/p2/"))
                .toList();
        assertThat(said)
                .as("it asks for all three alike")
                .isNotEmpty()
                .allMatch(message -> message.topic().endsWith("/p2/hello"));
    }

    @Test
    void oneIdLivesALifeInEachScope() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Peer ben = peers.peer("ben", new InMemoryPersistence());
        Scope p1 = ada.open("p1");
        Scope p2 = ada.open("p2");
        Scope bens = ben.open("p2");
        ada.create(p1, "t1", "one");
        ada.create(p2, "t1", "other");
        ada.title(p1, "t1", "changed");
        assertThat(titles(p1)).containsExactly("t1=changed");
        assertThat(titles(p2)).containsExactly("t1=other");
        assertThat(titles(bens)).containsExactly("t1=other");

        peers.network.cut("ben");
        ben.title(bens, "t1", "by ben");
        ada.write(p1.delete(TASK, "t1"));
        assertThat(titles(p1)).isEmpty();
        assertThat(titles(p2)).containsExactly("t1=other");

        ada.stop();
        Peer again = peers.peer("ada", disk);
        Scope reopened = again.open("p2");
        assertThat(titles(again.open("p1"))).isEmpty();
        assertThat(titles(reopened)).containsExactly("t1=other");
        peers.network.reconnect("ben");
        peers.pass(Duration.ofSeconds(30));
        assertThat(titles(reopened)).as("what was written offline").containsExactly("t1=by ben");
        assertThat(titles(bens)).containsExactly("t1=by ben");
        assertThat(titles(ben.open("p1"))).isEmpty();
    }

    @Test
    void whatIsPendingInOneScopeIsNotPendingInAnother() {
        Peer ada = peers.peer("ada");
        Scope p1 = ada.open("p1");
        Scope p2 = ada.open("p2");
        ada.create(p1, "t1", "one");
        peers.network.cut("ada");
        ada.create(p2, "t1", "other");

        assertThat(p1.isPending(TASK, "t1")).isFalse();
        assertThat(p2.isPending(TASK, "t1")).isTrue();
    }

    @Test
    void aWriteOfWhatOnlyAnotherScopeHasFindsNothing() {
        Peer ada = peers.peer("ada");
        Scope p1 = ada.open("p1");
        Scope p2 = ada.open("p2");
        ada.create(p2, "t1", "other");
        ada.title(p1, "t1", "mine");
        ada.write(p1.delete(TASK, "t1"));
        ada.create(p1, "t1", "one");

        assertThat(ada.outcomes.subList(1, 3))
                .allMatch(outcome -> outcome.startsWith("RequestRefusedException: not found"));
        assertThat(ada.outcomes.get(3)).isEqualTo("SYNCED");
        assertThat(titles(p1)).containsExactly("t1=one");
        assertThat(titles(p2)).containsExactly("t1=other");
    }

    @Test
    void listsHaveTheRecordsOfAllScopesWhateverTheirIds() {
        Peer ada = peers.peer("ada", new InMemoryPersistence());
        Scope p1 = ada.open("p1");
        Scope p2 = ada.open("p2");
        ada.create(p1, "t1", "one");
        ada.create(p2, "t1", "other");
        p1.close();
        peers.settle();

        StepVerifier.create(ada.store.list(TASK, ListQuery.all().sortBy("title", true)))
                .then(peers::settle)
                .expectNext(List.of(new Task("t1", "p1", "one"), new Task("t1", "p2", "other")))
                .verifyComplete();
        StepVerifier.create(ada.store.read(TASK, "t1").map(Task::id))
                .then(peers::settle)
                .expectNext("t1")
                .verifyComplete();
    }

    // ---- moves ----

    @Test
    void aMoveIsADeleteInTheOldScopeAndALaterCreateInTheNewOne() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        Scope adasNew = ada.open("p2");
        List<String> seen = new ArrayList<>();
        Flux.merge(
                        adas.mutations().map(event -> event.operation() + " p1"),
                        adasNew.mutations().map(event -> event.operation() + " p2"))
                .subscribe(seen::add);
        Scope bensOld = ben.open("p1");
        ada.create(adas, "t1", "one");
        ada.write(adas.update(TASK, "t1", Patch.of("projectId", "p2")));
        Scope bensNew = ben.open("p2");
        peers.pass(SECOND);

        assertThat(ada.outcomes).containsExactly("SYNCED", "SYNCED");
        OutboundMessage left =
                peers.network.publishedTo("p1/task/events/deleted").get(0);
        OutboundMessage came =
                peers.network.publishedTo("p2/task/events/created").get(0);
        assertThat(Peers.stampOf(came)).isGreaterThan(Peers.stampOf(left));
        assertThat(titles(adas)).isEmpty();
        assertThat(titles(bensOld)).isEmpty();
        assertThat(titles(bensNew)).containsExactly("t1=one");
        assertThat(seen).contains(RecordEvent.Operation.DELETED + " p1", RecordEvent.Operation.CREATED + " p2");
    }

    @Test
    void aMoveThatIsHeardOfOnlyInTheNewScopeLeavesWhatIsInTheOldOne() {
        Peer ada = peers.peer("ada");
        Scope p1 = ada.open("p1");
        Scope p2 = ada.open("p2");
        peers.deliver("p1/task/events/created", Peers.task("t1", "old", START));
        peers.deliver("p2/task/events/created", inP2(Peers.task("t1", "new", START + 10)));
        assertThat(titles(p1)).containsExactly("t1=old");
        assertThat(titles(p2)).containsExactly("t1=new");
        peers.deliver("p1/task/events/deleted", Peers.deleted("t1", START + 5));
        assertThat(titles(p1)).isEmpty();
        assertThat(titles(p2)).containsExactly("t1=new");
    }

    @Test
    void aMoveToWhereARecordHasTheIdIsRefused() {
        Peer ada = peers.peer("ada");
        Scope p1 = ada.open("p1");
        Scope p2 = ada.open("p2");
        ada.create(p1, "t1", "one");
        ada.create(p2, "t1", "other");
        ada.write(p1.update(TASK, "t1", Patch.of("projectId", "p2")));

        assertThat(ada.outcomes.get(2)).startsWith("RequestRefusedException: exists");
        assertThat(titles(p1)).containsExactly("t1=one");
        assertThat(titles(p2)).containsExactly("t1=other");
        assertThat(ada.store.pendingCount().blockFirst()).isZero();
    }

    @Test
    void aMoveIntoAScopeThatIsClosedIsThereWhenItIsOpened() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Scope p1 = ada.open("p1");
        ada.create(p1, "t1", "one");
        ada.create(p1, "t2", "two");
        ada.write(p1.update(TASK, "t1", Patch.of("projectId", "p2")));
        peers.network.cut("ada");
        ada.write(p1.update(TASK, "t2", Patch.of("projectId", "p2")));
        assertThat(titles(ada.open("p2"))).containsExactly("t1=one", "t2=two");
        ada.stop();

        Peer again = peers.peer("ada", disk);
        assertThat(titles(again.open("p1"))).isEmpty();
        assertThat(titles(again.open("p2"))).containsExactly("t1=one", "t2=two");
    }

    // ---- what is undone ----

    @Test
    void aCreateThatIsTakenBackLeavesNothingOfWhatWasDeletedBefore() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", new SlowDisk(disk, peers.network.time, Duration.ofMillis(3)));
        Scope p1 = ada.open("p1");
        ada.create(p1, "t1", "one");
        // The delete waits for the disk, which is busy, when the batch is refused.
        p1.create(TASK, new Task("t2", "p1", "two")).result().subscribe(created -> {}, failed -> {});
        peers.pass(Duration.ofMillis(1));
        p1.delete(TASK, "t1").result().subscribe(deleted -> {}, failed -> {});
        peers.pass(Duration.ofMillis(1));
        ada.store
                .batch(Flux.just(
                        p1.create(TASK, new Task("t1", "p1", "again")),
                        p1.update(TASK, "nothing", Patch.of("title", "x"))))
                .subscribe(written -> {}, refused -> ada.outcomes.add("batch refused"));
        peers.pass(SECOND);
        assertThat(ada.outcomes).containsExactly("SYNCED", "batch refused");
        assertThat(titles(p1)).containsExactly("t2=two");

        ada.stop();
        Peer again = peers.peer("ada", disk);
        assertThat(titles(again.open("p1"))).containsExactly("t2=two");
        assertThat(again.store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.PERSISTENCE_FAILED);
    }
}
