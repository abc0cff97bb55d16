package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.Scope;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KnownPeer;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.Tombstone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;

import static io.stitch.reactive.peer.Peers.START;
import static io.stitch.reactive.peer.Peers.titles;
import static org.assertj.core.api.Assertions.assertThat;

/** What is remembered of deletes and of peers goes in the order of its age, after a restart too, and all of it with its user. */
class RememberedInVirtualTimeTest {
    private final Peers peers = new Peers();

    @AfterEach
    void end() {
        peers.close();
    }

    @Test
    void afterARestartTooTheDeleteThatIsRememberedLongestIsForgottenFirst() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Scope before = ada.open("p1");
        for (String id : List.of("z", "m", "a")) {
            ada.create(before, id, "here");
            ada.write(before.delete(Peers.TASK, id));
            peers.pass(Duration.ofSeconds(1));
        }
        ada.stop();

        Peer again = peers.peer("ada", disk, builder -> builder.maxTombstones(3));
        Scope scope = again.open("p1");
        again.create(scope, "b", "here");
        again.write(scope.delete(Peers.TASK, "b"));

        assertThat(again.store.diagnosticCounts()).containsEntry(DiagnosticCode.FORGOTTEN, 1L);
        for (String id : List.of("a", "b", "m", "z")) {
            peers.deliver("p1/task/events/created", Peers.task(id, "old", START - 1));
        }
        assertThat(titles(scope)).as("its delete is the oldest").containsExactly("z=old");
    }

    @Test
    void aBoundThatWasLoweredKeepsTheNewestDeletes() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Batch batch = new Batch();
        List<String> oldestFirst = List.of("z", "m", "a");
        oldestFirst.forEach(id -> batch.put(new Tombstone(
                "p1", new RecordKey("p1", "task", id), START + ".0.other", START + oldestFirst.indexOf(id))));
        disk.apply(batch).block();

        Peer ada = peers.peer("ada", disk, builder -> builder.maxTombstones(2));
        ada.open("p1");
        peers.pass(Duration.ofSeconds(1));

        assertThat(disk.tombstones("p1")
                        .map(each -> each.key().id())
                        .collectList()
                        .block())
                .containsExactly("m", "a");
    }

    @Test
    void afterARestartTooThePeerThatWasUnheardLongestIsForgottenFirst() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Batch batch = new Batch();
        for (int i = 0; i < 1_000; i++) { // By name, the one unheard longest is the last.
            batch.put(new KnownPeer("p1", "peer%03d".formatted(999 - i), START + i, 0));
        }
        disk.apply(batch).block();
        Peer ada = peers.peer("ada", disk);
        ada.open("p1");
        peers.deliver("p1/hello", Peers.hello("new"));
        peers.pass(Duration.ofSeconds(1));

        assertThat(disk.peers("p1").map(KnownPeer::peer).collectList().block())
                .hasSize(1_000)
                .contains("new", "peer000")
                .doesNotContain("peer999");
    }

    @Test
    void aLogoutForgetsDeletesAndPeersOfClosedScopesToo() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        for (String id : List.of("p1", "p2")) {
            Scope scope = ada.open(id);
            peers.deliver(id + "/hello", Peers.hello("bob"));
            ada.create(scope, "t1", "one");
            ada.write(scope.delete(Peers.TASK, "t1"));
        }
        ada.stop();
        assertThat(disk.tombstones("p2").collectList().block()).hasSize(1);

        Peer again = peers.peer("ada", disk);
        again.open("p1");
        again.store.resetForLogout().subscribe();
        peers.pass(Duration.ofSeconds(1));

        for (String id : List.of("p1", "p2")) {
            assertThat(disk.tombstones(id).collectList().block()).isEmpty();
            assertThat(disk.peers(id).collectList().block()).isEmpty();
        }
    }
}
