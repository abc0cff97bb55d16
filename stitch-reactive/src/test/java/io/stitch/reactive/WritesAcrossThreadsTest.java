package io.stitch.reactive;

import io.micrometer.context.ContextRegistry;
import io.stitch.reactive.MutationResult.Status;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** What virtual time cannot show: writes that are handed to a worker that is a thread of its own. */
class WritesAcrossThreadsTest {
    private static final ThreadLocal<String> CALLER = new ThreadLocal<>();

    private final List<StitchStore> opened = new ArrayList<>();

    @AfterEach
    void closeStores() {
        opened.forEach(store -> store.close().onErrorComplete().block(LIMIT));
    }

    private StitchStore offline(InMemoryPersistence kept) {
        ModelServer server = ModelServer.ofNew();
        server.broker.unreachable(1_000);
        return store(kept, server);
    }

    private StitchStore store(InMemoryPersistence kept, ModelServer server) {
        StitchStore store = StitchStore.builder()
                .schema(Board.SCHEMA)
                .remote(as("ada"))
                .persistence(kept)
                .connector(server.broker)
                .build();
        opened.add(store);
        store.start().block(LIMIT);
        return store;
    }

    private static RemoteOptions as(String user) {
        return RemoteOptions.to("mqtt://broker.example").login(user, "secret");
    }

    private static Board.Task task(String id) {
        return new Board.Task(id, "p1", id);
    }

    private static List<PendingWrite> pending(InMemoryPersistence kept) {
        return Objects.requireNonNull(kept.open(OpenRequest.of("server")).block(LIMIT))
                .pending();
    }

    @Test
    void whoSubscribesToTheChangesAndThenWritesSeesTheWrite() {
        StitchStore store = offline(new InMemoryPersistence());
        Scope scope = store.openScope("p1");
        for (int i = 0; i < 500; i++) {
            String id = "t" + i;
            Queue<String> seen = new ConcurrentLinkedQueue<>();
            Disposable watching = scope.mutations().subscribe(event -> seen.add(event.id()));
            Disposable watchingAll = scope.events(TASK)
                    .skipWhile(event -> !event.id().equals(id))
                    .subscribe(event -> seen.add(event.id()));
            scope.create(TASK, task(id)).result().block(LIMIT);
            watching.dispose();
            watchingAll.dispose();
            assertThat(seen).as("write %d", i).contains(id);
        }
    }

    @Test
    void nothingThatIsCalledAfterAWriteOvertakesIt() {
        for (int round = 0; round < 20; round++) {
            InMemoryPersistence kept = new InMemoryPersistence();
            StitchStore store = offline(kept);
            Scope scope = store.openScope("p1");
            List<Mono<Status>> results = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                results.add(hot(scope.create(TASK, task("t" + i))));
            }
            scope.close();
            Set<Status> statuses = new HashSet<>(
                    Objects.requireNonNull(Flux.merge(results).collectList().block(LIMIT)));

            assertThat(statuses).containsExactly(Status.QUEUED);
            assertThat(pending(kept)).hasSize(1_000);
        }
    }

    @Test
    void whatWasWrittenBeforeALogoutIsTheFormerUsers() {
        for (int round = 0; round < 20; round++) {
            InMemoryPersistence kept = new InMemoryPersistence();
            ModelServer server = ModelServer.ofNew();
            server.broker.unreachable(1_000);
            StitchStore store = store(kept, server);
            Scope scope = store.openScope("p1");
            List<Mono<Status>> results = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                results.add(hot(scope.create(TASK, task("t" + i))));
            }
            Mono<Void> loggedOut = store.resetForLogout().cache();
            loggedOut.subscribe();
            store.reconnect(as("ben")).subscribe(unused -> {}, error -> {}); // Nobody can be reached.
            Flux.merge(results).then(loggedOut).block(LIMIT);

            assertThat(pending(kept)).hasSize(2_000).allMatch(write -> "ada".equals(write.user()));
            assertThat(store.pendingWrites()).isZero();
        }
    }

    @Test
    void eachWriteIsToldOnceWhatBecameOfItWhileTheStoreCloses() throws Exception {
        for (int round = 0; round < 40; round++) {
            InMemoryPersistence kept = new InMemoryPersistence();
            StitchStore store = offline(kept);
            Scope scope = store.openScope("p1");
            Map<String, String> told = new ConcurrentHashMap<>();
            AtomicInteger twice = new AtomicInteger();
            int writers = 3;
            CyclicBarrier together = new CyclicBarrier(writers + 1);
            List<Thread> threads = IntStream.range(0, writers)
                    .mapToObj(writer -> new Thread(() -> {
                        await(together);
                        for (int i = 0; i < 300; i++) {
                            String id = "t" + writer + '-' + i;
                            scope.create(TASK, task(id))
                                    .result()
                                    .subscribe(
                                            result -> count(
                                                    told.put(id, result.status().name()), twice),
                                            error -> count(
                                                    told.put(
                                                            id, error.getClass().getSimpleName()),
                                                    twice));
                        }
                    }))
                    .toList();
            threads.forEach(Thread::start);
            await(together);
            store.close().block(LIMIT);
            for (Thread thread : threads) {
                thread.join(LIMIT.toMillis());
            }

            Set<String> onDisk =
                    pending(kept).stream().map(write -> write.key().id()).collect(Collectors.toSet());
            Set<String> queued = told.entrySet().stream()
                    .filter(entry -> entry.getValue().equals("QUEUED"))
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toSet());
            assertThat(told).hasSize(writers * 300);
            assertThat(twice).hasValue(0);
            assertThat(told.values()).isSubsetOf("QUEUED", "ClosedException");
            assertThat(queued).isEqualTo(onDisk);
        }
    }

    @Test
    void aFunctionSeesTheThreadLocalsOfWhoeverWrites() {
        ContextRegistry.getInstance().registerThreadLocalAccessor("io.stitch.caller", CALLER);
        Hooks.enableAutomaticContextPropagation();
        try {
            StitchStore store = offline(new InMemoryPersistence());
            Scope scope = store.openScope("p1");
            scope.create(TASK, task("t1")).result().block(LIMIT);
            Queue<String> wrong = new ConcurrentLinkedQueue<>();
            Flux.range(0, 4)
                    .flatMap(caller -> Mono.fromRunnable(() -> updateAs("caller " + caller, scope, wrong))
                            .subscribeOn(Schedulers.boundedElastic()))
                    .blockLast(LIMIT);

            assertThat(wrong).isEmpty();
        } finally {
            Hooks.disableAutomaticContextPropagation();
            ContextRegistry.getInstance().removeThreadLocalAccessor("io.stitch.caller");
        }
    }

    private static void updateAs(String caller, Scope scope, Queue<String> wrong) {
        CALLER.set(caller);
        List<Mono<Status>> results = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            results.add(hot(scope.update(TASK, "t1", task -> {
                if (!caller.equals(CALLER.get())) {
                    wrong.add(caller + " saw " + CALLER.get());
                }
                return new Board.Task(task.id(), task.projectId(), caller);
            })));
        }
        Flux.merge(results).blockLast(LIMIT);
        CALLER.remove();
    }

    /** Subscribed at once, on this thread. */
    private static Mono<Status> hot(Mutation<?> mutation) {
        Mono<Status> result =
                mutation.result().<Status>map(MutationResult::status).cache();
        result.subscribe(status -> {}, error -> {});
        return result;
    }

    private static void count(@Nullable String before, AtomicInteger twice) {
        if (before != null) {
            twice.incrementAndGet();
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
