package io.stitch.reactive;

import io.stitch.reactive.MutationResult.Status;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A store that is not told where to connect to, and what else it can be asked without a server. */
class WithoutRemoteInVirtualTimeTest {
    record Project(
            String id, @Nullable String name, @Nullable String ownerId) {
        Project(String id, String name) {
            this(id, name, null);
        }
    }

    record Task(String id, String projectId, @Nullable String title) {}

    /** A task whose type shows what a server adds. */
    record Versioned(
            String id,
            String projectId,
            @Nullable Long _version,
            @Nullable String _hlc) {}

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final EntityType<Versioned> VERSIONED = EntityType.of("task", Versioned.class);

    private static final int MANY = 4_000;

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final InMemoryPersistence disk = new InMemoryPersistence();
    private final ModelServer server = ModelServer.ofNew();
    private final List<StitchStore> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(store -> store.close().subscribe());
        time.advanceTimeBy(Duration.ofSeconds(5));
        time.dispose();
    }

    private StitchStore store() {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .withoutRemote()
                .persistence(disk)
                .scheduler(time)
                .connector(server.broker)
                .build();
        opened.add(store);
        return store;
    }

    private StitchStore started() {
        StitchStore store = store();
        store.start().subscribe();
        time.advanceTime();
        return store;
    }

    private Status write(Mutation<?> mutation) {
        List<Status> told = new ArrayList<>();
        mutation.result().subscribe(result -> told.add(result.status()));
        time.advanceTime();
        return told.get(0);
    }

    @Test
    void whatIsWrittenWaitsUntilItIsSaidWhereToSendIt() {
        StitchStore store = started();
        Scope scope = store.openScope("p1");
        assertThat(write(scope.create(TASK, new Task("t1", "p1", "one")))).isEqualTo(Status.QUEUED);
        time.advanceTimeBy(Duration.ofHours(1));
        assertThat(store.connectionStatus().isConnected()).isFalse();
        StepVerifier.create(store.connect())
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(ConnectionException.class)
                        .hasMessageContaining("reconnect(RemoteOptions)"));
        StepVerifier.create(store.reconnect()).verifyError(ConnectionException.class);

        store.reconnect(RemoteOptions.to("mqtt://broker.example")).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(store.connectionStatus().isConnected()).isTrue();
        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("one");
        assertThat(store.pendingWrites()).isZero();
        store.disconnect().subscribe();
        store.reconnect().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(store.connectionStatus().isConnected())
                .as("it is known where to")
                .isTrue();
    }

    @Test
    void aBuilderWantsToHearWhetherThereIsARemote() {
        StitchStoreBuilder builder =
                StitchStore.builder().schema(StitchSchema.root(PROJECT).build());
        assertThatThrownBy(builder::build).isInstanceOf(SchemaException.class).hasMessageContaining("withoutRemote()");
        builder.withoutRemote()
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .build();
    }

    @Test
    void whatIsAskedBeforeTheStartWaitsForIt() {
        StitchStore first = started();
        Scope scope = first.openScope("p1");
        write(scope.create(TASK, new Task("t1", "p1", "one")));
        first.close().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(2));

        StitchStore store = store();
        List<String> told = new ArrayList<>();
        store.read(TASK, "t1").subscribe(task -> told.add("read " + task.title()));
        store.list(TASK, ListQuery.all()).subscribe(list -> told.add("list " + list.size()));
        store.childCount(TASK, "p1").subscribe(count -> told.add("count " + count));
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(told).isEmpty();
        store.start().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(told).containsExactlyInAnyOrder("read one", "list 1", "count 1");
    }

    @Test
    void childrenAreCountedThoughTheirScopeIsClosed() {
        StitchStore store = started();
        Scope p1 = store.openScope("p1");
        write(p1.create(TASK, new Task("t1", "p1", "one")));
        write(p1.create(TASK, new Task("t2", "p1", "two")));
        write(store.openScope("p2").create(TASK, new Task("t3", "p2", "three")));
        p1.close();
        time.advanceTime();
        List<Integer> counts = new ArrayList<>();
        store.childCount(TASK, "p1").subscribe(counts::add);
        store.childCount(TASK, "p2").subscribe(counts::add);
        store.childCount(TASK, "nowhere").subscribe(counts::add);
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(counts).containsExactlyInAnyOrder(2, 1, 0);
        assertThatThrownBy(() -> store.childCount(PROJECT, "p1")).isInstanceOf(SchemaException.class);
        assertThatThrownBy(() -> store.childCount(TASK, "a/b")).isInstanceOf(ValidationException.class);
    }

    @Test
    void rootsAreListedInTheOrderAskedFor() {
        StitchStore store = started();
        for (String id : List.of("p1", "p2", "p3")) {
            write(store.openScope(id).create(PROJECT, new Project(id, "name of " + id)));
        }
        List<List<String>> lists = new ArrayList<>();
        store.listRoots(PROJECT, ListQuery.all().sortBy("name", false).page(0, 2))
                .map(Project::id)
                .collectList()
                .subscribe(lists::add);
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(lists).containsExactly(List.of("p3", "p2"));
        assertThatThrownBy(() -> store.listRoots(TASK, ListQuery.all())).isInstanceOf(SchemaException.class);
    }

    @Test
    void anEntityIsWatchedInAllScopes() {
        StitchStore store = started();
        Scope p1 = store.openScope("p1");
        write(p1.create(PROJECT, new Project("p1", "Apollo")));
        write(p1.create(TASK, new Task("t1", "p1", "one")));
        List<String> seen = new ArrayList<>();
        store.events(TASK)
                .subscribe(
                        event -> seen.add(event.operation() + " " + event.id()), failure -> {}, () -> seen.add("over"));
        time.advanceTime();
        Scope again = store.openScope("p1");
        p1.close();
        Scope p2 = store.openScope("p2");
        write(p2.create(TASK, new Task("t2", "p2", "two")));
        write(again.create(TASK, new Task("t3", "p1", "three")));
        assertThat(seen).containsExactly("CREATED t1", "CREATED t2", "CREATED t3");
        p2.close();
        time.advanceTime();
        write(store.openScope("p2").delete(TASK, "t2"));
        assertThat(seen).endsWith("CREATED t3", "CREATED t2", "DELETED t2");
        store.close().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(seen).endsWith("over");
    }

    @Test
    void writesAreCountedByScope() {
        StitchStore store = started();
        Scope p1 = store.openScope("p1");
        Scope p2 = store.openScope("p2");
        List<Integer> ofP1 = new ArrayList<>();
        List<Integer> ofP2 = new ArrayList<>();
        p1.create(TASK, new Task("t1", "p1", "one")).subscribe();
        p1.pendingCount().subscribe(ofP1::add);
        p2.pendingCount().subscribe(ofP2::add, failure -> {}, () -> ofP2.add(-1));
        time.advanceTime();
        assertThat(ofP1).as("what was written before counts").containsExactly(1);
        write(p1.update(TASK, "t1", Patch.of("title", "two")));
        write(p2.create(TASK, new Task("t2", "p2", "two")));
        p2.close();
        store.reconnect(RemoteOptions.to("mqtt://broker.example")).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(ofP1).startsWith(1, 2).endsWith(0);
        assertThat(ofP2).containsExactly(0, 1, -1);
    }

    @Test
    void countingByScopeCostsTheSameHoweverManyArePending() {
        StitchStore store = started();
        Scope p1 = store.openScope("p1");
        time.advanceTime();
        timeOf(p1, 0); // What is done for the first time takes longer.
        long unwatched = timeOf(p1, 1);
        List<Integer> counted = new ArrayList<>();
        p1.pendingCount().subscribe(counted::add);
        long watched = timeOf(p1, 2);

        assertThat(counted).hasSizeGreaterThan(MANY).endsWith(3 * MANY);
        assertThat(watched)
                .as("nanoseconds for %d writes, and without anybody who watches %d", MANY, unwatched)
                .isLessThan(8 * unwatched + Duration.ofSeconds(1).toNanos());
    }

    private long timeOf(Scope scope, int round) {
        long before = System.nanoTime();
        for (int i = 0; i < MANY; i++) {
            scope.create(TASK, new Task("t" + round + "-" + i, "p1", "one")).subscribe();
            time.advanceTime();
        }
        return System.nanoTime() - before;
    }

    @Test
    void whatBeginsLikeTheProtocolsFieldsIsNotCreated() {
        StitchStore store = started();
        Scope scope = store.openScope("p1");
        assertThatThrownBy(() -> scope.create(VERSIONED, new Versioned("t1", "p1", null, "x")))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("_hlc");
        write(scope.create(VERSIONED, new Versioned("t1", "p1", 7L, null)));
        assertThat(scope.get(VERSIONED, "t1")).contains(new Versioned("t1", "p1", null, null));
        store.reconnect(RemoteOptions.to("mqtt://broker.example")).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(server.broker.sentTo("$DB/task/create").get(0).toString()).doesNotContain("_version", "_hlc");
    }

    @Test
    void withoutAServerAScopeIsNotCleared() {
        StitchStore store = started();
        Scope scope = store.openScope("p1");
        store.reconnect(RemoteOptions.to("mqtt://broker.example")).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        write(scope.create(TASK, new Task("t1", "p1", "one")));
        store.disconnect().subscribe();
        time.advanceTime();
        StepVerifier.create(store.clearScope("p1"))
                .then(time::advanceTime)
                .verifyErrorSatisfies(error -> assertThat(((RequestFailedException) error).reason())
                        .isEqualTo(RequestFailedException.Reason.NOT_CONNECTED));
        assertThat(scope.childCount(TASK)).isEqualTo(1);
    }

    @Test
    void newIdsAscendAndTellTheirTime() {
        StitchStore store = store();
        time.advanceTimeBy(Duration.ofMillis(0x0123_4567_89ABL));
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            ids.add(store.newId());
        }
        assertThat(ids)
                .isSorted()
                .doesNotHaveDuplicates()
                .allMatch(id -> id.matches("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
        assertThat(ids.get(0)).startsWith("01234567-89ab-7");
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(store.newId()).isGreaterThan(ids.get(9_999));
    }
}
