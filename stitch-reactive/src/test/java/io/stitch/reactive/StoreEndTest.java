package io.stitch.reactive;

import io.stitch.reactive.Board.Task;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.RecordChange;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** How a store ends, by itself or because it was told to, and what it answers then. */
class StoreEndTest {
    private static final Task REFIT = new Task("t1", "p1", "Refit the gimbal");

    private static StitchStore offline() {
        return Board.store("mqtt://127.0.0.1:1").autoConnect(false).build();
    }

    @Test
    void itTellsThoseWhoWaitForItsEnd() {
        StitchStore store = offline();
        StepVerifier.create(store.onClose())
                .expectSubscription()
                .then(() -> store.start().block(LIMIT))
                .expectNoEvent(Duration.ofMillis(50))
                .then(() -> store.close().block(LIMIT))
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(store.onClose()).expectComplete().verify(LIMIT);
    }

    @Test
    void aClosedStoreSaysSoOrHasNothingMoreToTell() {
        StitchStore store = offline();
        store.start().block(LIMIT);
        Scope scope = store.openScope("p1");
        RecordCollection<Board.Note> notes = store.collection(Board.NOTE);
        store.close().block(LIMIT);

        assertThatThrownBy(() -> store.openScope("p2")).isInstanceOf(ClosedException.class);
        List.of(
                        store.start(),
                        store.connect(),
                        store.reconnect(),
                        store.read(TASK, "t1"),
                        store.list(TASK, ListQuery.all()),
                        store.loadScope("p1"),
                        store.clearScope("p1"),
                        store.retryParked(),
                        store.request("task/list", Board.json()),
                        scope.create(TASK, REFIT),
                        scope.update(TASK, "t1", Patch.of("title", "x")),
                        scope.delete(TASK, "t1"),
                        notes.create(new Board.Note("n1", "x")))
                .forEach(answer -> StepVerifier.create(answer)
                        .expectError(ClosedException.class)
                        .verify(LIMIT));
        StepVerifier.create(store.batch(reactor.core.publisher.Flux.just(scope.create(TASK, REFIT))))
                .expectError(ClosedException.class)
                .verify(LIMIT);
        StepVerifier.create(store.listRoots(Board.PROJECT))
                .expectError(ClosedException.class)
                .verify(LIMIT);
        List.of(
                        scope.events(),
                        scope.mutations(),
                        scope.records(TASK),
                        scope.pending(TASK),
                        notes.events(),
                        notes.mutations(),
                        store.roots(Board.PROJECT),
                        store.activeScope(),
                        store.events(),
                        store.rejections(),
                        store.diagnostics(),
                        store.scopeErrors(),
                        store.sessionInvalid())
                .forEach(stream -> StepVerifier.create(stream).expectComplete().verify(LIMIT));
        assertThat(store).hasToString("StitchStore[" + store.clientId() + ", closed]");
        StepVerifier.create(store.disconnect()).expectComplete().verify(LIMIT);
        StepVerifier.create(store.resetForLogout())
                .expectError(ClosedException.class)
                .verify(LIMIT);
        StepVerifier.create(store.close()).expectComplete().verify(LIMIT);
    }

    @Test
    void aClosedHandleWritesNothingThoughAnotherKeepsTheScopeOpen() {
        StitchStore store = offline();
        store.start().block(LIMIT);
        Scope open = store.openScope("p1");
        Scope closed = store.openScope("p1");
        Mutation<Task> assembled = closed.create(TASK, REFIT);
        List<List<Task>> seen = new ArrayList<>();
        AtomicBoolean ended = new AtomicBoolean();
        closed.records(TASK).doOnComplete(() -> ended.set(true)).subscribe(seen::add);
        closed.close();

        StepVerifier.create(assembled).expectError(ClosedException.class).verify(LIMIT);
        StepVerifier.create(open.create(TASK, REFIT))
                .expectNext(REFIT)
                .expectComplete()
                .verify(LIMIT);
        assertThat(open.snapshot(TASK)).containsExactly(REFIT);
        assertThat(ended).isTrue();
        assertThat(seen).allSatisfy(list -> assertThat(list).isEmpty());
        store.close().block(LIMIT);
    }

    @Test
    void anErrorOfTheJvmOnTheWorkerEndsTheStoreWithAnError() {
        StoreObserver broken = new StoreObserver() {
            @Override
            public void changed(RecordChange change) {
                throw new NoClassDefFoundError("com/example/Gone");
            }
        };
        StitchStore store = Board.store("mqtt://127.0.0.1:1")
                .autoConnect(false)
                .observer(broken)
                .build();
        store.start().block(LIMIT);
        store.openScope("p1").create(TASK, REFIT).subscribe(saved -> {}, error -> {});

        StepVerifier.create(store.onClose())
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(StoreFailedException.class)
                        .hasMessageContaining("com/example/Gone")
                        .hasCauseInstanceOf(NoClassDefFoundError.class))
                .verify(LIMIT);
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.FATAL_ERROR, 1L);
        StepVerifier.create(store.read(TASK, "t1"))
                .expectError(ClosedException.class)
                .verify(LIMIT);
    }

    @Test
    void anErrorOfTheJvmWhileAMessageIsReadEndsTheConnectionAndTheNextOneWorks() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        ScriptedBroker broker = ScriptedBroker.ofNewServer();
        StitchStore store = StitchStore.builder()
                .schema(Board.SCHEMA)
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .clientId("c1")
                .scheduler(time)
                .connector(broker)
                .build();
        store.start().subscribe();
        time.advanceTime();

        broker.deliver(new InboundMessage("$DB/clients/c1/r1", new byte[10], false, new AbstractList<>() {
            @Override
            public UserProperty get(int index) {
                throw new OutOfMemoryError("Java heap space");
            }

            @Override
            public int size() {
                return 1;
            }
        }));
        time.advanceTime();

        assertThat(store.connectionStatus().status()).isEqualTo(ConnectionStatus.Status.DISCONNECTED);
        assertThat(store.connectionStatus().error()).hasMessageContaining("Java heap space");
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.FATAL_ERROR, 1L);
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(store.connectionStatus().isConnected()).isTrue();
        store.close().subscribe();
        time.advanceTime();
        time.dispose();
    }

    @Test
    void itsThreadsAreDaemonsWithItsNameUnlessToldOtherwise() {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            StitchStore store = Board.connect(server, "named");
            StitchStore staying =
                    Board.connect(Board.store(server.url()).clientId("staying").daemonThreads(false));

            assertThat(threadsOf("named")).hasSizeGreaterThanOrEqualTo(2).allMatch(Thread::isDaemon);
            assertThat(threadsOf("staying")).hasSizeGreaterThanOrEqualTo(2).noneMatch(Thread::isDaemon);
            Board.close(store, staying);
        }
    }

    private static List<Thread> threadsOf(String client) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("stitch-")
                        && thread.getName().contains(client))
                .toList();
    }
}
