package io.stitch.reactive.test.recipes;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.reactive.FieldRules;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.ValidationException;
import io.stitch.reactive.peer.PeerSync;
import io.stitch.reactive.spi.TicketProvider;
import io.stitch.reactive.test.InMemoryLink;
import io.stitch.reactive.test.recipes.Board.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import static io.stitch.reactive.test.ScopeAssert.assertThatScope;
import static io.stitch.reactive.test.recipes.Board.PROJECT;
import static io.stitch.reactive.test.recipes.Board.SCHEMA;
import static io.stitch.reactive.test.recipes.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

class VirtualTimeRecipesTest {
    static final Duration LIMIT = Duration.ofSeconds(30);

    final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    final InMemoryLink link = InMemoryLink.newServer(SCHEMA).on(time);

    @AfterEach
    void close() {
        link.close();
        time.advanceTime();
        time.dispose();
    }

    @Test
    void aServiceIsTestedWithoutABroker() {
        Board board = new Board(link.store().replaceScope("apollo"));

        StepVerifier.create(board.openTasks())
                .expectNext(0L)
                .then(() -> board.add("t1", "Refit the gimbal").subscribe())
                .then(() -> time.advanceTimeBy(Duration.ofSeconds(1)))
                .expectNext(1L)
                .then(() -> board.finish("t1").subscribe())
                .then(() -> time.advanceTimeBy(Duration.ofSeconds(1)))
                .expectNext(0L)
                .thenCancel()
                .verify(LIMIT);
        assertThat(link.server().record("task", "t1").orElseThrow().path("done").asBoolean())
                .isTrue();
    }

    @Test
    void aSlowLinkShowsAnEditAtOnceAndConfirmsItLater() {
        link.delay(Duration.ofMillis(400));
        Scope scope = link.store().replaceScope("apollo");
        time.advanceTimeBy(Duration.ofSeconds(5));
        List<Task> confirmed = new ArrayList<>();

        scope.create(TASK, new Task("t1", "apollo", "Refit", false)).subscribe(confirmed::add);
        assertThatScope(scope).hasOnly(TASK, "t1");

        time.advanceTimeBy(Duration.ofMillis(799));
        assertThat(confirmed).isEmpty();
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(confirmed).hasSize(1);
    }

    @Test
    void lostMessagesAreMadeUpFor() {
        Scope scope = link.store().replaceScope("apollo");
        time.advanceTimeBy(Duration.ofSeconds(1));
        link.lose(0.3, 42);
        for (int i = 10; i < 40; i++) {
            link.server()
                    .put(
                            "task",
                            "{\"id\":\"t%d\",\"projectId\":\"apollo\",\"title\":\"Refit\",\"done\":false}"
                                    .formatted(i));
        }
        assertThat(link.lostMessages()).isPositive();

        assertThatScope(scope)
                .onVirtualTime(time)
                .within(Duration.ofMinutes(30))
                .eventually(s -> s.hasSize(TASK, 30));
    }

