package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.Peers.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import tools.jackson.databind.node.ObjectNode;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

import static io.stitch.reactive.peer.Peers.PROJECT;
import static io.stitch.reactive.peer.Peers.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** What peers must bring about on each real broker. */
abstract class PeersOnABroker<B extends TestBroker> {
    private static final EntityType<ObjectNode> PERSON = EntityType.json("person");
    static final Duration PATIENCE = Duration.ofSeconds(60);
    static final int RECORDS = 10_000;
    /** So many events into a replay something happens: after the first ones have arrived, and long before the last ones. */
    static final int MIDDLE = 3_000;

    private final List<PeerOnABroker> peers = new ArrayList<>();
    B broker;

    abstract B startBroker();

    @BeforeEach
    void start() {
        broker = startBroker();
    }

    @AfterEach
    void stop() {
        Flux.fromIterable(peers)
                .flatMap(peer -> peer.store.close().onErrorComplete())
                .blockLast(PATIENCE);
        peers.forEach(peer -> peer.link.close());
        broker.close();
    }

    final PeerOnABroker peer(String name) {
        return peer(name, builder -> builder);
    }

    final PeerOnABroker peer(String name, UnaryOperator<PeerSync.Builder> options) {
        PeerOnABroker peer = new PeerOnABroker(name, CuttableLink.to(broker.port(peers.size())), options);
        peers.add(peer);
        peer.store.start().then(peer.store.connect()).block(PATIENCE);
        return peer;
    }

    @Test
    void aSignedPeerWhoseConnectionBreaksIsGoneAtOnce() throws NoSuchAlgorithmException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
        KeyPair adas = generator.generateKeyPair();
        KeyPair bens = generator.generateKeyPair();
        PeerOnABroker ada = peer("ada", builder -> builder.signed(adas, List.of(bens.getPublic())));
        Flux<List<String>> present = ada.sync
                .presence("p1")
                .map(list -> list.stream().map(PresentPeer::clientId).toList());
        StepVerifier.create(present)
                .expectNext(List.of())
                // What is acknowledged was sent after the subscription to goodbyes.
                .then(() -> ada.fill(1))
                .then(() -> peer("ben", builder -> builder.signed(bens, List.of(adas.getPublic()))))
                .expectNext(List.of("ben"))
                .then(() -> peers.get(1).link.close())
                .expectNext(List.of())
                .thenCancel()
                .verify(PATIENCE);
        assertThat(ada.store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.FORGED);
    }

    @Test
    void aFreshPeerGetsTenThousandRecords() {
        PeerOnABroker full = peer("full");
        full.fill(RECORDS);
        PeerOnABroker fresh = peer("fresh");
        fresh.awaitRecords(RECORDS);
        assertThat(fresh.titles()).isEqualTo(full.titles());
    }

    @Test
    void anotherPeerGoesOnWhereTheOneThatReplaysIsKilled() {
        PeerOnABroker one = peer("one");
        one.fill(RECORDS);
        PeerOnABroker two = peer("two");
        two.awaitRecords(RECORDS);
        Map<String, String> written = one.titles();
        // Whichever of the two answers most is killed; the other one holds all the same.
        killInTheMiddle(one);
        killInTheMiddle(two);
        PeerOnABroker fresh = peer("fresh");
        fresh.awaitRecords(RECORDS);
        assertThat(fresh.titles()).isEqualTo(written);
        assertThat(one.killed ^ two.killed).isTrue();
    }

    @Test
    void recordsOfATopLevelEntityReachThoseWhoAreThereAndThoseWhoComeLate() {
        PeerOnABroker ada = peer("ada");
        PeerOnABroker ben = peer("ben");
        ada.person("a", "Ada");
        ben.person("b", "Ben");
        ada.awaitPeople(List.of("Ada", "Ben"));
        ben.awaitPeople(List.of("Ada", "Ben"));
        PeerOnABroker cleo = peer("cleo");
        cleo.awaitPeople(List.of("Ada", "Ben"));
        cleo.store.collection(PERSON).delete("b").result().block(PATIENCE);
        cleo.store
                .collection(PERSON)
                .update("a", Patch.of("name", "Ada L."))
                .result()
                .block(PATIENCE);
        ada.awaitPeople(List.of("Ada L."));
        ben.awaitPeople(List.of("Ada L."));
    }

    private void killInTheMiddle(PeerOnABroker victim) {
        victim.events.beforeEvent(MIDDLE, () -> {
            synchronized (peers) {
                if (peers.stream().noneMatch(peer -> peer.killed)) {
                    victim.killed = true;
                    victim.link.close();
                }
            }
        });
    }

    /** One peer, with one scope open. */
    static final class PeerOnABroker {
        final PeerSync sync;
        final StitchStore store;
        final Scope scope;
        final CuttableLink link;
        final EventCounter events = new EventCounter();
        private volatile boolean killed;

        PeerOnABroker(String name, CuttableLink link, UnaryOperator<PeerSync.Builder> options) {
            this.link = link;
            // What a broker drops comes with a later hello: here soon, not after minutes.
            this.sync = options.apply(PeerSync.builder()
                            .helloSpacing(Duration.ofSeconds(1))
                            .quietPeriod(Duration.ofSeconds(1))
                            .compareInterval(Duration.ofSeconds(5)))
                    .build();
            this.store = StitchStore.builder()
                    .schema(StitchSchema.root(PROJECT)
                            .child(TASK, "projectId")
                            .topLevel(PERSON)
                            .build())
                    .remote(RemoteOptions.to(link.url()))
                    .clientId(name)
                    .connector(events)
                    .syncMode(sync)
                    .build();
            this.scope = store.openScope("p1");
        }

        void fill(int records) {
            Flux.range(0, records)
                    .flatMap(i -> scope.create(TASK, new Task("t" + i, "p1", "title " + i)), 256)
                    .blockLast(PATIENCE);
        }

        void awaitRecords(int records) {
            await(tasks -> tasks.size() >= records);
        }

        void awaitTitle(String id, String title) {
            await(tasks -> tasks.contains(new Task(id, "p1", title)));
        }

        private void await(Predicate<List<Task>> complete) {
            scope.records(TASK).filter(complete).next().timeout(PATIENCE).block();
        }

        void person(String id, String name) {
            store.collection(PERSON)
                    .create(Json.object().put("id", id).put("name", name))
                    .result()
                    .block(PATIENCE);
        }

        void awaitPeople(List<String> names) {
            store.collection(PERSON)
                    .records()
                    .filter(people -> people.stream()
                            .map(person -> person.path("name").asString())
                            .sorted()
                            .toList()
                            .equals(names))
                    .next()
                    .timeout(PATIENCE)
                    .block();
        }

        Map<String, String> titles() {
            Map<String, String> titles = new TreeMap<>();
            scope.snapshot(TASK).forEach(task -> titles.put(task.id(), task.title()));
            return titles;
        }
    }
}
