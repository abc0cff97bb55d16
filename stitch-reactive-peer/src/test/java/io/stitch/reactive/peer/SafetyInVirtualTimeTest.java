package io.stitch.reactive.peer;

import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.Safety;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.spi.Persistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static io.stitch.reactive.peer.Peers.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** Whether others have what is written here: nobody was there, the broker took it, so many have said that they have it. */
class SafetyInVirtualTimeTest {
    private static final Duration A_WHILE = Duration.ofSeconds(8);

    private final Peers peers = new Peers();

    @AfterEach
    void end() {
        peers.close();
    }

    private static List<ScopeSafety> watch(Scope scope) {
        List<ScopeSafety> states = new ArrayList<>();
        scope.safety().subscribe(states::add);
        return states;
    }

    private static ScopeSafety last(List<ScopeSafety> states) {
        return states.get(states.size() - 1);
    }

    private static RecordSafety now(List<RecordSafety> states) {
        return states.get(states.size() - 1);
    }

    @Test
    void aWriteIsPendingThenTakenThenHeldWhenAnotherSaysSo() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope scope = ada.open("p1");
        ben.open("p1");
        peers.pass(A_WHILE);
        List<ScopeSafety> states = watch(scope);
        peers.pass(Duration.ofSeconds(1));
        assertThat(last(states).level()).isEqualTo(Safety.HELD);
        states.clear();

        scope.create(TASK, new Peers.Task("t1", "p1", "one")).subscribe();
        peers.pass(A_WHILE);

