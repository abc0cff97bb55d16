package io.stitch.reactive;

import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KnownPeer;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.TicketProvider;
import io.stitch.reactive.spi.Tombstone;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** What a store keeps and when, in virtual time. */
class LocalDataInVirtualTimeTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final Task ONE = new Task("t1", "p1", "one");

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> String.valueOf(error.getMessage()));

    private final VirtualTimeScheduler time = stores.time;
    private final List<String> outcomes = stores.outcomes;
    private final InMemoryPersistence kept = new InMemoryPersistence();
    private final SlowDisk disk = new SlowDisk(kept);
    private final ModelServer server = ModelServer.ofNew();

    @AfterEach
    void healDisk() {
        disk.full(false);
        disk.resume();
    }

    private StitchStore store() {
        return store(RemoteOptions.to("mqtt://broker.example"));
    }

    private StitchStore store(RemoteOptions remote) {
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(remote)
                .persistence(disk)
                .connector(server.broker));
        return store;
    }

    private StitchStore started() {
        StitchStore store = store();
        store.start().subscribe();
        time.advanceTime();
        return store;
    }

    private void goOffline() {
        server.broker.unreachable(100);
    }

    private void keep(Batch batch) {
        kept.apply(batch).block();
    }

    // ---- reading what is kept ----

    @Test
    void whatIsDeletedWhileItIsReadAgainStaysDeleted() {
        kept.open(OpenRequest.of("server")).block();
        Batch batch = new Batch();
        batch.put(StoresInTime.stored("t1", "one"));
        keep(batch);
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        StitchStore store = started();
        disk.failReads(true);
        Scope scope = store.openScope("p1");
        time.advanceTime();
        disk.failReads(false);
        disk.stallReads();
        time.advanceTimeBy(Duration.ofSeconds(2));
        server.announce("task/t1");
        time.advanceTime();
        assertThat(scope.snapshot(TASK)).hasSize(1);
        server.remove("task/t1");
        server.announce("task/t1");
        time.advanceTime();
        disk.resumeReads();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(scope.snapshot(TASK)).isEmpty();
    }

    @Test
    void aPendingWriteThatCannotBeReadKeepsNoOtherFromBeingSent() {
        kept.open(OpenRequest.of("server")).block();
        Batch batch = new Batch();
        batch.put(kept(1, "t1", "{\"id\":\"t1\",\"projectId\":\"p1\",\"title\":1e2147483648}"));
        batch.put(kept(2, "t2", "{\"id\":\"t2\",\"projectId\":\"p1\",\"title\":\"two\"}"));
        keep(batch);
        StitchStore store = started();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(server.executed).hasSize(1).first().asString().contains("task/t2");
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.SET_ASIDE, 1L);
    }

    @Test
    void anUpdateOfWhatIsGoneIsNotMadeTheCreateThatWasWrittenAfterItBeforeAnybodyWasKnown() {
        kept.open(OpenRequest.of("server")).block();
        Batch batch = new Batch();
        batch.put(kept(1, WriteKind.UPDATE, "t1", "{\"title\":\"older\"}", "ada"));
        batch.put(kept(2, "t1", "{\"id\":\"t1\",\"projectId\":\"p1\",\"title\":\"again\"}"));
        keep(batch);
        StitchStore store = store(StoresInTime.as("ada"));
        store.start().subscribe();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(server.executed).containsExactly("create task/t1 {\"projectId\":\"p1\",\"title\":\"again\"}");
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.WRITE_REJECTED, 1L);
        assertThat(store.pendingWrites()).isZero();
    }

    private static PendingWrite kept(long sequence, String id, String json) {
        return kept(sequence, WriteKind.CREATE, id, json, null);
    }

    private static PendingWrite kept(long sequence, WriteKind kind, String id, String json, @Nullable String user) {
        return PendingWrite.of(
                sequence, new RecordKey("task", id), "p1", kind, json.getBytes(StandardCharsets.UTF_8), user);
    }

    @Test
    void aScopeIsLoadedThoughWhatIsKeptOfItIsStillBeingRead() {
        StitchStore store = started();
        disk.stallReads();
        Scope scope = store.openScope("p1");
        store.loadScope("p1")
                .subscribe(unused -> {}, error -> outcomes.add(error.toString()), () -> outcomes.add("loaded"));
        time.advanceTime();
        assertThat(outcomes).isEmpty();

        disk.resumeReads();
        time.advanceTime();
        assertThat(outcomes).containsExactly("loaded");
        scope.close();
    }

    // ---- counting what is pending ----

    private List<Integer> counted(StitchStore store) {
        List<Integer> counts = new ArrayList<>();
        store.pendingCount().subscribe(counts::add);
        return counts;
    }

    @Test
    void aWriteThatTheStoreHasYetToTakeIsCountedForWhoeverSubscribesAfterIt() {
        goOffline();
        StitchStore store = started();
        assertThat(counted(store))
                .as("nothing is waited for where there is nothing")
                .containsExactly(0);
        Scope scope = store.openScope("p1");
        time.advanceTime();

        scope.create(TASK, new Task("t1", "p1", "a")).subscribe();
        List<Integer> counts = counted(store);
        time.advanceTime();
        assertThat(counts).containsExactly(1);
    }

    @Test
    void aWriteThatWaitsForItsScopeIsCountedForWhoeverSubscribesAfterIt() {
        goOffline();
        StitchStore store = started();
        disk.stallReads();
        store.openScope("p1").create(TASK, new Task("t1", "p1", "a")).subscribe();
        List<Integer> counts = counted(store);
        // It does not have others wait for this scope.
        store.openScope("p2").close();
        time.advanceTime();
        assertThat(counts).isEmpty();

        disk.resumeReads();
        time.advanceTime();
        assertThat(counts).containsExactly(1);
    }

    @Test
    void aStoreThatEndsTellsWhoeverWaitsForTheCount() {
        goOffline();
        StitchStore store = started();
        disk.stallReads();
        store.openScope("p1").create(TASK, new Task("t1", "p1", "a")).subscribe(unused -> {}, error -> {});
        StepVerifier.create(store.pendingCount().ignoreElements())
                .then(() -> {
                    store.close().subscribe();
                    time.advanceTime();
                    disk.resumeReads();
                    time.advanceTime();
                })
                .expectComplete()
                .verify(Duration.ofSeconds(20));
    }

    // ---- asking without a connection ----

    @Test
    void withoutAConnectionWhatIsKeptAnswersWithThePendingWritesOnTop() {
        kept.open(OpenRequest.of("server")).block();
        Batch batch = new Batch();
        batch.put(StoresInTime.stored("t1", "a"));
        batch.put(StoresInTime.stored("t2", "b"));
        batch.put(StoresInTime.stored("t3", "c"));
        batch.put(new StoredRecord(
                new RecordKey("project", "p1"),
                "p1",
                1,
                "{\"id\":\"p1\",\"name\":\"Home\"}".getBytes(StandardCharsets.UTF_8)));
        keep(batch);
        goOffline();
        StitchStore store = started();
        Scope scope = store.openScope("p1");
        stores.write("update", scope.update(TASK, "t1", Patch.of("title", "z")));
        stores.write("delete", scope.delete(TASK, "t2"));
        stores.write("create", scope.create(TASK, new Task("t4", "p1", "bb")));
        scope.close();
        time.advanceTime();

        assertAnswers(
                store.list(TASK, ListQuery.all().sortBy("title", true).page(0, 2))
                        .map(List::toString),
                List.of(new Task("t4", "p1", "bb"), new Task("t3", "p1", "c")).toString());
        assertAnswers(
                store.list(TASK, ListQuery.all().where("title", ListQuery.Operator.EQ, "a"))
                        .map(List::size),
                0);
        assertAnswers(store.read(TASK, "t1"), new Task("t1", "p1", "z"));
        assertAnswers(store.listRoots(PROJECT).next(), new Project("p1", "Home"));
        StepVerifier.create(store.read(TASK, "t9"))
                .then(time::advanceTime)
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                RequestFailedException.class,
                                failed -> assertThat(failed.reason())
                                        .isEqualTo(RequestFailedException.Reason.NOT_CONNECTED)));
    }

    @Test
    void theLiveListOfRootsBeginsWithWhatIsKeptAndBecomesTheServers() {
        kept.open(OpenRequest.of("server")).block();
        Batch batch = new Batch();
        for (String id : List.of("p1", "p2")) {
            batch.put(new StoredRecord(
                    new RecordKey("project", id),
                    id,
                    1,
                    "{\"id\":\"%s\",\"name\":\"Home\",\"_version\":1}"
                            .formatted(id)
                            .getBytes(StandardCharsets.UTF_8)));
        }
        keep(batch);
        server.put("project", "{'id':'p2','name':'Home'}");
        server.put("project", "{'id':'p3','name':'Moon'}");
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .persistence(disk)
                .connector(server.broker)
                .autoConnect(false));
        store.start().subscribe();
        time.advanceTime();

        StepVerifier.create(store.roots(PROJECT)
                        .map(list -> list.stream().map(Project::id).toList())
                        .filter(List.of("p1", "p2")::equals)
                        .next())
                .then(time::advanceTime)
                .expectNext(List.of("p1", "p2"))
                .expectComplete()
                .verify(Duration.ofSeconds(10));

        StepVerifier.create(store.roots(PROJECT)
                        .map(list -> list.stream().map(Project::id).toList())
                        .filter(List.of("p2", "p3")::equals)
                        .next())
                .then(() -> store.connect().subscribe())
                .then(() -> time.advanceTimeBy(Duration.ofSeconds(5)))
                .expectNext(List.of("p2", "p3"))
                .expectComplete()
                .verify(Duration.ofSeconds(10));
    }

    private <T> void assertAnswers(Mono<T> asked, T answer) {
        StepVerifier.create(asked).then(time::advanceTime).expectNext(answer).verifyComplete();
    }

    @Test
    void closingAStoreThatIsStillOpeningWaitsForThat() {
        disk.stall();
        StitchStore store = store();
        store.start().subscribe();
        store.openScope("p1");
        time.advanceTime();

        StepVerifier.create(store.close())
                .then(time::advanceTime)
                .expectNoEvent(Duration.ZERO)
                .then(disk::resume)
                .then(time::advanceTime)
                .expectComplete()
                .verifyThenAssertThat()
                .hasNotDroppedErrors();
    }

    // ---- the mode ----

    @Test
    void aDatabaseOfTheOtherModeIsRefusedBeforeAnythingIsReadOrSent() {
        kept.open(OpenRequest.of("peer")).block();
        Batch batch = new Batch();
        batch.put(Persistence.CLIENT_ID, "the-peer");
        batch.put(StoresInTime.stored("t1", "kept"));
        batch.put(PendingWrite.of(1, new RecordKey("task", "t1"), "p1", WriteKind.DELETE, new byte[] {'{', '}'}, null));
        keep(batch);
        StitchStore store = store();
        Scope scope = store.replaceScope("p1");

        StepVerifier.create(store.start())
                .then(time::advanceTime)
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(ModeMismatchException.class, mismatch -> {
                            assertThat(mismatch.persistedMode()).isEqualTo("peer");
                            assertThat(mismatch.configuredMode()).isEqualTo("server");
                        })
                        .hasMessageContaining("clearLocalData()"));
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(server.broker.attempts).isZero();
        assertThat(store.clientId()).isNotEqualTo("the-peer");
        assertThat(scope.snapshot(TASK)).isEmpty();
        stores.write("create", scope.create(TASK, ONE));
        assertThat(outcomes).singleElement().asString().contains("made in peer mode");
        assertThat(kept.load("p1").collectList().block()).as("unharmed").hasSize(1);
    }

    @Test
    void clearedLocalDataLeavesNothingAndLetsTheOtherModeIn() {
        kept.open(OpenRequest.of("peer")).block();
        Batch batch = new Batch();
        batch.put(StoresInTime.stored("t1", "kept"));
        keep(batch);
        StitchStore store = store();
        store.start().subscribe(unused -> {}, error -> outcomes.add("refused"));
        time.advanceTime();
        StepVerifier.create(store.clearLocalData()).then(time::advanceTime).verifyComplete();

        StitchStore next = started();
        assertThat(outcomes).containsExactly("refused");
        assertThat(next.clientId()).isNotEqualTo(store.clientId());
        assertThat(kept.load("p1").collectList().block()).isEmpty();
    }

    @Test
    void clearedLocalDataForgetsWhatARunningStoreWrote() {
        goOffline();
        StitchStore store = started();
        Scope scope = store.replaceScope("p1");
        stores.write("create", scope.create(TASK, ONE));
        disk.stall();
        stores.write("second", scope.create(TASK, new Task("t2", "p1", "two")));
        stores.write("third", scope.create(TASK, new Task("t3", "p1", "three")));
        StepVerifier.create(store.clearLocalData()).then(time::advanceTime).verifyComplete();
        disk.resume();
        time.advanceTime();

        assertThat(kept.open(OpenRequest.of("peer")).block().pending()).isEmpty();
        assertThat(outcomes).hasSize(3).startsWith("create QUEUED");
        assertThat(outcomes.subList(1, 3)).allMatch(outcome -> outcome.contains("being deleted"));
    }

    // ---- before the start ----

    @Test
    void aWriteBeforeTheDatabaseIsOpenTakesItsPlaceBehindThoseThatWereKept() {
        kept.open(OpenRequest.of("server")).block();
        Batch batch = new Batch();
        batch.put(PendingWrite.of(
                1,
                new RecordKey("task", "t0"),
                "p1",
                WriteKind.CREATE,
                "{\"id\":\"t0\",\"projectId\":\"p1\"}".getBytes(StandardCharsets.UTF_8),
                null));
        keep(batch);
        goOffline();
        disk.stall();
        StitchStore store = started();
        stores.write("create", store.replaceScope("p1").create(TASK, ONE));
        assertThat(outcomes).isEmpty();
        disk.resume();
        time.advanceTime();

        assertThat(outcomes).containsExactly("create QUEUED");
        assertThat(kept.open(OpenRequest.of("server")).block().pending())
                .extracting(write -> write.sequence() + " " + write.key().id())
                .containsExactly("1 t0", "2 t1");
    }

    @Test
    void aScopeThatIsOpenedAgainShowsWhatHasNotReachedTheDiskYet() {
        StitchStore store = started();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        server.put("task", "{'id':'t2','projectId':'p1','title':'two'}");
        server.announce("task/t1");
        server.announce("task/t2");
        time.advanceTime();
        disk.stall();
        server.remove("task/t1");
        server.announce("task/t1");
        server.put("task", "{'id':'t2','title':'newer'}");
        server.announce("task/t2");
        time.advanceTime();
        scope.close();
        goOffline();
        server.broker.end(0x8B);
        Scope again = store.openScope("p1");
        time.advanceTime();

        assertThat(again.snapshot(TASK)).extracting(Task::title).containsExactly("newer");
    }

    @Test
    void aStartThatFailedBecauseTheFileWasLockedMayBeTriedAgain() {
        goOffline();
        disk.locked(true);
        StitchStore store = store();
        Scope scope = store.replaceScope("p1");
        stores.write("early", scope.create(TASK, ONE));
        StepVerifier.create(store.start())
                .then(time::advanceTime)
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                PersistenceException.class,
                                failure -> assertThat(failure.reason()).isEqualTo(PersistenceException.Reason.LOCKED)));
        assertThat(outcomes).containsExactly("early Another process has it.");
        assertThat(scope.snapshot(TASK)).isEmpty();

        disk.locked(false);
        StepVerifier.create(store.start()).then(time::advanceTime).verifyComplete();
        stores.write("again", scope.create(TASK, ONE));
        assertThat(outcomes).hasSize(2).endsWith("again QUEUED");
        assertThat(kept.open(OpenRequest.of("server")).block().pending()).hasSize(1);
    }

    @Test
    void startingReadsTheRecordsWithPendingWritesAndNoOthers() {
        kept.open(OpenRequest.of("server")).block();
        Batch batch = new Batch();
        for (int i = 0; i < 1_000; i++) {
            batch.put(StoresInTime.stored("t" + i, "kept"));
        }
        batch.put(PendingWrite.of(1, new RecordKey("task", "t7"), "p1", WriteKind.DELETE, new byte[] {'{', '}'}, null));
        keep(batch);
        goOffline();
        StitchStore store = started();

        assertThat(disk.read).isEqualTo(1);
        Scope scope = store.replaceScope("p1");
        time.advanceTime();
        assertThat(scope.snapshot(TASK)).hasSize(999);
    }

    @Test
    void anUpdateByAFunctionWaitsForTheRecordThatIsStillBeingReadFromDisk() {
        kept.open(OpenRequest.of("server")).block();
        Batch batch = new Batch();
        batch.put(StoresInTime.stored("t1", "kept"));
        keep(batch);
        goOffline();
        StitchStore store = started();

        Scope scope = store.replaceScope("p1");
        stores.write("update", scope.update(TASK, "t1", task -> new Task("t1", "p1", task.title() + " and changed")));

        assertThat(outcomes).containsExactly("update QUEUED");
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "kept and changed"));
    }

    // ---- the end ----

    @Test
    void aStoreMayBeClosedTwiceAndClearedAfterThat() {
        goOffline();
        StitchStore store = started();
        stores.write("create", store.replaceScope("p1").create(TASK, ONE));
        StepVerifier.create(store.close()).then(time::advanceTime).verifyComplete();
        StepVerifier.create(store.close()).then(time::advanceTime).verifyComplete();
        assertThat(kept.open(OpenRequest.of("server")).block().pending()).hasSize(1);

        StepVerifier.create(store.clearLocalData()).then(time::advanceTime).verifyComplete();
        assertThat(kept.open(OpenRequest.of("peer")).block().pending()).isEmpty();
    }

    // ---- the user ----

    /** Says who the user is only when it is asked. */
    private StitchStore startedAs(Mono<AuthenticatedUser> user) {
        StitchStore store = store(RemoteOptions.to("mqtt://broker.example").tickets(new TicketProvider() {
            @Override
            public Mono<String> ticket() {
                return Mono.just("ticket");
            }

            @Override
            public Mono<AuthenticatedUser> user() {
                return user;
            }
        }));
        store.start().subscribe();
        time.advanceTime();
        return store;
    }

    private static Optional<String> userOf(StitchStore store) {
        return store.authenticatedUser().blockFirst().map(AuthenticatedUser::id);
    }

    @Test
    void whatTheLastUserWroteIsShownAfterARestartWithoutAConnection() {
        StitchStore first = startedAs(Mono.just(new AuthenticatedUser("ada")));
        server.broker.answers = message -> null;
        stores.write("sent", first.replaceScope("p1").create(TASK, ONE));
        first.close().subscribe();
        time.advanceTime();
        assertThat(kept.open(OpenRequest.of("server")).block().facts()).containsEntry(Persistence.USER, "ada");

        StitchStore offline = startedAs(Mono.never());
        Scope scope = offline.replaceScope("p1");
        time.advanceTime();
        assertThat(userOf(offline)).contains("ada");
        assertThat(scope.snapshot(TASK)).containsExactly(ONE);
        offline.close().subscribe();
        time.advanceTime();

        StitchStore another = startedAs(Mono.just(new AuthenticatedUser("ben")));
        Scope of = another.replaceScope("p1");
        time.advanceTime();
        assertThat(userOf(another)).contains("ben");
        assertThat(of.snapshot(TASK)).isEmpty();
        assertThat(kept.open(OpenRequest.of("server")).block().pending()).hasSize(1);
    }

    @Test
    void whoLoggedOutIsForgottenOnDiskToo() {
        StitchStore first = startedAs(Mono.just(new AuthenticatedUser("ada")));
        first.resetForLogout().subscribe();
        time.advanceTime();
        first.close().subscribe();
        time.advanceTime();

        assertThat(userOf(startedAs(Mono.never()))).isEmpty();
    }

    // ---- a disk that is slow or full ----

    @Test
    void aDiskSlowerThanTheStreamShrinksTheDemandTowardsTheBroker() {
        int sent = 3 * Journal.MAX_CHANGES;
        StitchStore store = started();
        Scope scope = store.replaceScope("p1");
        time.advanceTime();
        disk.stall();
        for (int i = 0; i < sent; i++) {
            server.broker.deliver(
                    "$DB/project/p1/task/events/created",
                    "{'id':'t%d','data':{'id':'t%d','projectId':'p1','_version':1}}".formatted(i, i));
        }
        time.advanceTime();

        int requestedBefore = 1_024;
        int inFlight = 256;
        int beingWritten = Journal.MAX_CHANGES / 2;
        assertThat(scope.snapshot(TASK).size())
                .isBetween(
                        beingWritten + Journal.MAX_CHANGES,
                        beingWritten + Journal.MAX_CHANGES + requestedBefore + 2 * inFlight);
        disk.resume();
        time.advanceTime();
        assertThat(scope.snapshot(TASK)).hasSize(sent);
        time.advanceTimeBy(Duration.ofMillis(250));
        assertThat(kept.load("p1").count().block()).isEqualTo(sent);
        assertThat(disk.applied).allMatch(batch -> batch.size() <= Journal.MAX_CHANGES + requestedBefore + inFlight);
    }

    @Test
    void whatNobodyWaitsForIsWrittenTogetherAQuarterOfASecondLater() {
        StitchStore store = started();
        store.replaceScope("p1");
        time.advanceTime();
        int before = disk.applied.size();
        for (int i = 0; i < 3; i++) {
            server.put("task", "{'id':'t%d','projectId':'p1','title':'one'}".formatted(i));
            server.announce("task/t" + i);
            time.advanceTimeBy(Duration.ofMillis(50));
        }
        assertThat(disk.applied).hasSize(before);

        time.advanceTimeBy(Duration.ofMillis(250));
        assertThat(disk.applied).hasSize(before + 1);
        assertThat(kept.load("p1").map(StoredRecord::id).collectList().block()).containsExactly("t0", "t1", "t2");
    }

    @Test
    void manyBytesShrinkTheDemandAsManyChangesDo() {
        StitchStore store = started();
        Scope scope = store.replaceScope("p1");
        time.advanceTime();
        disk.stall();
        String title = "x".repeat(Journal.MAX_BYTES / 1_024);
        for (int i = 0; i < 3_500; i++) {
            server.broker.deliver(
                    "$DB/project/p1/task/events/created",
                    "{'id':'t%d','data':{'id':'t%d','projectId':'p1','title':'%s','_version':1}}"
                            .formatted(i, i, title));
        }
        time.advanceTime();

        assertThat(scope.snapshot(TASK).size()).isBetween(512 + 1_024, 512 + 1_024 + 1_024 + 256);
        disk.resume();
        time.advanceTime();
        assertThat(scope.snapshot(TASK)).hasSize(3_500);
    }

    @Test
    void whatAFullDiskRefusedIsKeptWhenThereIsRoomAgain() {
        StitchStore store = started();
        Scope scope = store.replaceScope("p1");
        time.advanceTime();
        disk.full(true);
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        server.announce("task/t1");
        time.advanceTime();
        assertThat(scope.snapshot(TASK)).as("memory does not wait").hasSize(1);
        time.advanceTimeBy(Duration.ofMillis(250));
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.PERSISTENCE_FAILED, 1L);

        server.put("task", "{'id':'t2','projectId':'p1','title':'two'}");
        server.announce("task/t2");
        time.advanceTime();
        disk.full(false);
        assertThat(kept.load("p1").collectList().block()).isEmpty();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(kept.load("p1").map(StoredRecord::id).collectList().block()).containsExactly("t1", "t2");
    }

    @Test
    void whatChangedAgainWhileABatchFailedIsKeptAsItIsNow() {
        started().replaceScope("p1");
        time.advanceTime();
        disk.full(true);
        disk.stall();
        for (String title :
                List.of("one", "two")) { // The first one is on its way to the disk when the second one comes.
            server.put("task", "{'id':'t1','projectId':'p1','title':'%s'}".formatted(title));
            server.announce("task/t1");
            time.advanceTimeBy(Duration.ofMillis(300));
        }
        disk.resume();
        time.advanceTime();
        disk.full(false);
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(kept.load("p1")
                        .map(record -> new String(record.json(), StandardCharsets.UTF_8))
                        .collectList()
                        .block())
                .singleElement()
                .asString()
                .contains("two");
    }

    @Test
    void aWriteOnAFullDiskFailsWithTheReasonAndIsUndone() {
        goOffline();
        StitchStore store = started();
        Scope scope = store.replaceScope("p1");
        disk.full(true);
        StepVerifier.create(scope.create(TASK, ONE))
                .then(time::advanceTime)
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(PersistenceException.class, failure -> {
                            assertThat(failure.reason()).isEqualTo(PersistenceException.Reason.DISK_FULL);
                            assertThat(failure.isTransient()).isTrue();
                        }));
        assertThat(scope.snapshot(TASK)).isEmpty();

        disk.full(false);
        stores.write("again", scope.create(TASK, ONE));
        assertThat(outcomes).as("it does not wait for a timer").containsExactly("again QUEUED");
        assertThat(kept.open(OpenRequest.of("server")).block().pending()).hasSize(1);
    }

    @Test
    void aStoreThatCannotKeepEverythingSaysSoWhenItIsClosed() {
        StitchStore store = started();
        store.replaceScope("p1");
        time.advanceTime();
        disk.full(true);
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        server.announce("task/t1");
        time.advanceTime();

        StepVerifier.create(store.close())
                .then(time::advanceTime)
                .verifyErrorSatisfies(error -> assertThat(error).isInstanceOf(PersistenceException.class));
    }

    // ---- tombstones ----

    @Test
    void tombstonesArePrunedInTheBackground() {
        time.advanceTimeBy(Duration.ofDays(365));
        long now = time.now(TimeUnit.MILLISECONDS);
        long old = now - Duration.ofDays(31).toMillis();
        Batch batch = new Batch();
        batch.put(new Tombstone("p1", new RecordKey("task", "old"), "1", old));
        batch.put(new Tombstone("p1", new RecordKey("task", "young"), "2", now));
        batch.put(new Tombstone("p2", new RecordKey("task", "needed"), "3", old));
        batch.put(new KnownPeer("p2", "ben", now, old - 1));
        keep(batch);
        started();

        assertThat(kept.tombstones("p1")
                        .map(each -> each.key().id())
                        .collectList()
                        .block())
                .containsExactly("young");
        assertThat(kept.tombstones("p2").collectList().block()).hasSize(1);
        time.advanceTimeBy(Duration.ofDays(31));
        assertThat(kept.tombstones("p1").collectList().block()).isEmpty();
    }
}
