package io.stitch.reactive;

import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import static org.assertj.core.api.Assertions.assertThat;

/** Writes whose disk, user, record or store gives way under them, in virtual time: none of them comes apart. */
class WritesInTroubleTest {
    record Project(String id, @Nullable String name) {}

    record Task(
            String id,
            String projectId,
            @Nullable String title,
            @Nullable String next) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final EntityType<ObjectNode> NOTE = EntityType.json("task");

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> error.getClass().getSimpleName());

    private final VirtualTimeScheduler time = stores.time;
    private final List<String> outcomes = stores.outcomes;
    private final InMemoryPersistence kept = new InMemoryPersistence();
    private final SlowDisk disk = new SlowDisk(kept);
    private final ModelServer server = ModelServer.ofNew();
    private FieldRules rules = FieldRules.none();

    @AfterEach
    void healDisk() {
        disk.full(false);
        disk.resume();
    }

    private StitchStore store() {
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT)
                        .child(TASK, "projectId", rules)
                        .build())
                .remote(StoresInTime.as("ada"))
                .persistence(disk)
                .connector(server.broker));
        store.start().subscribe(unused -> {}, error -> outcomes.add("start: " + error.getMessage()));
        time.advanceTime();
        return store;
    }

    private StitchStore offline() {
        server.broker.unreachable(100);
        return store();
    }

    private void connect() {
        server.broker.connectErrors.clear();
        time.advanceTimeBy(Duration.ofMinutes(1));
    }

    private static Task task(String id) {
        return new Task(id, "p1", id, null);
    }

    private List<PendingWrite> pendingOnDisk() {
        List<PendingWrite> pending = new ArrayList<>();
        kept.open(OpenRequest.of("server")).subscribe(opened -> pending.addAll(opened.pending()));
        return pending;
    }

    private static String record(String executed) {
        int from = executed.indexOf(' ') + 1;
        return executed.substring(from, executed.indexOf(' ', from));
    }

    // ---- users ----

    @Test
    void whatAUserSubscribedToIsTheirsWhoeverIsLoggedInWhenItsTurnComes() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.broker.unreachable(1);
        server.broker.end(0x8B);
        time.advanceTime();
        for (int i = 0; i < 5_000; i++) {
            stores.subscribe("t" + i, scope.create(TASK, task("t" + i)));
        }
        store.resetForLogout().subscribe(unused -> {}, error -> {}, () -> outcomes.add("logged out"));
        server.broker.connectErrors.clear();
        store.reconnect(StoresInTime.as("ben")).subscribe();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(server.executed).isEmpty();
        assertThat(pendingOnDisk()).hasSize(5_000).allMatch(write -> Objects.equals(write.user(), "ada"));
        assertThat(store.pendingWrites()).isZero();
        assertThat(outcomes).hasSize(5_001).contains("logged out");

        store.reconnect(StoresInTime.as("ada")).subscribe();
        time.advanceTimeBy(Duration.ofMinutes(5));

        assertThat(server.executed).hasSize(5_000);
    }

    @Test
    void nothingThatIsCalledAfterAWriteOvertakesIt() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        for (int i = 0; i < 2_000; i++) {
            stores.subscribe("write", scope.create(TASK, task("t" + i)));
        }
        scope.close();
        time.advanceTime();

        assertThat(outcomes).hasSize(2_000).containsOnly("write QUEUED");

        outcomes.clear();
        Scope again = store.openScope("p1");
        for (int i = 0; i < 2_000; i++) {
            stores.subscribe("write", again.update(TASK, "t" + i, task -> new Task(task.id(), "p1", "more", null)));
        }
        store.close().subscribe();
        time.advanceTime();

        assertThat(outcomes).hasSize(2_000).containsOnly("write QUEUED");
        assertThat(pendingOnDisk()).hasSize(4_000);
    }

    /** Ben has an unsent title, and Ada writes to the same record on a disk that takes until Ben is back. */
    private List<MutationResult<Task>> writeWhileTheUserChanges() {
        server.put("task", "{'id':'t1','projectId':'p1','title':'public'}");
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.announce("task/t1");
        time.advanceTime();
        store.reconnect(StoresInTime.as("ben")).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        server.broker.unreachable(1);
        server.broker.end(0x8B);
        time.advanceTime();
        stores.write("ben's", scope.update(TASK, "t1", Patch.of("title", "Ben's secret")));
        store.reconnect(StoresInTime.as("ada")).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        List<MutationResult<Task>> told = new ArrayList<>();
        disk.stall();
        scope.update(TASK, "t1", Patch.of("next", "Ada")).result().subscribe(told::add);
        time.advanceTime();
        store.reconnect(StoresInTime.as("ben")).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        disk.resume();
        time.advanceTimeBy(Duration.ofMinutes(1));
        return told;
    }

    @Test
    void aWriteThatBecomesDurableWhenItsWriterIsGoneIsToldToThemAloneAndWithNothingOfOthers() {
        assertThat(writeWhileTheUserChanges())
                .containsExactly(
                        new MutationResult<>(MutationResult.Status.QUEUED, new Task("t1", "p1", "public", "Ada")));
    }

    @Test
    void whatIsRefusedToOneUserIsNothingToTheNext() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.refuse(403, "not yours");
        server.holdReplies();
        scope.create(TASK, task("secret")).result().subscribe().dispose();
        server.releaseReplies();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.WRITE_REJECTED, 1L);

        store.resetForLogout().subscribe();
        store.reconnect(StoresInTime.as("ben")).subscribe();
        time.advanceTimeBy(Duration.ofMinutes(1));
        List<Rejection> seen = new ArrayList<>();
        store.rejections().subscribe(seen::add);
        time.advanceTime();

        assertThat(seen).isEmpty();
    }

    @Test
    void aLogoutIsOverWhenNothingIsLeftOnTheDisk() {
        server.put("task", "{'id':'t1','projectId':'p1','title':'hers'}");
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.announce("task/t1");
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(scope.snapshot(TASK)).hasSize(1);
        disk.stall();

        store.resetForLogout().subscribe(unused -> {}, error -> {}, () -> outcomes.add("logged out"));
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(outcomes).isEmpty();

        disk.resume();
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(outcomes).containsExactly("logged out");
        List<StoredRecord> left = new ArrayList<>();
        kept.load("p1").subscribe(left::add);
        assertThat(left).isEmpty();
    }

    // ---- disks ----

    @Test
    void aBatchThatFailsUndoesItsOwnWritesAndNoOthers() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        stores.write("create", scope.create(TASK, task("t1")));
        server.holdReplies();
        stores.write("U1", scope.update(TASK, "t1", Patch.of("title", "one")));
        disk.stall();
        disk.fullOnce();
        stores.write("U2", scope.update(TASK, "t1", Patch.of("title", "two")));
        server.releaseReplies();
        time.advanceTime();
        stores.write("U3", scope.update(TASK, "t1", Patch.of("next", "three")));
        disk.resume();
        time.advanceTime();
        assertThat(outcomes).startsWith("create SYNCED", "U1 SYNCED", "U2 PersistenceException");
        assertThat(scope.get(TASK, "t1")).contains(new Task("t1", "p1", "one", "three"));

        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(outcomes).endsWith("U3 SYNCED");
        assertThat(server.executed)
                .containsExactly(
                        "create task/t1 {\"projectId\":\"p1\",\"title\":\"t1\",\"next\":null}",
                        "update task/t1 {\"title\":\"one\"}",
                        "update task/t1 {\"next\":\"three\"}");
        assertThat(store.pendingWrites()).isZero();
        assertThat(pendingOnDisk()).isEmpty();
    }

    @Test
    void whatIsWrittenOnACreateThatCouldNotBeKeptGoesWithIt() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        disk.stall();
        disk.full(true);
        stores.write("create", scope.create(TASK, task("t1")));
        stores.write("update", scope.update(TASK, "t1", Patch.of("title", "more")));
        disk.resume();
        disk.full(false);
        time.advanceTimeBy(Duration.ofMinutes(1));

        if (outcomes.contains("create PersistenceException")) {
            assertThat(outcomes).containsOnly("create PersistenceException", "update PersistenceException");
            assertThat(server.executed).isEmpty();
        } else {
            assertThat(outcomes).containsExactly("create SYNCED", "update SYNCED");
        }
        assertThat(store.pendingWrites()).isZero();
        assertThat(pendingOnDisk()).isEmpty();
    }

    @Test
    void whatIsRefusedIsToldWhenARestartWouldNotSendItAgain() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.refuse(403, "not yours");
        server.holdReplies();
        stores.write("refused", scope.create(TASK, task("t1")));
        disk.stall();
        server.releaseReplies();
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(outcomes).isEmpty();
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(pendingOnDisk()).hasSize(1);

        disk.resume();
        time.advanceTimeBy(Duration.ofSeconds(5));
        assertThat(outcomes).containsExactly("refused RequestRefusedException");
        assertThat(pendingOnDisk()).isEmpty();
    }

    @Test
    void whatIsBeingKeptWhenTheStoreClosesIsTold() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        disk.stall();
        stores.write("create", scope.create(TASK, task("t1")));
        store.close().subscribe(unused -> {}, error -> {}, () -> outcomes.add("closed"));
        time.advanceTime();
        assertThat(outcomes).isEmpty();

        disk.resume();
        time.advanceTime();

        assertThat(outcomes).containsExactly("create QUEUED", "closed");
        assertThat(pendingOnDisk()).hasSize(1);
    }

    @Test
    void aStoreThatKeepsNothingTellsWhatBecameOfAWriteWhenItCloses() {
        ModelServer silent = ModelServer.ofNew();
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(StoresInTime.as("ada"))
                .connector(silent.broker));
        store.start().subscribe();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        silent.loseRepliesTo("/update");
        stores.write("create", scope.create(TASK, task("t1")));
        stores.write("sent", scope.update(TASK, "t1", Patch.of("title", "a")));
        stores.write("behind", scope.update(TASK, "t1", Patch.of("title", "b")));
        store.close().subscribe();
        time.advanceTime();

        assertThat(outcomes).containsExactly("create SYNCED", "sent ClosedException", "behind ClosedException");
    }

    @Test
    void aStartThatIsTriedAgainTakesUpEachWriteOnce() {
        StitchStore first = offline();
        Scope scope = first.openScope("p1");
        stores.write("create", scope.create(TASK, task("t1")));
        stores.write("update", scope.update(TASK, "t1", Patch.of("title", "more")));
        first.close().subscribe();
        time.advanceTime();
        disk.failReads(true);
        StitchStore second = store();
        assertThat(outcomes).last().asString().startsWith("start: ");
        disk.failReads(false);
        second.start().subscribe();
        time.advanceTime();

        assertThat(second.pendingWrites()).isEqualTo(2);
        connect();
        assertThat(server.executed).hasSize(1);
        assertThat(second.pendingWrites()).isZero();
    }

    @Test
    void aScopeThatCouldNotBeReadIsShownWhenItCan() {
        kept.open(OpenRequest.of("server")).block();
        Batch batch = new Batch();
        batch.put(StoresInTime.stored("t1", "kept"));
        kept.apply(batch).block();
        disk.failReads(true);
        StitchStore store = offline();
        assertThat(outcomes).last().asString().startsWith("start: ");
        Scope early = store.openScope("p1");
        time.advanceTimeBy(Duration.ofMinutes(1));
        disk.failReads(false);
        store.start().subscribe();
        time.advanceTime();
        assertThat(early.snapshot(TASK)).extracting(Task::title).containsExactly("kept");

        early.close();
        time.advanceTime();
        disk.failReads(true);
        Scope late = store.openScope("p1");
        time.advanceTimeBy(Duration.ofMinutes(2));
        assertThat(late.snapshot(TASK)).isEmpty();
        assertThat(store.diagnosticCounts().get(DiagnosticCode.PERSISTENCE_FAILED))
                .isGreaterThan(3L);
        disk.failReads(false);
        time.advanceTimeBy(Duration.ofSeconds(45));
        assertThat(late.snapshot(TASK)).extracting(Task::title).containsExactly("kept");
    }

    @Test
    void aWriteRightAfterOpeningWaitsForWhatIsOnTheDisk() {
        rules = FieldRules.none().unique("title");
        Batch batch = new Batch();
        batch.put(StoresInTime.stored("t1", "taken"));
        kept.open(OpenRequest.of("server")).block();
        kept.apply(batch).block();
        StitchStore store = offline();
        disk.stallReads();
        Scope scope = store.openScope("p1");
        stores.subscribe("same title", scope.create(TASK, new Task("t2", "p1", "taken", null)));
        stores.subscribe("function", scope.update(TASK, "t1", task -> new Task("t1", "p1", task.title() + "!", null)));
        stores.subscribe("patch", scope.update(TASK, "t1", Patch.of("next", "t9")));
        stores.subscribe(
                "last", scope.update(TASK, "t1", task -> new Task("t1", "p1", task.title() + "?", task.next())));
        time.advanceTime();
        assertThat(outcomes).isEmpty();

        disk.resumeReads();
        time.advanceTime();

        assertThat(outcomes)
                .containsExactlyInAnyOrder(
                        "same title ValidationException", "function QUEUED", "patch QUEUED", "last QUEUED");
        assertThat(scope.get(TASK, "t1")).contains(new Task("t1", "p1", "taken!?", "t9"));
    }

    // ---- what cannot be read again ----

    private static ObjectNode nested(int depth) {
        ObjectNode record =
                JsonNodeFactory.instance.objectNode().put("id", "deep").put("projectId", "p1");
        ObjectNode at = record;
        for (int i = 1; i < depth; i++) {
            at = at.putObject("in");
        }
        return record;
    }

    @ParameterizedTest
    @ValueSource(strings = {"depth", "name", "number", "NaN", "infinite", "size"})
    void whatNobodyCouldReadAgainIsNotTaken(String kind) {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        ObjectNode note = nested(1);
        Object ignored = switch (kind) {
            case "depth" -> note.set("in", nested(62));
            case "name" -> note.put("n".repeat(4_097), 1);
            case "number" -> note.put("n", new java.math.BigInteger("9".repeat(1_001)));
            case "NaN" -> note.put("n", Double.NaN);
            case "infinite" -> note.put("n", Double.POSITIVE_INFINITY);
            default -> note.put("n", "x".repeat(5 * 1024 * 1024));
        };

        stores.write("create", scope.create(NOTE, note));
        stores.write("after it", scope.create(TASK, task("t1")));
        store.close().subscribe();
        time.advanceTime();
        StitchStore again = store();

        assertThat(outcomes).containsExactly("create SchemaException", "after it QUEUED");
        assertThat(again.pendingWrites()).isEqualTo(1);
    }

    @Test
    void whatIsJustWithinTheBoundsGoesAllTheWay() {
        StitchStore store = offline();
        stores.write("create", store.openScope("p1").create(NOTE, nested(62)));
        store.close().subscribe();
        time.advanceTime();
        StitchStore again = store();
        Scope scope = again.openScope("p1");
        connect();

        assertThat(outcomes).containsExactly("create QUEUED");
        assertThat(server.executed).hasSize(1);
        assertThat(again.pendingWrites()).isZero();
        assertThat(scope.snapshot(NOTE)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no JSON", "[1]", "", "{\"id\":\"t1\"} {}"})
    void aBadRowOnTheDiskKeepsNothingElseFromStarting(String payload) {
        Batch batch = new Batch();
        batch.put(row(1, "bad", payload.getBytes(StandardCharsets.UTF_8)));
        batch.put(row(2, "deep", nested(65).toString().getBytes(StandardCharsets.UTF_8)));
        batch.put(row(3, "good", "{\"id\":\"good\",\"projectId\":\"p1\"}".getBytes(StandardCharsets.UTF_8)));
        batch.put(new StoredRecord(new RecordKey("task", "broken"), "p1", 1, payload.getBytes(StandardCharsets.UTF_8)));
        batch.put(StoresInTime.stored("whole", "whole"));
        kept.open(OpenRequest.of("server")).block();
        kept.apply(batch).block();

        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTimeBy(Duration.ofSeconds(1));
        stores.write("new", scope.create(TASK, task("new")));
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(outcomes).containsExactly("new SYNCED");
        assertThat(server.executed).extracting(WritesInTroubleTest::record).containsExactly("task/good", "task/new");
        assertThat(scope.snapshot(TASK)).extracting(Task::id).contains("whole", "good", "new");
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.SET_ASIDE, 3L);
        assertThat(pendingOnDisk()).extracting(PendingWrite::sequence).containsExactly(1L, 2L);
    }

    @Test
    void aTextBeyondTheBoundIsSetAsideAndTheOthersAreShown() {
        rules = FieldRules.none().unique("title");
        Batch batch = new Batch();
        batch.put(new StoredRecord(
                new RecordKey("task", "long"),
                "p1",
                1,
                ("{\"id\":\"long\",\"projectId\":\"p1\",\"title\":\"" + "x".repeat(16 * 1024 * 1024 + 1) + "\"}")
                        .getBytes(StandardCharsets.UTF_8)));
        batch.put(StoresInTime.stored("whole", "whole"));
        kept.open(OpenRequest.of("server")).block();
        kept.apply(batch).block();

        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        time.advanceTime();

        assertThat(scope.snapshot(TASK)).extracting(Task::id).containsExactly("whole");
        assertThat(store.diagnosticCounts())
                .containsEntry(DiagnosticCode.SET_ASIDE, 1L)
                .doesNotContainKey(DiagnosticCode.PERSISTENCE_FAILED);
    }

    @Test
    void aRecordThatNamesAFieldTwiceKeepsNoOtherFromBeingShown() {
        rules = FieldRules.none().unique("title");
        Batch batch = new Batch();
        batch.put(new StoredRecord(
                new RecordKey("task", "twice"),
                "p1",
                1,
                "{\"id\":\"twice\",\"projectId\":\"p1\",\"title\":\"a\",\"title\":\"b\",\"_version\":1}"
                        .getBytes(StandardCharsets.UTF_8)));
        batch.put(StoresInTime.stored("whole", "whole"));
        kept.open(OpenRequest.of("server")).block();
        kept.apply(batch).block();
        server.put("task", "{'id':'twice','projectId':'p1','title':'c','_version':5}");

        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        assertThat(scope.snapshot(TASK)).extracting(Task::id).containsExactlyInAnyOrder("twice", "whole");

        for (int i = 0; i < 3; i++) {
            server.put("task", "{'id':'twice','title':'c'}");
        }
        server.announce("task/twice");
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(scope.get(TASK, "twice")).map(Task::title).contains("c");
        assertThat(store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.PERSISTENCE_FAILED);
    }

    private static PendingWrite row(long sequence, String id, byte[] payload) {
        return PendingWrite.of(sequence, new RecordKey("task", id), "p1", WriteKind.CREATE, payload, null);
    }

    // ---- order ----

    @Test
    void whatARecordRefersToIsCreatedFirstHoweverLongThatTakes() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        stores.write("root", scope.create(PROJECT, new Project("p1", "Home")));
        for (int i = 0; i < 3; i++) {
            stores.write("child", scope.create(TASK, task("t" + i)));
        }
        server.refuse(503, "not now");
        connect();
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.WRITE_PARKED, 1L);
        assertThat(server.executed).isEmpty();
        assertThat(scope.snapshot(TASK)).hasSize(3);

        server.heal();
        store.retryParked().subscribe();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(server.executed)
                .extracting(WritesInTroubleTest::record)
                .first()
                .isEqualTo("project/p1");
        assertThat(server.executed).hasSize(4);
        assertThat(store.pendingWrites()).isZero();
    }

    @Test
    void recordsThatWouldWaitForOneAnotherAreSentInTheOrderOfWriting() {
        rules = FieldRules.none().references("next", TASK, OnDelete.SET_NULL);
        server.put("task", "{'id':'a','projectId':'p1','title':'a'}");
        server.put("task", "{'id':'b','projectId':'p1','title':'b'}");
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.announce("task/a");
        server.announce("task/b");
        time.advanceTime();
        server.broker.unreachable(100);
        server.broker.end(0x8B);
        time.advanceTime();
        stores.write("a to b", scope.update(TASK, "a", Patch.of("next", "b")));
        stores.write("b to a", scope.update(TASK, "b", Patch.of("next", "a")));
        stores.write("delete a", scope.delete(TASK, "a"));
        stores.write("create a", scope.create(TASK, new Task("a", "p1", "again", "b")));
        stores.write("b to a again", scope.update(TASK, "b", Patch.of("next", "a")));
        stores.write("delete b", scope.delete(TASK, "b"));
        stores.write("create b", scope.create(TASK, new Task("b", "p1", "again", "a")));
        connect();

        assertThat(store.pendingWrites()).isZero();
        assertThat(pendingOnDisk()).isEmpty();
        assertThat(Objects.requireNonNull(server.get("task/a")).path("title").asString())
                .isEqualTo("again");
        assertThat(Objects.requireNonNull(server.get("task/b")).path("title").asString())
                .isEqualTo("again");
        assertThat(store.diagnosticCounts()).containsKey(DiagnosticCode.WRITE_ORDER_CYCLE);
    }

    @Test
    void whatAnUpdateNamesIsCreatedBeforeTheRecordWhoseCreateItBecomesPartOf() {
        rules = FieldRules.none().references("next", TASK, OnDelete.SET_NULL);
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.refuse(503, "unavailable");
        stores.write("target", scope.create(TASK, task("target")));
        time.advanceTimeBy(Duration.ofSeconds(1));
        stores.write("create", scope.create(TASK, task("t1")));
        stores.write("update", scope.update(TASK, "t1", Patch.of("next", "target")));
        time.advanceTimeBy(Duration.ofMinutes(1));
        server.heal();
        time.advanceTimeBy(Duration.ofMinutes(1));
        store.retryParked().subscribe();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(server.executed).extracting(WritesInTroubleTest::record).containsExactly("task/target", "task/t1");
    }

    // ---- load ----

    @Test
    void aServerThatAnswersAtOnceIsNoDangerToTheStack() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        for (int i = 0; i < 20_000; i++) {
            stores.subscribe("w", scope.create(TASK, task("t" + i)));
        }
        time.advanceTime();
        connect();

        assertThat(server.executed).hasSize(20_000);
        assertThat(store.pendingWrites()).isZero();
    }

    // ---- functions and values ----

    @Test
    void aFunctionThatCallsItselfWithoutEndHurtsNobodyElse() {
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        for (int i = 0; i < 100; i++) {
            stores.subscribe("w", scope.create(TASK, task("t" + i)));
            if (i == 50) {
                stores.subscribe("endless", scope.update(TASK, "t1", WritesInTroubleTest::endless));
                stores.subscribe("in a batch", scope.update(TASK, "t2", WritesInTroubleTest::endless));
            }
        }
        time.advanceTime();

        assertThat(outcomes).hasSize(102).filteredOn("w QUEUED"::equals).hasSize(100);
        assertThat(outcomes).contains("endless IllegalStateException");
        assertThat(store.pendingWrites()).isEqualTo(100);
    }

    @Test
    void aSubscriberThatOverflowsTheStackHurtsNobodyElse() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        List<String> seen = new ArrayList<>();
        List<Throwable> lost = new ArrayList<>();
        scope.events().subscribe(event -> endless(task("e")), lost::add);
        scope.mutations().subscribe(event -> endless(task("m")), lost::add);
        store.pendingCount().filter(count -> count > 0).subscribe(count -> endless(task("c")), lost::add);
        scope.events().subscribe(event -> seen.add(event.id()));
        scope.create(TASK, task("t1")).result().subscribe(result -> endless(task("r")));
        stores.write("second", scope.create(TASK, task("t2")));
        stores.write("third", scope.update(TASK, "t1", Patch.of("title", "more")));
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(outcomes).containsExactly("second SYNCED", "third SYNCED");
        assertThat(server.executed).hasSize(3);
        assertThat(store.pendingWrites()).isZero();
        assertThat(seen).contains("t1", "t2");
        assertThat(lost).hasAtLeastOneElementOfType(IllegalStateException.class);
    }

    private static Task endless(Task task) {
        return task.id().isEmpty() ? task : endless(new Task(task.id(), task.projectId(), null, null));
    }

    record Typed(
            String id,
            String projectId,
            boolean done,
            @Nullable Long count) {}

    private static final EntityType<Typed> TYPED = EntityType.of("task", Typed.class);

    @Test
    void aFieldThatDoesNotFitIsRefusedBeforeAnythingIsSent() {
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        stores.write("create", scope.create(TYPED, new Typed("t1", "p1", false, 1L)));
        List<String> thrown = new ArrayList<>();
        try {
            stores.write("update", scope.update(TYPED, "t1", Patch.of("done", "maybe")));
        } catch (SchemaException e) {
            thrown.add(String.valueOf(e.getMessage()));
        }
        stores.write("clear", scope.update(TYPED, "t1", Patch.of("count", null).and("done", true)));

        assertThat(thrown).singleElement().asString().contains("'done'", "maybe", "Nothing was written");
        assertThat(outcomes).containsExactly("create SYNCED", "clear SYNCED");
    }

    @Test
    void aWriteIsDoneThoughWhatOthersWroteCannotBeRead() {
        server.put("task", "{'id':'t1','projectId':'p1','done':false}");
        StitchStore store = store();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        server.announce("task/t1");
        time.advanceTime();
        server.put("task", "{'id':'t1','done':'perhaps'}");
        List<@Nullable Typed> records = new ArrayList<>();
        scope.update(TYPED, "t1", Patch.of("count", 3)).result().subscribe(result -> {
            outcomes.add(result.status().name());
            records.add(result.record());
        });
        time.advanceTime();

        assertThat(outcomes).containsExactly("SYNCED");
        assertThat(records).containsOnlyNulls();
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.UNREADABLE_RECORD, 1L);
    }

    @Test
    void aUniqueNumberIsOneNumberHoweverItIsWritten() {
        rules = FieldRules.none().unique("count");
        StitchStore store = offline();
        Scope scope = store.openScope("p1");
        stores.write("one", scope.create(TYPED, new Typed("t1", "p1", false, 7L)));
        stores.write("same", scope.create(TYPED, new Typed("t2", "p1", false, 7L)));
        stores.write("large", scope.create(TYPED, new Typed("t3", "p1", false, 9_007_199_254_740_992L)));
        stores.write("larger", scope.create(TYPED, new Typed("t4", "p1", false, 9_007_199_254_740_993L)));

        assertThat(outcomes).containsExactly("one QUEUED", "same ValidationException", "large QUEUED", "larger QUEUED");
    }
}