    @Test
    void theWaitsBetweenAttemptsToConnectGrow() {
        StitchStore store = link.store();
        time.advanceTimeBy(Duration.ofSeconds(1));
        int before = link.connectAttempts();

        link.cut();
        time.advanceTimeBy(Duration.ofMillis(2_500)); // 1 s, and up to a quarter more
        assertThat(link.connectAttempts() - before).isEqualTo(1);
        time.advanceTimeBy(Duration.ofSeconds(38)); // 2, 4, 8 and 16 s
        assertThat(link.connectAttempts() - before).isEqualTo(5);

        link.restore();
        StepVerifier.create(store.connection().map(ConnectionStatus::status).filter(Status.CONNECTED::equals))
                .then(() -> time.advanceTimeBy(Duration.ofSeconds(20)))
                .expectNext(Status.CONNECTED)
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void aLostReplyDoesNotDoAWriteTwice() {
        Scope scope = link.store().replaceScope("apollo");
        time.advanceTimeBy(Duration.ofSeconds(1));
        link.server().dropReplies(1);
        List<Task> done = new ArrayList<>();
        scope.create(TASK, new Task("t1", "apollo", "Refit", false)).subscribe(done::add);

        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(done).hasSize(1);
        assertThat(link.server().executedWrites()).hasSize(1);
    }

    @Test
    void aSlowSubscriberSkipsWhatIsOvertaken() {
        Scope scope = link.store().replaceScope("apollo");
        time.advanceTimeBy(Duration.ofSeconds(1));

        StepVerifier.create(scope.events(TASK).map(RecordEvent::operation), 0)
                .then(() -> scope.create(TASK, new Task("t1", "apollo", "Refit", false))
                        .subscribe())
                .then(() -> scope.update(TASK, "t1", Patch.of("done", true)).subscribe())
                .then(() -> scope.create(TASK, new Task("t2", "apollo", "Fuel", false))
                        .subscribe())
                .then(() -> scope.delete(TASK, "t2").subscribe())
                .then(() -> time.advanceTimeBy(Duration.ofSeconds(1)))
                .thenRequest(10)
                .expectNext(RecordEvent.Operation.CREATED) // t1, as it is now; t2 came and went unseen
                .expectNoEvent(Duration.ofMillis(1))
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void partedPeersComeTogether() {
        InMemoryLink broker = InMemoryLink.broker(SCHEMA).on(time);
        StitchStore ada = broker.store(builder -> builder.syncMode(PeerSync.create()));
        StitchStore ben = broker.store(builder -> builder.syncMode(PeerSync.create()));
        Scope adas = ada.replaceScope("apollo");
        Scope bens = ben.replaceScope("apollo");
        time.advanceTimeBy(Duration.ofSeconds(1));

        broker.cut(ben);
        adas.create(TASK, new Task("t1", "apollo", "Refit", false)).subscribe();
        bens.create(TASK, new Task("t2", "apollo", "Fuel", false)).subscribe();
        assertThatScope(adas).hasOnly(TASK, "t1");

        broker.restore();
        assertThatScope(adas).onVirtualTime(time).within(LIMIT).eventually(s -> s.hasOnly(TASK, "t1", "t2"));
        assertThatScope(bens).onVirtualTime(time).within(LIMIT).eventually(s -> s.hasOnly(TASK, "t1", "t2"));
        broker.close();
    }

    @Test
    void whatBreaksARuleNeverReachesTheServer() {
        StitchSchema checked = StitchSchema.root(PROJECT)
                .child(TASK, "projectId", FieldRules.none().required("title").unique("title"))
                .build();
        InMemoryLink own = InMemoryLink.newServer(checked).on(time);
        Scope scope = own.store().replaceScope("apollo");
        scope.create(TASK, new Task("t1", "apollo", "Refit", false)).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));

        StepVerifier.create(scope.create(TASK, new Task("t2", "apollo", "Refit", false)))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(ValidationException.class)
                        .hasMessageContaining("task 't1' has it already"));
        assertThat(own.server().records("task")).hasSize(1);
        own.close();
    }

    @Test
    void aStaleTicketIsReplacedAndARevokedLoginIsTold() {
        link.acceptTicket("fresh", "ada");
        AtomicInteger asked = new AtomicInteger();
        TicketProvider provider = () -> Mono.fromSupplier(() -> asked.incrementAndGet() == 1 ? "stale" : "fresh");
        StitchStore store = link.store(builder -> builder.remote(link.remote().tickets(provider)));
        List<Throwable> invalid = new ArrayList<>();
        store.sessionInvalid().subscribe(invalid::add);
        time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(store.connectionStatus().isConnected()).isTrue();
        assertThat(invalid).isEmpty();

        link.refuseLogins();
        link.cut().restore();
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(invalid).hasSize(1);
    }

    @Test
    void noTestWaitsForRealTime() {
        InMemoryLink fresh = InMemoryLink.newServer(SCHEMA).delay(Duration.ofSeconds(2)); // on the verifier's time

        StepVerifier.withVirtualTime(() -> {
                    Scope scope = fresh.store().replaceScope("apollo");
                    scope.create(TASK, new Task("t1", "apollo", "Refit", false)).subscribe();
                    return assertThatScope(scope)
                            .within(Duration.ofMinutes(1))
                            .reaches(s -> assertThat(fresh.server().record("task", "t1"))
                                    .isPresent());
                })
                .thenAwait(Duration.ofMinutes(1))
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
        fresh.close();
    }
}
