package io.stitch.reactive;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.Board.PROJECT;
import static io.stitch.reactive.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** What several threads do with one store at once. */
class StoreRacesTest {
    private static final int ROUNDS = 60;
    private static final String NOBODY = "mqtt://127.0.0.1:1";
    private static final StitchServer SERVER = StitchServer.start(StitchServerOptions.defaults());

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    private static Board.Task task(String id) {
        return new Board.Task(id, "p1", id);
    }

    /** Runs them at once, each on a thread of its own, and waits for all. */
    private static List<Throwable> atOnce(List<Runnable> actions) throws InterruptedException {
        CyclicBarrier together = new CyclicBarrier(actions.size());
        Queue<Throwable> thrown = new ConcurrentLinkedQueue<>();
        List<Thread> threads = actions.stream()
                .map(action -> new Thread(() -> {
                    try {
                        together.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
                        action.run();
                    } catch (Throwable e) {
                        thrown.add(e);
                    }
                }))
                .toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join(LIMIT.toMillis());
            assertThat(thread.isAlive()).as("a call hangs").isFalse();
        }
        return List.copyOf(thrown);
    }

    @Test
    void ofManyThreadsThatQueryWhileOthersWriteEachEndsWithWhatIsThereAndRightDifferences()
            throws InterruptedException {
        StitchStore store = Board.store(NOBODY).autoConnect(false).build();
        store.start().block(LIMIT);
        Scope scope = store.openScope("p1");
        int writers = 4;
        int each = 200;
        ListQuery query = ListQuery.all().sortBy("title", false).page(0, 20);
        Queue<String> wrong = new ConcurrentLinkedQueue<>();
        List<Runnable> actions = new ArrayList<>();
        for (int writer = 0; writer < writers; writer++) {
            int number = writer;
            actions.add(() -> {
                for (int i = 0; i < each; i++) {
                    scope.create(TASK, task("t" + number + '-' + i)).result().block(LIMIT);
                }
            });
            actions.add(() -> {
                List<RecordRow<Board.Task>> drawn = new ArrayList<>();
                QueryResult<Board.Task> last = scope.query(TASK, query)
                        .doOnNext(result -> {
                            result.changes().forEach(change -> change.applyTo(drawn));
                            if (!drawn.equals(result.rows())) {
                                wrong.add(drawn + " is not " + result.rows());
                            }
                        })
                        .filter(result -> result.count() == writers * each)
                        .blockFirst(LIMIT);
                for (int i = 0; i < 30; i++) { // Who goes while others write disturbs nobody.
                    if (scope.query(TASK, query).blockFirst(LIMIT) == null) {
                        wrong.add("no first result");
                    }
                }
                if (last == null || last.records().size() != 20) {
                    wrong.add("the last result is " + last);
                }
            });
        }

        assertThat(atOnce(actions)).isEmpty();
        assertThat(wrong).isEmpty();
        store.close().block(LIMIT);
    }

    @Test
    void ofManyThreadsThatSubscribeToTheChangesAndThenWriteEachSeesItsWrite() throws InterruptedException {
        StitchStore store = Board.store(NOBODY).autoConnect(false).build();
        store.start().block(LIMIT);
        Scope scope = store.openScope("p1");
        Queue<String> unseen = new ConcurrentLinkedQueue<>();
        List<Throwable> thrown = atOnce(IntStream.range(0, 8)
                .<Runnable>mapToObj(writer -> () -> {
                    for (int i = 0; i < 150; i++) {
                        String id = "t" + writer + '-' + i;
                        AtomicInteger seen = new AtomicInteger();
                        var watching = scope.mutations()
                                .filter(event -> event.id().equals(id))
                                .subscribe(event -> seen.incrementAndGet());
                        scope.create(TASK, task(id)).result().block(LIMIT);
                        watching.dispose();
                        if (seen.get() != 1) {
                            unseen.add("%s, %d times".formatted(id, seen.get()));
                        }
                    }
                })
                .toList());
        store.close().block(LIMIT);

        assertThat(thrown).isEmpty();
        assertThat(unseen).isEmpty();
    }

    /** Everybody who asked, until they were told. */
    private static final class Waiting {
        final Phaser open = new Phaser(1);
        final Map<String, AtomicInteger> ends = new ConcurrentHashMap<>();

        <T> void on(String what, Publisher<T> answer) {
            open.register();
            AtomicInteger count = new AtomicInteger();
            ends.put(what, count);
            answer.subscribe(new CoreSubscriber<T>() {
                @Override
                public void onSubscribe(Subscription subscription) {
                    subscription.request(Long.MAX_VALUE);
                }

                @Override
                public void onNext(T value) {}

                @Override
                public void onError(Throwable error) {
                    end();
                }

                @Override
                public void onComplete() {
                    end();
                }

                private void end() {
                    if (count.incrementAndGet() == 1) {
                        open.arriveAndDeregister();
                    }
                }
            });
        }

        /** {@return what did not end exactly once} */
        List<String> problems() throws InterruptedException {
            try {
                open.awaitAdvanceInterruptibly(open.arriveAndDeregister(), LIMIT.toSeconds(), TimeUnit.SECONDS);
            } catch (TimeoutException late) {
                // Told below.
            }
            return ends.entrySet().stream()
                    .filter(entry -> entry.getValue().get() != 1)
                    .map(entry -> entry.getKey() + " ended " + entry.getValue() + " times")
                    .toList();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoeverWaitsIsToldOnceWhenAStoreClosesWhileItStarts(boolean reachable) throws InterruptedException {
        List<String> problems = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            StitchStore store = Board.store(reachable ? SERVER.url() : NOBODY)
                    .persistence(new InMemoryPersistence())
                    .build();
            if (round % 3 == 0) {
                store.start().block(LIMIT);
            }
            Waiting waiting = new Waiting();
            List<Throwable> thrown = atOnce(List.of(
                    () -> waiting.on("start", store.start()),
                    () -> waiting.on("close", store.close()),
                    () -> write(store, waiting),
                    () -> watch(store, waiting),
                    () -> ask(store, waiting)));
            waiting.on("a second close", store.close());
            waiting.on("the end", store.onClose());
            problems.addAll(waiting.problems());
            thrown.stream()
                    .filter(error -> !(error instanceof ClosedException))
                    .forEach(error -> problems.add("thrown: " + error));
        }
        assertThat(problems).isEmpty();
    }

    private static void write(StitchStore store, Waiting waiting) {
        Scope scope = store.openScope("p1");
        for (int i = 0; i < 60; i++) {
            waiting.on("write " + i, scope.create(TASK, task("t" + i)).result());
            waiting.on(
                    "batch " + i,
                    store.batch(Flux.just(scope.create(TASK, task("a" + i)), scope.create(TASK, task("b" + i)))));
            waiting.on("update " + i, scope.update(TASK, "t" + i, before -> before));
        }
    }

    private static void watch(StitchStore store, Waiting waiting) {
        for (int i = 0; i < 10; i++) {
            Scope scope = store.openScope("p" + i);
            waiting.on("events " + i, scope.events());
            waiting.on("mutations " + i, scope.mutations());
            waiting.on("records " + i, scope.records(TASK));
            waiting.on("pending " + i, scope.pending(TASK));
            waiting.on("version " + i, scope.appliedVersion());
            waiting.on("roots " + i, store.roots(PROJECT));
            waiting.on("active scope " + i, store.activeScope());
            waiting.on("events of the active scope " + i, store.events());
            waiting.on("count " + i, store.pendingCount());
            waiting.on("connection " + i, store.connection());
            waiting.on("user " + i, store.authenticatedUser());
            waiting.on("rejections " + i, store.rejections());
            waiting.on("diagnostics " + i, store.diagnostics());
            waiting.on("scope errors " + i, store.scopeErrors());
            waiting.on("invalid sessions " + i, store.sessionInvalid());
        }
    }

    private static void ask(StitchStore store, Waiting waiting) {
        for (int i = 0; i < 5; i++) {
            waiting.on("connect " + i, store.connect());
            waiting.on("read " + i, store.read(TASK, "t1"));
            waiting.on("list " + i, store.list(TASK, ListQuery.all()));
            waiting.on("list of roots " + i, store.listRoots(PROJECT));
            waiting.on("load " + i, store.loadScope("p1"));
            waiting.on("clear " + i, store.clearScope("p1"));
            waiting.on("parked " + i, store.retryParked());
            waiting.on("request " + i, store.request("task/list", Board.json()));
            waiting.on("reconnect " + i, store.reconnect());
            waiting.on("logout " + i, store.resetForLogout());
            waiting.on("disconnect " + i, store.disconnect());
        }
    }
}
