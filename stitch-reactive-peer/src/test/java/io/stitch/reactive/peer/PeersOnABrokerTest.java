package io.stitch.reactive.peer;

import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.peer.Peers.Task;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static io.stitch.reactive.peer.Peers.SCHEMA;
import static io.stitch.reactive.peer.Peers.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** Peers on HiveMQ CE: the reference server's broker, which passes on what is below another prefix than its own. */
class PeersOnABrokerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<StitchStore> stores = new ArrayList<>();
    private StitchServer broker;

    @BeforeEach
    void start() {
        broker =
                StitchServer.start(StitchServerOptions.builder().root("project").build());
    }

    @AfterEach
    void stop() {
        Flux.fromIterable(stores)
                .flatMap(store -> store.close().onErrorComplete())
                .blockLast(PATIENCE);
        broker.close();
    }

    private StitchStore peer(String name) {
        StitchStore store = StitchStore.builder()
                .schema(SCHEMA)
                .remote(RemoteOptions.to(broker.url()))
                .clientId(name)
                .syncMode(PeerSync.builder().quietPeriod(Duration.ofSeconds(1)).build())
                .build();
        stores.add(store);
        store.start().then(store.connect()).block(PATIENCE);
        return store;
    }

    private static Scope fill(StitchStore store, int records) {
        Scope scope = store.openScope("p1");
        Flux.range(0, records)
                .flatMap(i -> scope.create(TASK, new Task("t" + i, "p1", "title " + i)), 256)
                .blockLast(PATIENCE);
        return scope;
    }

    private static Mono<Void> holds(Scope scope, int records) {
        return scope.records(TASK)
                .filter(list -> list.size() >= records)
                .next()
                .timeout(PATIENCE)
                .then();
    }

    private static Map<String, String> titles(Scope scope) {
        Map<String, String> titles = new TreeMap<>();
        scope.snapshot(TASK).forEach(task -> titles.put(task.id(), task.title()));
        return titles;
    }

    @Test
    void aFreshPeerGetsTenThousandRecords() {
        StitchStore full = peer("full");
        Scope written = fill(full, 10_000);
        Scope fresh = peer("fresh").openScope("p1");
        holds(fresh, 10_000).block();
        assertThat(titles(fresh)).isEqualTo(titles(written));
    }

    @Test
    void anotherPeerGoesOnWhereTheOneThatReplaysIsKilled() {
        StitchStore one = peer("one");
        fill(one, 10_000);
        StitchStore two = peer("two");
        holds(two.openScope("p1"), 10_000).block();
        Scope fresh = peer("fresh").openScope("p1");
        holds(fresh, 1_000).block();
        // Whichever of the two answers: the other holds all the same.
        long byOne = broker.clientPublishes().stream()
                .skip(Math.max(0, broker.clientPublishes().size() - 100))
                .filter(published -> published.clientId().equals("one"))
                .count();
        (byOne > 50 ? one : two).disconnect().block(PATIENCE);
        holds(fresh, 10_000).block();
        assertThat(fresh.snapshot(TASK)).hasSize(10_000);
    }

    @Test
    void nineOfTenPeersHoldAThousandRecordsAndMostlyOneOfThemReplaysThem() {
        StitchStore first = peer("peer0");
        fill(first, 1_000);
        for (int i = 1; i < 9; i++) {
            holds(peer("peer" + i).openScope("p1"), 1_000).block();
        }
        Scope fresh = peer("fresh").openScope("p1");
        holds(fresh, 1_000).block();
        List<StitchServer.Published> published = broker.clientPublishes();
        int asked = 0;
        while (!published.get(asked).clientId().equals("fresh")) {
            asked++;
        }
        assertThat(published.subList(asked, published.size()).stream()
                        .filter(each -> each.message().topic().contains("/events/")))
                .hasSizeBetween(1_000, 2_000);
    }
}
