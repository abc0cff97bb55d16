package io.stitch.reactive;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;

import static io.stitch.reactive.Board.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

/** Numbers that several devices add to, on real threads, a real broker and a real server. */
class IncrementsTest {
    private static final int DEVICES = 5;
    private static final int EACH = 100;
    private static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    private static final EntityType<ObjectNode> TASK = EntityType.json("task");

    private static StitchStore device(StitchServer server, int number) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to(server.url()))
                .clientId("device-" + number)
                .build();
        store.start().then(store.connect()).block(LIMIT);
        return store;
    }

    private static Scope open(StitchStore store) {
        Scope scope = store.replaceScope("p1");
        scope.records(TASK).filter(tasks -> !tasks.isEmpty()).next().block(LIMIT);
        return scope;
    }

    private static void seed(StitchServer server) {
        server.put("project", "{\"id\":\"p1\",\"name\":\"Alpha\"}");
        server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\",\"votes\":0}");
    }

    private static Mono<Void> add(Scope scope, int count) {
        return Flux.range(0, count)
                .flatMap(
                        i -> scope.update(TASK, "t1", Patch.increment("votes", 1))
                                .result(),
                        count)
                .then();
    }

    private static JsonNode votes(StitchServer server) {
        return server.record("task", "t1").orElseThrow().path("votes");
    }

    /** All write at the same time, and are cut off while they do. */
    @Test
    void fiveHundredOfFiveDevicesThatAreCutOffInTheMiddleComeOutExactly() {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            seed(server);
            List<StitchStore> stores = new ArrayList<>();
            List<Scope> scopes = new ArrayList<>();
            for (int i = 0; i < DEVICES; i++) {
                stores.add(device(server, i));
                scopes.add(open(stores.get(i)));
            }
            List<Rejection> rejections = new ArrayList<>();
            stores.forEach(store -> store.rejections().subscribe(rejection -> {
                synchronized (rejections) {
                    rejections.add(rejection);
                }
            }));

            for (int round = 0; round < 10; round++) {
                StitchStore away = stores.get(round % DEVICES);
                List<Mono<Void>> writes = new ArrayList<>();
                scopes.forEach(scope -> writes.add(add(scope, EACH / 10)));
                Mono<Void> cut = away.disconnect();
                Mono.when(Mono.when(writes), cut).block(LIMIT);
                away.connect().block(LIMIT);
            }
            stores.forEach(store -> store.idle().block(LIMIT));

            assertThat(rejections).isEmpty();
            assertThat(votes(server).asInt()).isEqualTo(DEVICES * EACH);
            Flux.fromIterable(scopes)
                    .flatMap(scope -> scope.records(TASK)
                            .filter(tasks -> tasks.get(0).path("votes").asInt() == DEVICES * EACH)
                            .next())
                    .blockLast(LIMIT);
            stores.forEach(store -> store.close().block(LIMIT));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void fiveHundredOfFiveDevicesThatAreOnlineInTurnsComeOutExactly(boolean old) {
        try (StitchServer server = StitchServer.start(
                old ? StitchServerOptions.builder().legacy(true).build() : StitchServerOptions.defaults())) {
            seed(server);
            List<StitchStore> stores = new ArrayList<>();
            List<Scope> scopes = new ArrayList<>();
            for (int i = 0; i < DEVICES; i++) {
                stores.add(device(server, i));
                scopes.add(open(stores.get(i)));
                stores.get(i).disconnect().block(LIMIT);
            }
            for (int round = 0; round < 10; round++) {
                scopes.forEach(scope -> add(scope, EACH / 10).block(LIMIT)); // Queued, all of them.
                StitchStore online = stores.get(round % DEVICES);
                online.connect().then(online.idle()).then(online.disconnect()).block(LIMIT);
            }
            stores.forEach(store ->
                    store.connect().then(store.idle()).then(store.disconnect()).block(LIMIT));

            assertThat(votes(server).asInt()).isEqualTo(DEVICES * EACH);
            stores.forEach(store -> store.close().block(LIMIT));
        }
    }
}
