package io.stitch.reactive.peer;

import io.stitch.reactive.DropResult;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.Patch;
import io.stitch.reactive.QueuedWrite;
import io.stitch.reactive.QueuedWrite.State;
import io.stitch.reactive.Scope;
import io.stitch.reactive.peer.Peers.Peer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static io.stitch.reactive.peer.Peers.TASK;
import static io.stitch.reactive.peer.Peers.titles;
import static org.assertj.core.api.Assertions.assertThat;

/** Pending writes one by one among peers, where a write is in the record at once, and others may hear of it in many ways. */
class QueuedPeerWritesTest {
    private final Peers peers = new Peers();
    private final List<List<QueuedWrite>> lists = new ArrayList<>();
    private final List<DropResult> drops = new ArrayList<>();

    @AfterEach
    void close() {
        peers.close();
    }

    private void watch(Peer peer) {
        peer.store.queuedWrites().subscribe(lists::add);
    }

    private List<QueuedWrite> queued() {
        peers.pass(Duration.ofMillis(50));
        return lists.get(lists.size() - 1);
    }

    private void drop(Peer peer, QueuedWrite write) {
        peer.store.dropWrite(write.sequence()).subscribe(drops::add);
        peers.settle();
    }

    private Peer cutOff(String name, InMemoryPersistence disk) {
        Peer peer = peers.peer(name, disk);
        peers.network.cut(name);
        peers.settle();
        watch(peer);
        return peer;
    }

    @Test
    void whatWasWrittenWithoutAConnectionCanBeTakenBackAndNobodyHearsOfIt() {
        Peer ada = cutOff("ada", new InMemoryPersistence());
        Peer ben = peers.peer("ben");
        Scope bens = ben.open("p1");
        Scope adas = ada.open("p1");
        ada.create(adas, "t1", "one");
        ada.create(adas, "t2", "two");
        List<QueuedWrite> queued = queued();
        assertThat(queued)
                .hasSize(2)
                .allMatch(write -> write.state() == State.OFFLINE && !write.inDoubt() && write.writtenAt() != null);
        drop(ada, queued.get(0));
        peers.network.reconnect("ada");
        peers.pass(Duration.ofMinutes(10));

        assertThat(drops).containsExactly(DropResult.DROPPED);
        assertThat(titles(adas)).containsExactly("t2=two");
        assertThat(titles(bens)).containsExactly("t2=two");
        assertThat(queued()).isEmpty();
    }

    @Test
    void aWriteIsTheWholeRecordSoWhatWasWrittenOnTopOfADroppedOneGoesWithIt() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        peers.network.cut("ada");
        peers.settle();
        watch(ada);
        ada.title(scope, "t1", "two");
        ada.write(scope.delete(TASK, "t1"));
        drop(ada, queued().get(0));

        assertThat(drops).containsExactly(DropResult.DROPPED);
        assertThat(queued()).isEmpty();
        assertThat(titles(scope)).containsExactly("t1=one");
    }

    @Test
    void aRecordThatMovedMovesBackWhicheverHalfIsDropped() {
        for (int half = 0; half < 2; half++) {
            Peer ada = peers.peer("ada" + half);
            Scope from = ada.open("p1");
            Scope to = ada.open("p2");
            ada.create(from, "t1", "one");
            peers.network.cut(ada.name);
            peers.settle();
            watch(ada);
            ada.write(from.update(TASK, "t1", Patch.of("projectId", "p2")));
            List<QueuedWrite> queued = queued();
            assertThat(queued).hasSize(2);
            assertThat(titles(to)).containsExactly("t1=one");
            drop(ada, queued.get(half));

            assertThat(queued()).isEmpty();
            assertThat(titles(from)).containsExactly("t1=one");
            assertThat(titles(to)).isEmpty();
            ada.stop();
        }
        assertThat(drops).containsExactly(DropResult.DROPPED, DropResult.DROPPED);
    }

    @Test
    void whatWasPendingWhileTheStoreWasConnectedMayHaveBeenHeardAndStays() {
        Peer ada = cutOff("ada", new InMemoryPersistence());
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        peers.network.refusals = message -> message.topic().contains("/events/")
                ? new io.stitch.reactive.spi.TransportException(
                        io.stitch.reactive.spi.TransportException.Kind.REFUSED, 0x97, "too much", null)
                : null;
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(30));
        peers.network.cut("ada");
        peers.settle();
        QueuedWrite write = queued().get(0);

        assertThat(write.inDoubt()).isTrue();
        assertThat(write.attempts()).isPositive();
        drop(ada, write);
        assertThat(drops).containsExactly(DropResult.IN_DOUBT);
        assertThat(titles(scope)).containsExactly("t1=one");
    }

    @Test
    void anEarlierRunMayHaveToldOthersSoWhatItLeftBehindStays() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer first = cutOff("ada", disk);
        first.create(first.open("p1"), "t1", "one");
        first.stop();

        Peer second = peers.peer("ada", disk);
        second.store.start().subscribe();
        peers.settle();
        watch(second);
        QueuedWrite write = queued().get(0);
        assertThat(write.inDoubt()).isTrue();
        drop(second, write);
        assertThat(drops).containsExactly(DropResult.IN_DOUBT);
    }
}
