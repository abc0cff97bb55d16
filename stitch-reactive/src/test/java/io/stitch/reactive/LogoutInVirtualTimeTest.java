package io.stitch.reactive;

import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Logging out, and ending, while something else is under way: what was somebody's stays theirs, and whoever waits is told. */
class LogoutInVirtualTimeTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    record Draft(String id, @Nullable String text) {}

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final EntityType<Draft> DRAFT = EntityType.of("draft", Draft.class);

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> String.valueOf(error.getMessage()));

    private final VirtualTimeScheduler time = stores.time;
    private final List<String> outcomes = stores.outcomes;
    private final SlowDisk disk = new SlowDisk(new InMemoryPersistence());
    private final ModelServer server = ModelServer.ofNew();

    @AfterEach
    void healDisk() {
        disk.full(false);
        disk.resume();
        disk.resumeReads();
        disk.resumeAnswers();
    }

    private StitchStore store() {
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT)
                        .child(TASK, "projectId")
                        .localOnly(DRAFT)
                        .build())
                .remote(StoresInTime.as("ada"))
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

    private void ask(String what, Mono<?> answer) {
        answer.subscribe(
                unused -> {},
                error -> outcomes.add(what + ' ' + error.getClass().getSimpleName()),
                () -> outcomes.add(what + " done"));
    }

    @Test
    void whoeverLogsOutWhileTheStoreStartsIsNotLoggedInByItsStart() {
        disk.stall();
        StitchStore store = store();
        ask("start", store.start());
        time.advanceTime();
        ask("logout", store.resetForLogout());
        time.advanceTime();
        disk.resume();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(outcomes).contains("logout done", "start done");
        assertThat(store.connectionStatus().isConnected()).isFalse();
        assertThat(store.authenticatedUser().blockFirst()).isEmpty();
    }

    @Test
    void aStoreThatIsStartedAgainWhileSomebodyLogsOutConnectsWhenTheyAreForgotten() {
        StitchStore store = started();
        store.openScope("p1").create(TASK, new Task("t1", "p1", "hers")).subscribe();
        time.advanceTime();
        disk.stall();
        ask("logout", store.resetForLogout());
        ask("start", store.start());
        time.advanceTimeBy(Duration.ofSeconds(5));

        assertThat(server.broker.openConnections()).isZero();

        disk.resume();
        time.advanceTime();
        assertThat(outcomes).containsExactly("logout done", "start done");
        assertThat(server.broker.openConnections()).isOne();
    }

    /** What a disk holds from an earlier run: a task of the scope p1, and who was logged in. */
    private void keepSomething() {
        Batch kept = new Batch();
        kept.put(StoresInTime.stored("t1", "hers"));
        kept.put(Persistence.USER, "ada");
        disk.apply(kept).block();
    }

    private void logOutBeforeTheDiskAnswers(StitchStore store) {
        ask("logout", store.resetForLogout());
        time.advanceTime();
        disk.resumeAnswers();
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(outcomes).contains("logout done");
    }

    @Test
    void whatIsReadFromDiskWhileSomebodyLogsOutIsNotShownToTheNext() {
        keepSomething();
        StitchStore store = started();
        List<Scope> opened = new ArrayList<>();
        // An application that opens again what was closed.
        store.openScope("p0")
                .records(TASK)
                .doOnComplete(() -> opened.add(store.openScope("p1")))
                .subscribe();
        time.advanceTime();
        disk.stallAnswers();
        logOutBeforeTheDiskAnswers(store);

        assertThat(opened.get(0).snapshot(TASK)).isEmpty();
        assertThat(disk.load("p1").collectList().block()).isEmpty();
    }

    @Test
    void rootsThatAreReadFromDiskWhileSomebodyLogsOutAreNotListedForTheNext() {
        Batch kept = new Batch();
        kept.put(new StoredRecord(
                new RecordKey("project", "p1"), "p1", 1, "{\"id\":\"p1\"}".getBytes(StandardCharsets.UTF_8)));
        disk.apply(kept).block();
        server.broker.unreachable(99);
        StitchStore store = started();
        List<List<Project>> roots = new ArrayList<>();
        disk.stallAnswers();
        store.roots(PROJECT).subscribe(roots::add);
        time.advanceTime();
        logOutBeforeTheDiskAnswers(store);

        assertThat(roots).isNotEmpty().allMatch(List::isEmpty);
    }

    @Test
    void whoeverLogsOutOfAStoreThatHasNotStartedLeavesNothingOnItsDisk() {
        keepSomething();
        StitchStore store = store();
        ask("logout", store.resetForLogout());
        time.advanceTimeBy(Duration.ofSeconds(5));

        assertThat(outcomes).containsExactly("logout done");
        assertThat(disk.load("p1").collectList().block()).isEmpty();
    }

    @Test
    void whoeverLogsOutOfAStoreThatCouldNotStartLeavesNothingOnItsDisk() {
        keepSomething();
        disk.locked(true);
        StitchStore store = store();
        ask("start", store.start());
        time.advanceTime();
        disk.locked(false);
        ask("logout", store.resetForLogout());
        time.advanceTimeBy(Duration.ofSeconds(5));
        Scope scope = store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(5));

        assertThat(outcomes).containsExactly("start PersistenceException", "logout done");
        assertThat(disk.load("p1").collectList().block()).isEmpty();
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(store.authenticatedUser().blockFirst()).isEmpty();
    }

    @Test
    void whoeverLogsOutIsToldThatWhatIsOnDiskCannotBeReached() {
        keepSomething();
        disk.locked(true);
        StitchStore store = store();
        ask("logout", store.resetForLogout());
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(outcomes).containsExactly("logout PersistenceException");

        disk.locked(false);
        ask("again", store.resetForLogout());
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(outcomes).contains("again done");
        assertThat(disk.load("p1").collectList().block()).isEmpty();
    }

    @Test
    void whoeverLogsInWithoutWaitingForTheLogoutStaysLoggedIn() {
        StitchStore store = started();
        disk.stall();
        ask("logout", store.resetForLogout());
        ask("login", store.reconnect(StoresInTime.as("ben")));
        time.advanceTimeBy(Duration.ofSeconds(1));
        disk.resume();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(outcomes).containsExactly("logout done", "login done");
        assertThat(store.authenticatedUser().blockFirst().map(AuthenticatedUser::id))
                .contains("ben");
    }

    @Test
    void whatTheServerHeldOfARecordWithAPendingWriteIsNotShownToTheNextUser() {
        server.put("task", "{'id':'t1','projectId':'p1','title':'hers'}");
        StitchStore store = started();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.announce("task/t1");
        time.advanceTime();
        server.broker.unreachable(100);
        server.broker.end(0x8B);
        time.advanceTime();
        stores.write("update", scope.update(TASK, "t1", Patch.of("title", "hers too")));
        assertThat(outcomes).containsExactly("update QUEUED");

        ask("logout", store.resetForLogout());
        time.advanceTimeBy(Duration.ofSeconds(5));
        Scope next = store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(5));

        assertThat(next.snapshot(TASK)).isEmpty();
    }

    @Test
    void aLocalRecordThatIsStillBeingKeptIsForgottenWithItsUser() {
        StitchStore store = started();
        disk.stall();
        stores.write("draft", store.collection(DRAFT).create(new Draft("d1", "hers")));
        ask("logout", store.resetForLogout());
        time.advanceTime();
        disk.resume();
        time.advanceTimeBy(Duration.ofSeconds(5));

        assertThat(outcomes).contains("draft LOCAL", "logout done");
        assertThat(store.collection(DRAFT).snapshot()).isEmpty();
    }

    @Test
    void aWriteThatIsNotedWhileItsUserChangesIsNotSentAsTheNextOne() {
        StitchStore store = started();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        stores.write("create", scope.create(TASK, new Task("t1", "p1", "hers")));
        server.executed.clear();
        server.holdReplies();
        stores.write("first", scope.update(TASK, "t1", Patch.of("title", "first")));
        stores.write("second", scope.update(TASK, "t1", Patch.of("title", "second")));
        disk.stall();
        server.releaseReplies();
        time.advanceTime();
        server.executed.clear();

        ask("login", store.reconnect(StoresInTime.as("ben")));
        time.advanceTimeBy(Duration.ofSeconds(5));
        disk.resume();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(outcomes).contains("login done");
        assertThat(server.executed).isEmpty();
    }

    @Test
    void aStartIsToldOfTheEndThatComesInBetween() {
        disk.stall();
        StitchStore store = store();
        ask("start", store.start());
        time.advanceTime();
        ask("clear", store.clearLocalData());
        time.advanceTime();
        disk.resume();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(outcomes).hasSize(2).contains("clear done");
    }

    @Test
    void aStoreThatIsClosedHasNoCollections() {
        StitchStore store = started();
        ask("close", store.close());
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(outcomes).containsExactly("close done");
        assertThatThrownBy(() -> store.collection(DRAFT)).isInstanceOf(ClosedException.class);
    }

    @Test
    void theNumberOfPendingWritesIsRightWhenSeveralHaveBecomeOne() {
        StitchStore store = started();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.broker.unreachable(1);
        server.broker.end(0x8B);
        time.advanceTime();
        stores.write("create", scope.create(TASK, new Task("t1", "p1", "one")));
        stores.write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        assertThat(store.pendingWrites()).isEqualTo(2);
        server.holdReplies();
        server.broker.connectErrors.clear();
        time.advanceTimeBy(Duration.ofSeconds(8));

        assertThat(server.executed).hasSize(1);
        assertThat(store.pendingWrites()).isEqualTo(1);
    }
}
