package io.stitch.reactive;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A store behind a {@link ChaosProxy} that writes at random: records of its own, which nobody else writes, and records that all
 * clients share. Each write sets a field that no other write sets, by which it is found again wherever it went.
 */
final class ChaosClient implements AutoCloseable {
    static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    static final EntityType<ObjectNode> TASK = EntityType.json("task");
    static final List<String> SCOPES = List.of("p1", "p2");
    static final int SHARED = 60;

    private static final int TIMES_AS_FAST = 5;
    private static final StitchSchema SCHEMA =
            StitchSchema.root(PROJECT).child(TASK, "projectId").build();
    private static final ServerSync MODE = ServerSync.builder()
            .helloSpacing(Duration.ofMillis(250))
            .requestTimeout(Duration.ofSeconds(5))
            // What went wrong must be found without it.
            .compareInterval(Duration.ZERO)
            .build();

    final StitchStore store;
    final ChaosProxy proxy;
    final List<Scope> scopes;
    final WriteLedger ledger;
    private final String name;
    private final HastyScheduler scheduler;
    private final Random random;
    private final List<String> alive = new ArrayList<>();
    private final List<String> dead = new ArrayList<>();
    private int created;

    ChaosClient(String name, long seed, ChaosProxy proxy) {
        this.name = name;
        this.proxy = proxy;
        this.random = new Random(seed);
        this.scheduler = new HastyScheduler(name, TIMES_AS_FAST);
        this.store = StitchStore.builder()
                .schema(SCHEMA)
                .remote(RemoteOptions.to(proxy.url())
                        .connectTimeout(Duration.ofSeconds(10))
                        .keepAlive(Duration.ofSeconds(1)))
                .clientId(name)
                .syncMode(MODE)
                .scheduler(scheduler)
                .build();
        this.ledger = new WriteLedger(name, store.rejections());
        store.start().block(Board.LIMIT);
        this.scopes = SCOPES.stream().map(store::openScope).toList();
    }

    /** {@return the writes, one every few milliseconds} Completes when each has a result. */
    Mono<Void> write(int count, Duration pace) {
        return Flux.range(0, count)
                .delayElements(pace)
                .flatMap(unused -> writeOnce(), count)
                .then();
    }

    private Mono<Void> writeOnce() {
        int dice = random.nextInt(100);
        if (dice < 20) {
            return update(sharedId(random.nextInt(SHARED)));
        } else if (dice < 22) {
            return delete(sharedId(random.nextInt(SHARED)));
        } else if (dice < 50 || alive.isEmpty()) {
            return create(name + '-' + created++);
        } else if (dice < 55 && !dead.isEmpty()) {
            return create(dead.remove(random.nextInt(dead.size())));
        } else if (dice < 65) {
            String id = alive.remove(random.nextInt(alive.size()));
            dead.add(id);
            return delete(id);
        }
        return update(alive.get(random.nextInt(alive.size())));
    }

    static String sharedId(int number) {
        return "shared-" + number;
    }

    static String scopeOf(String id) {
        return SCOPES.get(Math.floorMod(id.hashCode(), SCOPES.size()));
    }

    private Scope scope(String id) {
        return scopes.get(SCOPES.indexOf(scopeOf(id)));
    }

    private Mono<Void> create(String id) {
        alive.add(id);
        WriteLedger.Entry entry = ledger.begin(WriteKind.CREATE, id);
        ObjectNode record = Board.json()
                .put("id", id)
                .put("projectId", scopeOf(id))
                .put("title", "x".repeat(random.nextInt(200)))
                .put("last", entry.mark())
                .put(entry.mark(), true);
        return ledger.follow(entry, scope(id).create(TASK, record));
    }

    private Mono<Void> update(String id) {
        WriteLedger.Entry entry = ledger.begin(WriteKind.UPDATE, id);
        Patch patch = Patch.of("last", entry.mark()).and(entry.mark(), true);
        return ledger.follow(entry, scope(id).update(TASK, id, patch));
    }

    private Mono<Void> delete(String id) {
        return ledger.follow(ledger.begin(WriteKind.DELETE, id), scope(id).delete(TASK, id));
    }

    @Override
    public void close() throws IOException {
        store.close().block(Board.LIMIT);
        scheduler.dispose();
        proxy.close();
    }
}
