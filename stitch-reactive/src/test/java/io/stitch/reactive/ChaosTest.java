package io.stitch.reactive;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.ChaosClient.PROJECT;
import static io.stitch.reactive.ChaosClient.SCOPES;
import static io.stitch.reactive.ChaosClient.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Four clients write through bad networks to a server, new and old. When the network is good again, all of them and the server
 * hold the same, each write is where its writer was told it is, and none was executed twice.
 *
 * <p>Everything random comes from one seed, which is printed; {@code -Dstitch.chaos.seed=…} brings the same misfortune and the
 * same writes again, as far as threads and sockets allow.
 */
@ParameterizedClass(name = "oldServer={0}")
@ValueSource(booleans = {false, true})
class ChaosTest {
    private static final int CLIENTS = 4;
    private static final int WRITES_PER_CLIENT = 500;
    private static final Duration PACE = Duration.ofMillis(12);
    private static final int RESTARTS = 3;
    /** As long as a real server takes: events overtake answers, and there is something in flight when a connection ends. */
    private static final int REPLY_MILLIS = 40;

    private final long seed =
            Long.getLong("stitch.chaos.seed", ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE));
    private final boolean oldServer;
    private final StitchServer server;
    private final List<ChaosClient> clients = new ArrayList<>();

    ChaosTest(boolean oldServer) {
        this.oldServer = oldServer;
        this.server = StitchServer.start(StitchServerOptions.builder()
                .legacy(oldServer)
                .helloSpacing(Duration.ZERO)
                .build());
    }

    @BeforeEach
    void seedServer() {
        SCOPES.forEach(scope -> server.seed("project", List.of(Board.json().put("id", scope))));
        for (int i = 0; i < ChaosClient.SHARED; i++) {
            String id = ChaosClient.sharedId(i);
            server.seed("task", List.of(Board.json().put("id", id).put("projectId", ChaosClient.scopeOf(id))));
        }
    }

    @AfterEach
    void close() throws IOException {
        for (ChaosClient client : clients) {
            client.close();
        }
        server.close();
    }

    @Test
    void nothingIsLostOrDoneTwiceWhenAnythingHappensToConnections() {
        withstands(Misfortune::random, CLIENTS, Mono.empty());
    }

    @Test
    void nothingIsLostOrDoneTwiceWhenEveryConnectionIsResetInTheMiddleOfAPacketAboutOnceASecond() {
        withstands(Misfortune::resets, CLIENTS, Mono.empty());
    }

    @Test
    void nothingIsLostOrDoneTwiceWhenTheBrokerIsRestarted() {
        Duration between = PACE.multipliedBy(WRITES_PER_CLIENT / (RESTARTS + 1));
        withstands(
                unused -> Misfortune.NONE,
                0,
                Flux.interval(between)
                        .take(RESTARTS)
                        .publishOn(Schedulers.boundedElastic())
                        .doOnNext(unused -> server.restart())
                        .then());
    }

    private void withstands(LongFunction<Misfortune> misfortune, int least, Mono<Void> beside) {
        server.delayReplies(REPLY_MILLIS);
        System.out.printf("-Dstitch.chaos.seed=%d%n", seed);
        for (int i = 0; i < CLIENTS; i++) {
            ChaosProxy proxy = ChaosProxy.to(server.port(), misfortune.apply(seed * 100 + i));
            clients.add(new ChaosClient("c" + i, seed * 100 + i, proxy));
        }
        Mono.when(clients.stream()
                        .map(client -> client.write(WRITES_PER_CLIENT, PACE))
                        .toList())
                .and(beside)
                .block(LIMIT);
        int faults = clients.stream().mapToInt(client -> client.proxy.faults()).sum();
        clients.forEach(client -> client.proxy.calmDown());
        settle();
        assertThat(faults).as("faults of the network").isGreaterThanOrEqualTo(least);
        assertThat(new ChaosVerdict(
                                server,
                                oldServer,
                                clients.stream().map(client -> client.ledger).toList())
                        .problems())
                .as("-Dstitch.chaos.seed=%d", seed)
                .isEmpty();
    }

    /** Waits until nothing is pending and everybody holds what the server holds. */
    private void settle() {
        Boolean sent = Flux.combineLatest(
                        clients.stream()
                                .map(client -> client.store.pendingCount())
                                .toList(),
                        counts -> List.of(counts).stream().allMatch(count -> count.equals(0)))
                .filter(none -> none)
                .next()
                .timeout(LIMIT, Mono.just(false))
                .block();
        assertThat(sent)
                .as(() -> "all was sent; -Dstitch.chaos.seed=%d; %s".formatted(seed, states()))
                .isTrue();
        List<Held> all = clients.stream()
                .flatMap(client -> client.scopes.stream()
                        .flatMap(scope -> List.of(PROJECT, TASK).stream()
                                .map(type -> new Held(client.ledger.client, scope, type))))
                .toList();
        boolean agreed = Flux.combineLatest(
                        all.stream()
                                .map(held -> held.scope().records(held.type()))
                                .toList(),
                        lists -> true)
                .onBackpressureLatest()
                .publishOn(Schedulers.boundedElastic(), 1)
                .filter(changed -> all.stream().allMatch(this::isSameOnServer))
                .next()
                .timeout(LIMIT, Mono.just(false))
                .block();
        List<String> differences = agreed
                ? List.of()
                : all.stream().flatMap(held -> differences(held).stream()).toList();
        assertThat(differences).as("-Dstitch.chaos.seed=%d", seed).isEmpty();
        assertThat(agreed)
                .as("they agree at one time; -Dstitch.chaos.seed=%d", seed)
                .isTrue();
    }

    private String states() {
        return clients.stream()
                .map(client -> "%s: %s pending, %s, %s"
                        .formatted(
                                client.ledger.client,
                                client.store.pendingWrites(),
                                client.store.connectionStatus(),
                                client.store.diagnosticCounts()))
                .collect(Collectors.joining("; "));
    }

    private List<String> differences(Held held) {
        Map<String, ObjectNode> here = held.records();
        Map<String, ObjectNode> there = onServer(held);
        return Stream.concat(here.keySet().stream(), there.keySet().stream())
                .distinct()
                .filter(id -> !Objects.equals(here.get(id), there.get(id)))
                .map(id -> "%s holds %s instead of %s".formatted(held.client(), here.get(id), there.get(id)))
                .toList();
    }

    /** The records of one type that a client holds in one scope. */
    private record Held(String client, Scope scope, EntityType<ObjectNode> type) {
        Map<String, ObjectNode> records() {
            return byId(scope.snapshot(type));
        }
    }

    /** On an old server roots are raised behind the writes, so that only all of it at one time can be compared. */
    private boolean isSameOnServer(Held held) {
        return held.records().equals(onServer(held));
    }

    private Map<String, ObjectNode> onServer(Held held) {
        String field = held.type().equals(PROJECT) ? "id" : "projectId";
        return byId(server.records(held.type().name()).stream()
                .filter(record ->
                        record.path(field).asString().equals(held.scope().id()))
                .toList());
    }

    /** Written and read again, so that numbers are of the types that JSON gives them. */
    private static Map<String, ObjectNode> byId(List<ObjectNode> records) {
        Map<String, ObjectNode> result = new TreeMap<>();
        records.forEach(record -> result.put(
                record.path("id").asString(), (ObjectNode) JsonMapper.shared().readTree(record.toString())));
        return result;
    }
}