        assertThat(states).extracting(ScopeSafety::level).containsExactly(Safety.PENDING, Safety.TAKEN, Safety.HELD);
        assertThat(last(states)).isEqualTo(new ScopeSafety(0, 0, 0, 1));
    }

    @Test
    void ofMoreRecordsThanAManifestNamesTheFingerprintSaysWhoHoldsThem() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope scope = ada.open("p1");
        ben.open("p1");
        for (int i = 0; i < 40; i++) {
            ada.create(scope, "t" + i, "one");
        }
        List<ScopeSafety> states = watch(scope);
        peers.settle();
        assertThat(last(states)).isEqualTo(new ScopeSafety(0, 0, 40, 0));

        peers.pass(A_WHILE);
        assertThat(last(states)).isEqualTo(new ScopeSafety(0, 0, 0, 1));
        assertThat(peers.sent("p1/hello"))
                .as("nobody said more than fingerprints")
                .noneMatch(said -> said.path("manifest").size() > 16);
    }

    @Test
    void whatNobodyWasThereToHearIsOnlyHereUntilSomebodyComes() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        peers.network.unheard = true;
        ada.create(scope, "t1", "one");
        List<ScopeSafety> states = watch(scope);
        List<RecordSafety> record = new ArrayList<>();
        scope.safety(TASK, "t1").subscribe(record::add);
        peers.settle();
        assertThat(last(states)).isEqualTo(new ScopeSafety(0, 1, 0, 0));
        assertThat(now(record)).isEqualTo(new RecordSafety(Safety.ONLY_HERE, 0));

        peers.network.unheard = false;
        Scope bens = peers.peer("ben").open("p1");
        peers.pass(A_WHILE);
        assertThat(Peers.titles(bens)).containsExactly("t1=one");
        assertThat(last(states)).isEqualTo(new ScopeSafety(0, 0, 0, 1));
        assertThat(now(record)).isEqualTo(new RecordSafety(Safety.HELD, 1));
    }

    @Test
    void whatOthersWroteIsHeldByThemAndEachWhoSaysTheSameCounts() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Peer cleo = peers.peer("cleo");
        Scope scope = ada.open("p1");
        Scope bens = ben.open("p1");
        cleo.open("p1");
        peers.pass(A_WHILE);
        List<RecordSafety> record = new ArrayList<>();
        scope.safety(TASK, "t1").subscribe(record::add);
        ben.create(bens, "t1", "one");
        peers.pass(Duration.ofSeconds(1));
        assertThat(now(record)).isEqualTo(new RecordSafety(Safety.HELD, 1));

        peers.pass(Duration.ofMinutes(6)); // Everybody has said hello.
        assertThat(now(record)).isEqualTo(new RecordSafety(Safety.HELD, 2));
        List<ScopeSafety> states = watch(scope);
        peers.settle();
        assertThat(last(states)).isEqualTo(new ScopeSafety(0, 0, 0, 2));
    }

    @Test
    void aDeleteIsHeldWhenNobodyHasTheRecordAnyMore() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope scope = ada.open("p1");
        ben.open("p1");
        ada.create(scope, "t1", "one");
        List<RecordSafety> record = new ArrayList<>();
        scope.safety(TASK, "t1").subscribe(record::add);
        peers.pass(A_WHILE);
        assertThat(now(record).level()).isEqualTo(Safety.HELD);

        ada.write(scope.delete(TASK, "t1"));
        peers.pass(Duration.ofMillis(300));
        assertThat(now(record)).isEqualTo(new RecordSafety(Safety.TAKEN, 0));
        peers.pass(A_WHILE);
        assertThat(now(record)).isEqualTo(new RecordSafety(Safety.HELD, 1));
    }

    @Test
    void whoComesBackWithoutItIsNotCountedAnyMore() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        peers.deliver("p1/hello", Peers.answeringHello("ben", "r1"));
        ada.create(scope, "t1", "one");
        String stamp = peers.sent("p1/task/events/created").get(0).path("hlc").toString();
        peers.deliver(
                "p1/hello",
                Peers.answeringHello("ben", "r2").replace("[]", "[{'id':'t1','entity':'task','hlc':" + stamp + "}]"));
        List<ScopeSafety> states = watch(scope);
        peers.settle();
        assertThat(last(states)).isEqualTo(new ScopeSafety(0, 0, 0, 1));

        peers.deliver("p1/hello", Peers.answeringHello("ben", "r3"));
        peers.pass(Duration.ofSeconds(1));
        assertThat(last(states)).isEqualTo(new ScopeSafety(0, 0, 1, 0));
    }

    @Test
    void afterARestartNothingIsKnownUntilTheFirstHello() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Peer ben = peers.peer("ben");
        Scope before = ada.open("p1");
        ben.open("p1");
        ada.create(before, "t1", "one");
        peers.pass(A_WHILE);
        ada.stop();

        Peer again = peers.peer("ada", disk);
        again.store.disconnect().subscribe();
        peers.settle();
        Scope scope = again.open("p1");
        List<ScopeSafety> states = watch(scope);
        peers.settle();
        assertThat(last(states)).as("ben was there once").isEqualTo(new ScopeSafety(0, 0, 1, 0));

        again.store.reconnect().subscribe();
        peers.pass(A_WHILE);
        assertThat(last(states)).isEqualTo(new ScopeSafety(0, 0, 0, 1));
    }

    @Test
    void whoWatchesWhileTheScopeIsReadFromDiskIsToldWhenItIs() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        ada.create(ada.open("p1"), "t1", "one");
        ada.stop();
        Peer again = peers.peer("ada", disk);
        Scope scope = again.store.openScope("p1");
        List<ScopeSafety> states = watch(scope);
        List<String> ended = new ArrayList<>();
        scope.safety().subscribe(unused -> {}, error -> {}, () -> ended.add("ended"));
        peers.settle();
        assertThat(last(states)).isEqualTo(new ScopeSafety(0, 1, 0, 0));
        assertThat(ended).isEmpty();
        scope.close();
        peers.settle();
        assertThat(ended).containsExactly("ended");
    }

    @Test
    void whoWatchesNothingAsksNothing() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope scope = ada.open("p1");
        ben.open("p1");
        peers.pass(A_WHILE);
        int hellos = peers.sent("p1/hello").size();
        ada.create(scope, "t1", "one");
        peers.pass(Duration.ofMinutes(1));
        assertThat(peers.sent("p1/hello")).hasSize(hellos);
    }

    @Test
    void whatNobodySaysTheyHoldIsAskedForLessAndLessOften() {
        Peer ada = peers.peer("ada", Persistence.none());
        Scope scope = ada.open("p1");
        peers.deliver("p1/hello", Peers.answeringHello("mute", "r1"));
        peers.pass(A_WHILE);
        watch(scope);
        int hellos = peers.sent("p1/hello").size();
        ada.create(scope, "t1", "one");
        peers.pass(Duration.ofMinutes(4));
        assertThat(peers.sent("p1/hello").size() - hellos).isBetween(3, 16);
    }
}
