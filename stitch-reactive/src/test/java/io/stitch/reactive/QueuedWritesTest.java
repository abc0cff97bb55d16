package io.stitch.reactive;

import io.stitch.reactive.QueuedWrite.Behind;
import io.stitch.reactive.QueuedWrite.State;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Pending writes one by one: what is said of each, and what becomes of those that are dropped or tried again. */
class QueuedWritesTest {
    record Project(String id, @Nullable String name) {}

    record Task(
            String id,
            String projectId,
            @Nullable String title,
            @Nullable String next) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final int CHAIN = 4_000;

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> error instanceof RequestFailedException failed
            ? failed.reason().name()
            : error.getClass().getSimpleName());

    private final VirtualTimeScheduler time = stores.time;
    private final List<String> outcomes = stores.outcomes;
    private final InMemoryPersistence kept = new InMemoryPersistence();
    private final SlowDisk disk = new SlowDisk(kept);
    private final ModelServer server = ModelServer.ofNew();
    private final List<List<QueuedWrite>> lists = new ArrayList<>();
    private final List<DropResult> drops = new ArrayList<>();
    private final List<Rejection> rejections = new ArrayList<>();

    @AfterEach
    void healDisk() {
        disk.full(false);
        disk.resume();
    }

    private StitchStore store() {
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT)
                        .child(TASK, "projectId", FieldRules.none().references("next", TASK, OnDelete.SET_NULL))
                        .build())
                .remote(StoresInTime.as("ada"))
                .persistence(disk)
                .connector(server.broker));
        store.start().subscribe(unused -> {}, error -> outcomes.add("start: " + error.getMessage()));
        store.queuedWrites().subscribe(lists::add, error -> {}, () -> outcomes.add("lists over"));
        store.rejections().subscribe(rejections::add);
        time.advanceTime();
        return store;
    }

    private StitchStore offline() {
        server.broker.unreachable(1_000);
        return store();
    }

    private void connect() {
        server.broker.connectErrors.clear();
        time.advanceTimeBy(Duration.ofMinutes(1));
    }

    private List<QueuedWrite> queued() {
        time.advanceTimeBy(Duration.ofMillis(50));
        return lists.get(lists.size() - 1);
    }

    private static Task task(String id) {
        return new Task(id, "p1", id, null);
    }

    private void drop(StitchStore store, QueuedWrite write) {
        store.dropWrite(write.sequence()).subscribe(drops::add, error -> outcomes.add("drop: " + error.getMessage()));
        time.advanceTime();
    }

    private List<PendingWrite> onDisk() {
        List<PendingWrite> pending = new ArrayList<>();
        kept.open(OpenRequest.of("server")).subscribe(opened -> pending.addAll(opened.pending()));
        return pending;
    }

    // ---- the list ----

    @Test
    void aListSaysWhatWasWrittenWhenAndWhatItWaitsFor() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(5));
        Instant now = Instant.ofEpochMilli(time.now(java.util.concurrent.TimeUnit.MILLISECONDS));
        stores.write("create", scope.create(TASK, task("t1")).tagged("form"));
        stores.write("update", scope.update(TASK, "t1", Patch.of("title", "more")));

        assertThat(lists.get(0)).isEmpty();
        List<QueuedWrite> queued = queued();
        assertThat(queued).hasSize(2).allMatch(write -> write.state() == State.OFFLINE);
        QueuedWrite create = queued.get(0);
        assertThat(create.kind()).isEqualTo(WriteKind.CREATE);
        assertThat(create.entity() + '/' + create.id()).isEqualTo("task/t1");
        assertThat(create.scopeId()).isEqualTo("p1");
        assertThat(create.tag()).isEqualTo("form");
        assertThat(create.writtenAt()).isEqualTo(now);
        assertThat(create.attempts()).isZero();
        assertThat(create.inDoubt()).isFalse();
        assertThat(queued.get(1).kind()).isEqualTo(WriteKind.UPDATE);
        assertThat(queued.get(1).sequence()).isGreaterThan(create.sequence());

        connect();
        assertThat(queued()).isEmpty();
    }

    @Test
    @Timeout(60)
    void aLongChainOfRecordsThatNameEachOtherIsNotLookedThroughForEachOfThem() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        List<Mutation<?>> chain = new ArrayList<>();
        for (int i = 0; i < CHAIN; i++) {
            chain.add(scope.create(TASK, new Task("t" + i, "p1", "t" + i, i == 0 ? null : "t" + (i - 1))));
        }
        store.batch(Flux.fromIterable(chain)).subscribe(done -> {}, error -> outcomes.add("batch: " + error));
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(store.pendingWrites()).isEqualTo(CHAIN);

        connect();
        assertThat(outcomes).isEmpty();
        assertThat(store.pendingWrites()).isZero();
        assertThat(server.get("task/t" + (CHAIN - 1))).isNotNull();
    }

    @Test
    void whenAWriteWasMadeIsKnownAfterARestart() {
        StitchStore store = offline();
        time.advanceTimeBy(Duration.ofHours(1));
        stores.write("create", store.openScope("p1").create(TASK, task("t1")));
        Instant written = queued().get(0).writtenAt();
        store.close().subscribe();
        time.advanceTimeBy(Duration.ofHours(1));

        offline();
        assertThat(queued())
                .singleElement()
                .satisfies(write ->
                        assertThat(write.writtenAt()).isEqualTo(written).isNotNull());
    }

    @Test
    void aWriteThatIsSentSaysSoAndOneBehindItNamesWhatItWaitsFor() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(2));
        server.holdReplies();
        stores.write("project", scope.create(PROJECT, new Project("p1", "one")));
        stores.write("task", scope.create(TASK, task("t1")));

        List<QueuedWrite> queued = queued();
        assertThat(queued).extracting(QueuedWrite::state).containsExactly(State.SENDING, State.BEHIND);
        assertThat(queued.get(0).attempts()).isEqualTo(1);
        assertThat(queued.get(0).inDoubt()).isTrue();
        assertThat(queued.get(1).behind()).isEqualTo(new Behind("project", "p1"));

        drop(store, queued.get(0));
        assertThat(drops).containsExactly(DropResult.IN_DOUBT);
        server.releaseReplies();
        time.advanceTime();
        assertThat(queued()).isEmpty();
        assertThat(outcomes).containsExactly("project SYNCED", "task SYNCED");
    }

    @Test
    void aParkedWriteTellsTheLastRefusalAndIsTriedAgainAlone() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        server.refuse(503, "in trouble");
        stores.write("one", scope.create(TASK, task("t1")));
        assertThat(queued()).singleElement().satisfies(write -> {
            assertThat(write.state()).isEqualTo(State.RETRYING);
            assertThat(write.lastError()).get().isInstanceOf(RequestRefusedException.class);
        });
        stores.write("two", scope.create(TASK, task("t2")));
        time.advanceTimeBy(Duration.ofMinutes(10));

        List<QueuedWrite> parked = queued();
        assertThat(parked).hasSize(2).allSatisfy(write -> {
            assertThat(write.state()).isEqualTo(State.PARKED);
            assertThat(write.attempts()).isEqualTo(5);
            assertThat(String.valueOf(write.error())).contains("in trouble");
        });
        server.heal();
        assertThat(store.retryWrite(parked.get(1).sequence()).block()).isTrue();
        time.advanceTime();

        assertThat(server.executed).singleElement().asString().startsWith("create task/t2");
        assertThat(queued())
                .singleElement()
                .satisfies(write -> assertThat(write.id()).isEqualTo("t1"));
        assertThat(store.retryWrite(parked.get(1).sequence()).block()).isFalse();
    }

    @Test
    void aWriteThatWaitsAfterAFailureIsTriedAgainAtOnce() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        server.refuse(503, "in trouble");
        stores.write("one", scope.create(TASK, task("t1")));
        time.advanceTimeBy(
                Duration.ofMillis(1_800)); // The fourth attempt comes 1.75 s after the first, the fifth 2 s later.
        server.heal();
        store.retryWrite(queued().get(0).sequence()).subscribe();
        time.advanceTime();

        assertThat(server.executed).hasSize(1);
    }

    @Test
    void whatWaitsForALoginSaysSo() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.refuseAll(401, "no session");
        stores.write("one", scope.create(TASK, task("t1")));
        time.advanceTimeBy(Duration.ofSeconds(10));

        assertThat(store.connectionStatus().status()).isEqualTo(ConnectionStatus.Status.ERROR);
        assertThat(queued())
                .singleElement()
                .satisfies(write -> assertThat(write.state()).isEqualTo(State.LOGIN));
    }

    @Test
    void nobodySeesOrDropsWhatAnotherUserHasWritten() {
        StitchStore store = offline();
        stores.write("ada", store.openScope("p1").create(TASK, task("t1")));
        QueuedWrite adas = queued().get(0);
        store.resetForLogout().subscribe();
        store.reconnect(StoresInTime.as("ben")).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(queued()).isEmpty();
        drop(store, adas);
        assertThat(store.retryWrite(adas.sequence()).block()).isFalse();
        assertThat(drops).containsExactly(DropResult.NOT_PENDING);
        assertThat(onDisk()).hasSize(1);
    }

    @Test
    void aSlowSubscriberGetsTheNewestListAndManyWritesFewLists() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        StepVerifier.create(store.queuedWrites(), 1)
                .assertNext(list -> assertThat(list).isEmpty())
                .then(() -> {
                    for (int i = 0; i < 1_000; i++) {
                        stores.write("write", scope.create(TASK, task("t" + i)));
                    }
                    time.advanceTimeBy(Duration.ofSeconds(1));
                })
                .thenRequest(1)
                .assertNext(list -> assertThat(list).hasSize(1_000))
                .thenCancel()
                .verify();
        assertThat(lists).hasSizeLessThan(10);
    }

    // ---- dropping ----

    @Test
    void aDroppedWriteIsUndoneAsAnEventOffTheDiskAndNeverSent() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        stores.write("write", scope.create(TASK, task("t1")));
        List<RecordEvent> events = new ArrayList<>();
        scope.mutations().subscribe(events::add);
        drop(store, queued().get(0));

        assertThat(drops).containsExactly(DropResult.DROPPED);
        assertThat(events).singleElement().satisfies(event -> {
            assertThat(event.origin()).isEqualTo(Origin.ROLLBACK);
            assertThat(event.operation()).isEqualTo(RecordEvent.Operation.DELETED);
        });
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(onDisk()).isEmpty();
        assertThat(rejections).singleElement().satisfies(rejection -> {
            assertThat(rejection.reason()).isEqualTo(Rejection.Reason.DROPPED);
            assertThat(rejection.localCopy()).isNotNull();
        });
        connect();
        assertThat(server.executed).isEmpty();
        assertThat(store.pendingWrites()).isZero();
    }

    @Test
    void whoeverWaitsForAWriteIsToldThatItWasDropped() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(2));
        server.holdReplies();
        stores.write("first", scope.create(TASK, task("t1")));
        stores.write("second", scope.update(TASK, "t1", Patch.of("title", "more")));
        drop(store, queued().get(1));
        server.releaseReplies();
        time.advanceTime();

        assertThat(outcomes).containsExactly("second DROPPED", "first SYNCED");
        assertThat(rejections).isEmpty();
        assertThat(scope.get(TASK, "t1"))
                .hasValueSatisfying(task -> assertThat(task.title()).isEqualTo("t1"));
    }

    @Test
    void whatWasWrittenOnADroppedCreateOrCreatedInItGoesWithItAndNothingElse() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        stores.write("project", scope.create(PROJECT, new Project("p1", "one")));
        stores.write("renamed", scope.update(PROJECT, "p1", Patch.of("name", "two")));
        stores.write("task", scope.create(TASK, task("t1")));
        stores.write("referring", scope.create(TASK, new Task("t2", "p1", "two", "t1")));
        stores.write("elsewhere", store.openScope("p2").create(TASK, new Task("t3", "p2", "three", null)));
        drop(store, queued().get(0));

        assertThat(drops).containsExactly(DropResult.DROPPED);
        assertThat(queued())
                .singleElement()
                .satisfies(write -> assertThat(write.id()).isEqualTo("t3"));
        assertThat(rejections)
                .extracting(rejection -> rejection.kind() + " " + rejection.id() + " " + rejection.reason())
                .containsExactlyInAnyOrder(
                        "CREATE p1 DROPPED", "UPDATE p1 DROPPED", "CREATE t1 DROPPED", "CREATE t2 DROPPED");
        connect();
        assertThat(server.executed).singleElement().asString().startsWith("create task/t3");
    }

    @Test
    void aDroppedUpdateLeavesThoseBeforeAndAfterIt() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        stores.write("create", scope.create(TASK, task("t1")));
        stores.write("title", scope.update(TASK, "t1", Patch.of("title", "dropped")));
        stores.write("next", scope.update(TASK, "t1", Patch.of("next", "t1")));
        drop(store, queued().get(1));
        connect();

        assertThat(server.executed)
                .singleElement()
                .asString()
                .contains("\"title\":\"t1\"")
                .contains("\"next\":\"t1\"");
    }

    @Test
    void aDroppedDeleteTakesTheRecordThatWasCreatedAnewAlong() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        stores.write("create", scope.create(TASK, task("t1")));
        server.broker.unreachable(1_000);
        server.broker.end(0x8B);
        time.advanceTime();
        stores.write("delete", scope.delete(TASK, "t1"));
        stores.write("again", scope.create(TASK, new Task("t1", "p1", "again", null)));
        drop(store, queued().get(0));

        assertThat(queued()).isEmpty();
        assertThat(scope.get(TASK, "t1"))
                .hasValueSatisfying(task -> assertThat(task.title()).isEqualTo("t1"));
    }

    @Test
    void whatWasSentAndNotAnsweredCannotBeDropped() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(2));
        server.loseRepliesTo("/create");
        stores.write("write", scope.create(TASK, task("t1")));
        server.broker.unreachable(1_000);
        server.broker.end(0x8B);
        time.advanceTime();

        QueuedWrite write = queued().get(0);
        assertThat(write.inDoubt()).isTrue();
        assertThat(write.state()).isEqualTo(State.OFFLINE);
        drop(store, write);
        assertThat(drops).containsExactly(DropResult.IN_DOUBT);
        assertThat(scope.snapshot(TASK)).hasSize(1);
    }

    @Test
    void aParkedWriteCanBeDroppedAndWhatItHeldUpGoesOn() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        stores.write("project", scope.create(PROJECT, new Project("p1", "one")));
        server.refuse(503, "in trouble");
        stores.write("name", scope.update(PROJECT, "p1", Patch.of("name", "two")));
        time.advanceTimeBy(Duration.ofMinutes(10));
        stores.write("again", scope.update(PROJECT, "p1", Patch.of("name", "three")));
        server.heal();
        drop(store, queued().get(0));
        time.advanceTime();

        assertThat(drops).containsExactly(DropResult.DROPPED);
        assertThat(queued()).isEmpty();
        assertThat(server.executed).hasSize(2).last().asString().contains("three");
    }

    @Test
    void anUpdateGoesOnWhenTheOneBehindItIsDroppedThatWaitedForAnotherRecord() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        stores.write("there", scope.create(TASK, task("t1")));
        time.advanceTimeBy(Duration.ofSeconds(1));
        server.refuse(503, "in trouble");
        stores.write("parked", scope.create(TASK, task("t2")));
        time.advanceTimeBy(Duration.ofMinutes(10));
        stores.write("title", scope.update(TASK, "t1", Patch.of("title", "new")));
        stores.write("next", scope.update(TASK, "t1", Patch.of("next", "t2")));
        time.advanceTimeBy(Duration.ofMinutes(1));
        server.heal();
        assertThat(queued()).extracting(QueuedWrite::state).containsExactly(State.PARKED, State.BEHIND, State.BEHIND);
        drop(store, queued().get(2));
        time.advanceTime();

        assertThat(queued())
                .singleElement()
                .satisfies(write -> assertThat(write.id()).isEqualTo("t2"));
        assertThat(server.executed)
                .last()
                .asString()
                .startsWith("update task/t1")
                .contains("new");
    }

    @Test
    void aDropThatTheDiskDoesNotTakeIsAnErrorThatSaysSoAndTheWriteIsNotSent() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        stores.write("write", scope.create(TASK, task("t1")));
        QueuedWrite write = queued().get(0);
        disk.full(true);
        drop(store, write);

        assertThat(drops).isEmpty();
        assertThat(outcomes).last().asString().contains("a restart before that may");
        assertThat(scope.snapshot(TASK)).isEmpty();
        connect();
        assertThat(server.executed).isEmpty();
        disk.full(false);
        time.advanceTimeBy(Duration.ofMinutes(2));
        assertThat(onDisk()).isEmpty();
    }

    @Test
    void aWriteThatIsBeingKeptIsDroppedWhenItIs() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        disk.stall();
        stores.write("write", scope.create(TASK, task("t1")));
        QueuedWrite write = queued().get(0);
        assertThat(write.state()).isEqualTo(State.KEEPING);
        drop(store, write);
        assertThat(drops).isEmpty();
        disk.resume();
        time.advanceTime();

        assertThat(drops).containsExactly(DropResult.DROPPED);
        assertThat(onDisk()).isEmpty();
        connect();
        assertThat(server.executed).isEmpty();
    }

    // ---- idle ----

    @Test
    void idleEndsWhenNothingIsPendingAndCountsWhatWasSubscribedBefore() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        stores.subscribe("write", scope.create(TASK, task("t1")));
        store.idle().subscribe(unused -> {}, error -> {}, () -> outcomes.add("idle"));
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(outcomes).containsExactly("write QUEUED");
        connect();
        assertThat(outcomes).containsExactly("write QUEUED", "idle");
        StepVerifier.create(store.idle()).then(time::advanceTime).verifyComplete();
    }

    @Test
    void idleFailsIfTheStoreIsClosedBefore() {
        StitchStore store = offline();
        stores.write("write", store.openScope("p1").create(TASK, task("t1")));
        store.idle()
                .subscribe(unused -> {}, error -> outcomes.add(error.getClass().getSimpleName()));
        store.close().subscribe();
        time.advanceTime();

        assertThat(outcomes).contains("ClosedException", "lists over").doesNotContain("idle");
        StepVerifier.create(store.queuedWrites()).verifyComplete();
        StepVerifier.create(store.dropWrite(1)).verifyError(ClosedException.class);
        StepVerifier.create(store.retryWrite(1)).verifyError(ClosedException.class);
        StepVerifier.create(store.idle()).verifyError(ClosedException.class);
    }
}
