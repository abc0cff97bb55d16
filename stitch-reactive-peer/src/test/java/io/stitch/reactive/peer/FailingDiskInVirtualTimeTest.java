package io.stitch.reactive.peer;

import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.Scope;
import io.stitch.reactive.peer.Peers.Peer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static io.stitch.reactive.peer.Peers.START;
import static io.stitch.reactive.peer.Peers.TASK;
import static io.stitch.reactive.peer.Peers.titles;
import static org.assertj.core.api.Assertions.assertThat;

/** Peers whose disk does not take something, for a while or for good. */
class FailingDiskInVirtualTimeTest {
    private static final int FOR_LONG = 1_000;

    private final Peers peers = new Peers();
    private final InMemoryPersistence disk = new InMemoryPersistence();
    private final FickleDisk fickle = new FickleDisk(disk, peers.network.time);

    @AfterEach
    void close() {
        peers.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDeleteThatTheDiskHasNotTakenIsKnownWhenItsScopeIsOpenedAgain(boolean heals) {
        Peer ada = peers.peer("ada", fickle);
        Scope p1 = ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "old", START));
        peers.pass(Duration.ofSeconds(1));
        fickle.failingBatches = FOR_LONG;
        peers.deliver("p1/task/events/deleted", Peers.deleted("t1", START + 5));
        p1.close();
        peers.settle();
        Scope again = ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "old", START));
        assertThat(titles(again)).isEmpty();
        if (heals) {
            fickle.failingBatches = 0;
            peers.pass(Duration.ofMinutes(1));
        }
        peers.deliver("p1/task/events/created", Peers.task("t1", "old", START));
        assertThat(titles(again)).isEmpty();
    }

    @Test
    void aDeleteThatWasOvercomeIsNotReadAgainWhileTheDiskHasNotTakenThat() {
        Peer ada = peers.peer("ada", fickle);
        Scope p1 = ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "old", START));
        peers.deliver("p1/task/events/deleted", Peers.deleted("t1", START + 5));
        peers.pass(Duration.ofSeconds(1));
        fickle.failingBatches = FOR_LONG;
        peers.deliver("p1/task/events/created", Peers.task("t1", "new", START + 10));
        p1.close();
        peers.settle();
        assertThat(titles(ada.open("p1"))).containsExactly("t1=new");
    }

    @Test
    void aLogoutThatTheDiskHasNotTakenLeavesNoDeletesToTheNextUser() {
        Peer ada = peers.peer("ada", fickle);
        Scope p1 = ada.open("p1");
        ada.create(p1, "t1", "one");
        ada.write(p1.delete(TASK, "t1"));
        ada.create(p1, "t2", "two");
        peers.pass(Duration.ofSeconds(1));
        fickle.failingBatches = FOR_LONG;
        List<String> told = new ArrayList<>();
        ada.store.resetForLogout(true).subscribe(unused -> {}, error -> told.add("failed"), () -> told.add("done"));
        peers.pass(Duration.ofSeconds(3));
        assertThat(told).containsExactly("failed");

        ada.store.connect().subscribe();
        Scope again = ada.open("p1");
        peers.pass(Duration.ofSeconds(3));
        assertThat(titles(again)).isEmpty();
        peers.deliver("p1/task/events/created", Peers.task("t1", "old", START));
        assertThat(titles(again)).containsExactly("t1=old");
        fickle.failingBatches = 0;
        peers.pass(Duration.ofMinutes(2));
        ada.stop();
        assertThat(titles(peers.peer("ada", disk).open("p1"))).containsExactly("t1=old");
    }

    @Test
    void whoLogsInAndOpensAScopeWhileTheLastUsersIsForgottenHasNoneOfItsDeletes() {
        Peer before = peers.peer("ada", disk);
        Scope p1 = before.open("p1");
        before.create(p1, "t1", "one");
        before.write(p1.delete(TASK, "t1"));
        before.stop();
        FickleDisk late = new FickleDisk(disk, peers.network.time);
        Peer ada = peers.peer("ada", late);
        late.late = Duration.ofSeconds(5);
        ada.open("p1");
        ada.store.resetForLogout(true).subscribe();
        ada.store.connect().subscribe();
        Scope again = ada.open("p1");
        peers.pass(Duration.ofMinutes(1));
        peers.deliver("p1/task/events/created", Peers.task("t1", "old", START));
        assertThat(titles(again)).containsExactly("t1=old");
    }
}
