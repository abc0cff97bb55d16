package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.Scope;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.peer.Peers.Task;
import io.stitch.reactive.spi.KnownPeer;
import io.stitch.reactive.spi.Persistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import static io.stitch.reactive.peer.Peers.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** Somebody who may publish in one scope, and makes up as many names as they like. */
class FloodsInVirtualTimeTest {
    private static final int RECORDS = 1_000;

    private final Peers peers = new Peers();

    @AfterEach
    void close() {
        peers.close();
    }

    private Peer holder() {
        Peer ada = peers.peer("ada", Persistence.none());
        Scope scope = ada.open("p1");
        List<Mutation<Task>> tasks = new ArrayList<>();
        for (int i = 0; i < RECORDS; i++) {
            tasks.add(scope.create(TASK, new Task("t" + i, "p1", "one")));
        }
        ada.store.batch(Flux.fromIterable(tasks)).subscribe();
        peers.pass(Duration.ofSeconds(10));
        return ada;
    }

    private long replayed() {
        return peers.sent("/task/events/created").stream()
                .filter(event -> event.path("replay").asBoolean())
                .count();
    }

    @Test
    void hellosUnderMadeUpNamesHaveTheScopeSaidAFewTimesAndNotForEachOfThem() {
        holder();
        for (int i = 0; i < 200; i++) {
            peers.send("p1/hello", Peers.hello("made-up-" + i));
            peers.pass(Duration.ofMillis(5));
        }
        peers.pass(Duration.ofSeconds(2));
        // 100 µs for each record that was said, and each hello is answered in the end.
        assertThat(replayed()).isBetween(2L * RECORDS, 15L * RECORDS);
    }

    @Test
    void whoComesWhileOthersAreAnsweredIsAnsweredToo() {
        holder();
        peers.deliver("p1/hello", Peers.answeringHello("bob", "r1"));
        peers.deliver("p1/hello", Peers.answeringHello("cid", "r2"));
        peers.pass(Duration.ofSeconds(1));

        assertThat(replayed()).isEqualTo(2L * RECORDS);
        assertThat(peers.sent("p1/hello"))
                .filteredOn(said -> said.has("events"))
                .extracting(
                        said -> said.path("to").asString(),
                        said -> said.path("events").asInt())
                .contains(
                        org.assertj.core.groups.Tuple.tuple("bob", RECORDS),
                        org.assertj.core.groups.Tuple.tuple("cid", RECORDS));
    }

    @Test
    void whoWasThereBeforeIsKnownAfterAFloodOfMadeUpNames() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        ada.open("p1");
        List<String> forgotten = new ArrayList<>();
        ada.store
                .diagnostics()
                .filter(diagnostic -> diagnostic.code() == DiagnosticCode.FORGOTTEN)
                .subscribe(diagnostic -> forgotten.add(diagnostic.subject()));
        peers.deliver("p1/hello", Peers.hello("bob"));
        peers.pass(Duration.ofMinutes(1));
        peers.deliver("p1/hello", Peers.hello("bob"));
        for (int i = 0; i < 2_600; i++) {
            peers.send("p1/hello", Peers.hello("made-up-" + i));
            peers.pass(Duration.ofMillis(10));
        }
        peers.pass(Duration.ofSeconds(20));

        assertThat(disk.peers("p1").collectList().block())
                .hasSize(1_000)
                .extracting(KnownPeer::peer)
                .contains("bob");
        assertThat(forgotten).isNotEmpty().allMatch(subject -> subject.startsWith("p1/made-up-"));
    }

    @Test
    void deletesOfWhatNeverWasPushOutNoDeleteOfARecordThatWasHere() {
        Peer ada = peers.peer("ada", Persistence.none(), builder -> builder.maxTombstones(100));
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        ada.write(scope.delete(TASK, "t1"));
        for (int i = 0; i < 300; i++) {
            peers.send("p1/task/events/deleted", Peers.deleted("made-up-" + i, Peers.START));
        }
        peers.settle();
        peers.deliver("p1/task/events/created", Peers.task("t1", "back", Peers.START - 1));
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.FORGOTTEN, 201L);
    }

    @Test
    void aLongListOfAnnouncedScopesIsToldOfAFewTimesASecond() {
        Peer ada = peers.peer("ada");
        AtomicInteger lists = new AtomicInteger();
        List<String> last = new ArrayList<>();
        ada.sync.announcedScopes().subscribe(scopes -> {
            lists.incrementAndGet();
            last.clear();
            last.addAll(scopes);
        });
        peers.settle();
        for (int i = 0; i < 1_000; i++) {
            peers.send("made-up-" + i + "/hello", Peers.hello("stranger"));
            peers.pass(Duration.ofMillis(2));
        }
        peers.pass(Duration.ofSeconds(1));

        assertThat(last).hasSize(1_000);
        assertThat(lists.get()).isLessThan(100 + 20 + 5);
    }
}
