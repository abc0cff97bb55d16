package io.stitch.reactive;

import io.stitch.reactive.MutationResult.Status;
import io.stitch.reactive.Rejection.Reason;
import io.stitch.reactive.spi.Persistence;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What becomes of writes, in virtual time, against a server that does as the test wants. */
class WritesInVirtualTimeTest {
    record Project(String id, @Nullable String name) {}

    record Task(
            String id,
            String projectId,
            @Nullable String title,
            @Nullable String owner) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final Task ONE = new Task("t1", "p1", "one", null);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final List<StitchStore> opened = new ArrayList<>();
    private final List<String> outcomes = new ArrayList<>();
    private Persistence persistence = Persistence.none();
    private FieldRules rules = FieldRules.none();

    @AfterEach
    void closeStores() {
        opened.forEach(store -> store.close().subscribe());
        time.advanceTime();
        time.dispose();
    }

    private StitchStore store(ModelServer server) {
        return store(server, RemoteOptions.to("mqtt://broker.example"));
    }

    private StitchStore store(ModelServer server, RemoteOptions remote) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT)
                        .child(TASK, "projectId", rules)
                        .build())
                .remote(remote)
                .persistence(persistence)
                .scheduler(time)
                .connector(server.broker)
                .build();
        opened.add(store);
        store.start().subscribe();
        settle();
        return store;
    }

    /** A store that cannot connect until {@link #reconnect}. */
    private StitchStore offline(ModelServer server) {
        goOffline(server);
        return store(server);
    }

    private static void goOffline(ModelServer server) {
        server.broker.unreachable(100);
    }

    private void reconnect(ModelServer server) {
        server.broker.connectErrors.clear();
        advance(Duration.ofMinutes(1));
    }

    /** Connects again before any request times out. */
    private void reconnectBriefly(ModelServer server) {
        server.broker.connectErrors.clear();
        advance(Duration.ofSeconds(2));
    }

    private void cut(ModelServer server) {
        server.broker.end(0x8B);
        settle();
    }

    private void settle() {
        time.advanceTime();
    }

    private void advance(Duration duration) {
        time.advanceTimeBy(duration);
    }

    /** Subscribes to a write and notes how it ends. */
    private void write(String name, Mutation<?> mutation) {
        mutation.result()
                .subscribe(
                        result -> outcomes.add(name + " " + result.status()),
                        error -> outcomes.add(name + " " + error.getClass().getSimpleName()));
        settle();
    }

    private static List<String> watch(Flux<RecordEvent> events) {
        List<String> seen = new ArrayList<>();
        events.subscribe(
                event -> seen.add(event + " " + event.json().path("title").asString()));
        return seen;
    }

    // ---- connected ----

    @Test
    void aRecordThatGoesOnBeingWrittenDoesNotHideThatItsEventsAreLost() {
        ModelServer server = ModelServer.ofNew();
        Scope scope = store(server).replaceScope("p1");
        settle();
        write("create", scope.create(TASK, ONE));
        for (int i = 1; i <= 3; i++) {
            advance(Duration.ofSeconds(3));
            write("update", scope.update(TASK, "t1", Patch.of("title", "edit " + i)));
        }
        assertThat(server.broker.sentTo("$DB/project/p1/hello")).hasSize(1);

        advance(Duration.ofSeconds(1));
        assertThat(server.broker.sentTo("$DB/project/p1/hello"))
                .as("10 s after the create, whose event did not come")
                .hasSize(2);
    }

    @Test
    void aWriteIsSafeWhenTheServerHasConfirmedIt() {
        ModelServer server = ModelServer.ofNew();
        Scope scope = offline(server).replaceScope("p1");
        settle();
        List<ScopeSafety> ofScope = new ArrayList<>();
        List<RecordSafety> ofRecord = new ArrayList<>();
        scope.safety().subscribe(ofScope::add);
        scope.safety(TASK, "t1").subscribe(ofRecord::add);
        write("create", scope.create(TASK, ONE));
        assertThat(ofScope).containsExactly(ScopeSafety.byServer(0), ScopeSafety.byServer(1));
        assertThat(ofScope.get(1).level()).isEqualTo(Safety.PENDING);
        assertThat(ofRecord).last().isEqualTo(new RecordSafety(Safety.PENDING, 0));

        reconnect(server);
        assertThat(ofScope).last().isEqualTo(ScopeSafety.byServer(0));
        assertThat(ofScope.get(ofScope.size() - 1).level()).isEqualTo(Safety.HELD);
        assertThat(ofRecord).last().isEqualTo(new RecordSafety(Safety.HELD, 1));
    }

    @Test
    void theSafetyOfAScopeEndsWithIt() {
        Scope scope = store(ModelServer.ofNew()).replaceScope("p1");
        settle();
        List<String> ended = new ArrayList<>();
        scope.safety().subscribe(unused -> {}, error -> ended.add("error"), () -> ended.add("scope"));
        scope.safety(TASK, "t1").subscribe(unused -> {}, error -> ended.add("error"), () -> ended.add("record"));
        settle();
        scope.close();
        settle();
        assertThat(ended).containsExactlyInAnyOrder("scope", "record");
    }

    @Test
    void aWriteIsSeenAtOnceAndConfirmedByTheServer() {
        ModelServer server = ModelServer.ofNew();
        Scope scope = store(server).replaceScope("p1");
        List<String> seen = watch(scope.events());
        settle();
        server.loseRequestsTo("create");

        write("create", scope.create(TASK, ONE));
        assertThat(seen).containsExactly("CREATED task/t1 v0 (LOCAL, pending) one");
        assertThat(outcomes).isEmpty();
        server.heal();
        advance(Duration.ofSeconds(11));

        assertThat(outcomes).as("no answer came, so it was queued").containsExactly("create QUEUED");
        assertThat(seen)
                .containsExactly(
                        "CREATED task/t1 v0 (LOCAL, pending) one",
                        "UPDATED task/t1 v1 (LOCAL, pending) one",
                        "UPDATED task/t1 v1 (LOCAL) one");
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        assertThat(outcomes).endsWith("update SYNCED");
        assertThat(seen)
                .endsWith(
                        "UPDATED task/t1 v1 (LOCAL, pending) two",
                        "UPDATED task/t1 v2 (LOCAL, pending) two",
                        "UPDATED task/t1 v2 (LOCAL) two");
        write("delete", scope.delete(TASK, "t1"));
        assertThat(outcomes).endsWith("delete SYNCED");
        assertThat(seen).endsWith("DELETED task/t1 v2 (LOCAL, pending) two");
        assertThat(server.get("task/t1")).isNull();
    }

    @Test
    void aRefusedWriteIsUndoneAndItsCallerToldWhy() {
        ModelServer server = ModelServer.ofNew();
        Scope scope = store(server).replaceScope("p1");
        List<String> seen = watch(scope.events());
        write("create", scope.create(TASK, ONE));
        List<String> rejections = new ArrayList<>();
        opened.get(0).rejections().subscribe(rejection -> rejections.add(rejection.id()));
        server.refuse(403, "not yours");
        seen.clear();

        StepVerifier.create(scope.update(TASK, "t1", Patch.of("title", "two")))
                .then(this::settle)
                .expectErrorSatisfies(error -> assertThat(error)
                        .hasMessageContaining("not yours")
                        .isInstanceOfSatisfying(
                                RequestRefusedException.class,
                                refused -> assertThat(refused.code()).isEqualTo(403)))
                .verify();

        assertThat(seen)
                .containsExactly("UPDATED task/t1 v1 (LOCAL, pending) two", "UPDATED task/t1 v1 (ROLLBACK) one");
        assertThat(scope.snapshot(TASK)).containsExactly(ONE);
        assertThat(rejections).as("the caller knows").isEmpty();
        write("create", scope.create(TASK, new Task("t2", "p1", "x", null)));
        write("delete", scope.delete(TASK, "t1"));
        assertThat(outcomes).endsWith("create RequestRefusedException", "delete RequestRefusedException");
        assertThat(scope.snapshot(TASK)).containsExactly(ONE);
    }

    @Test
    void cancellingStopsWaitingNotTheWrite() {
        ModelServer server = ModelServer.ofNew();
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        List<Rejection> rejections = new ArrayList<>();
        store.rejections().subscribe(rejections::add);

        scope.create(TASK, ONE).subscribe().dispose();
        settle();
        assertThat(server.executed)
                .containsExactly("create task/t1 {\"projectId\":\"p1\",\"title\":\"one\",\"owner\":null}");
        server.loseRequestsTo("update");
        scope.update(TASK, "t1", Patch.of("title", "two")).subscribe().dispose();
        settle();
        server.heal();
        server.refuse(400, "bad");
        advance(Duration.ofSeconds(11));

        assertThat(rejections).singleElement().satisfies(rejection -> {
            assertThat(rejection.id()).isEqualTo("t1");
            assertThat(rejection.reason()).isEqualTo(Reason.REFUSED);
            assertThat(rejection.written().path("title").asString()).isEqualTo("two");
        });
    }

    @Test
    void aNullClearsAField() {
        ModelServer server = ModelServer.ofNew();
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));

        write("update", scope.update(TASK, "t1", Patch.of("title", null)));

        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", null, null));
        assertThat(server.executed).endsWith("update task/t1 {\"title\":null}");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void onlyOnAnOldServerTheRootIsRaisedWithARequestOfItsOwn(boolean old) {
        ModelServer server = old ? ModelServer.ofOld() : ModelServer.ofNew();
        server.put("project", "{'id':'p1','name':'Alpha'}");
        Scope scope = store(server).replaceScope("p1");
        settle();

        write("create", scope.create(TASK, ONE));

        assertThat(server.executed.stream().filter(request -> request.startsWith("update project/p1")))
                .hasSize(old ? 1 : 0);
        if (old) {
            assertThat(server.executed.get(1)).matches("update project/p1 \\{\"version\":\\d+,\"updatedAt\":\\d+}");
        }
    }

    // ---- others write too ----

    @Test
    void remoteChangesGoUnderneathAndTheFieldsWrittenHereStayOnTop() {
        ModelServer server = ModelServer.ofNew();
        server.put("task", "{'id':'t1','projectId':'p1','title':'one','owner':'ada'}");
        Scope scope = store(server).replaceScope("p1");
        settle();
        server.announce("task/t1");
        settle();
        server.loseRequestsTo("update");
        write("update", scope.update(TASK, "t1", Patch.of("title", "mine")));

        server.put("task", "{'id':'t1','title':'theirs','owner':'ben'}");
        server.announce("task/t1");
        settle();
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "mine", "ben"));

        server.heal();
        advance(Duration.ofSeconds(11));
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "theirs", "ben"));
        assertThat(opened.get(0).diagnosticCounts())
                .as("in doubt, and somebody else wrote the same field since: theirs stands")
                .containsEntry(DiagnosticCode.WRITE_REJECTED, 1L);
    }

    @Test
    void aRecordDeletedByOthersStaysVisibleUntilItsWriteIsAnswered() {
        ModelServer server = ModelServer.ofNew();
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        settle();
        server.announce("task/t1");
        settle();
        goOffline(server);
        cut(server);
        List<Rejection> rejections = new ArrayList<>();
        store.rejections().subscribe(rejections::add);
        write("update", scope.update(TASK, "t1", Patch.of("title", "mine")));
        assertThat(outcomes).containsExactly("update QUEUED");

        server.remove("task/t1");
        server.broker.connectErrors.clear();
        advance(Duration.ofSeconds(2));
        settle();

        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(rejections).singleElement().satisfies(rejection -> {
            assertThat(rejection.reason()).isEqualTo(Reason.DELETED_MEANWHILE);
            assertThat(rejection.localCopy()).isNotNull();
            assertThat(tools.jackson.databind.json.JsonMapper.shared().treeToValue(rejection.localCopy(), Task.class))
                    .as("the whole record, to be created anew")
                    .isEqualTo(new Task("t1", "p1", "mine", null));
            assertThat(rejection.current()).isNull();
        });
    }

    @Test
    void whatHappensWhileARecordIsReadGoesOnTopOfTheAnswer() {
        ModelServer server = ModelServer.ofOld();
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        Scope scope = store(server).replaceScope("p1");
        settle();
        server.remove("task/t1");
        server.put("task", "{'id':'t1','projectId':'p1','title':'created again'}");
        server.holdReplies();
        server.announce("task/t1");
        settle();
        server.put("task", "{'id':'t1','title':'newer'}");
        server.announce("task/t1");
        settle();

        server.releaseReplies();
        settle();

        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "newer", null));
    }

    @Test
    void anAnswerThatAnEventOvertookWhileTheRecordIsReadDoesNotHideTheEvent() {
        ModelServer server = ModelServer.ofOld();
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        Scope scope = store(server).replaceScope("p1");
        settle();
        server.holdReplies();
        write("update", scope.update(TASK, "t1", Patch.of("title", "mine")));
        server.broker.deliver(
                "$DB/project/p1/task/events/updated",
                "{'id':'t1','operation_id':'late','data':{'id':'t1','projectId':'p1','title':'one','_version':1}}");
        settle();
        server.put("task", "{'id':'t1','title':'theirs'}");
        server.announce("task/t1");
        settle();

        server.releaseReplies();
        settle();

        assertThat(outcomes).containsExactly("update SYNCED");
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "theirs", null));
    }

    @Test
    void whatHappensWhileAWriteInDoubtIsReadGoesOnTopOfTheAnswer() {
        ModelServer server = ModelServer.ofOld();
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        server.loseRepliesTo("t1/update");
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        server.holdReplies();
        advance(Duration.ofSeconds(11));
        server.put("task", "{'id':'t1','title':'theirs'}");
        server.announce("task/t1");
        settle();

        server.heal();
        server.releaseReplies();
        settle();

        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "theirs", null));
    }

    @Test
    void aRecordThatWasFirstHeardOfWhileItsUpdateWasUnderWayIsNotCreatedWhenItIsGone() {
        ModelServer server = ModelServer.ofNew();
        Scope scope = store(server).replaceScope("p1");
        settle();
        server.holdReplies();
        write("update", scope.update(TASK, "t1", Patch.of("title", "mine")));
        server.put("task", "{'id':'t1','projectId':'p1','title':'theirs'}");
        server.announce("task/t1");
        settle();
        server.remove("task/t1");

        server.releaseReplies();
        settle();

        assertThat(outcomes).containsExactly("update RequestRefusedException");
        assertThat(server.executed).isEmpty();
        assertThat(server.get("task/t1")).isNull();
    }

    @Test
    void aRecordDeletedHereStaysDeletedWhateverOthersWrite() {
        ModelServer server = ModelServer.ofNew();
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        Scope scope = store(server).replaceScope("p1");
        settle();
        server.announce("task/t1");
        settle();
        server.loseRequestsTo("delete");
        write("delete", scope.delete(TASK, "t1"));

        server.put("task", "{'id':'t1','title':'theirs'}");
        server.announce("task/t1");
        settle();

        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(server.broker.sentTo("$DB/project/p1/hello").get(0).path("manifest"))
                .isEmpty();
    }

    // ---- offline ----

    @Test
    void whatIsWrittenOfflineIsSeenQueuedAndSentInOrderOnConnecting() {
        ModelServer server = ModelServer.ofNew();
        StitchStore store = offline(server);
        List<Integer> counts = new ArrayList<>();
        store.pendingCount().subscribe(counts::add);
        Scope scope = store.replaceScope("p1");
        write("task", scope.create(TASK, ONE));
        write("root", scope.create(PROJECT, new Project("p1", "Alpha")));
        write("second", scope.create(TASK, new Task("t2", "p1", "two", null)));

        assertThat(outcomes).containsExactly("task QUEUED", "root QUEUED", "second QUEUED");
        assertThat(scope.snapshot(TASK)).hasSize(2);
        reconnect(server);

        assertThat(server.executed)
                .as("the root comes before its children")
                .containsExactly(
                        "create project/p1 {\"name\":\"Alpha\"}",
                        "create task/t1 {\"projectId\":\"p1\",\"title\":\"one\",\"owner\":null}",
                        "create task/t2 {\"projectId\":\"p1\",\"title\":\"two\",\"owner\":null}");
        assertThat(counts).startsWith(0, 1, 2, 3).endsWith(0);
    }

    /** Whoever closes the store right after is to wait for it. */
    @Test
    void aWriteIsCountedBeforeItsAuthorHearsOfIt() {
        StitchStore store = offline(ModelServer.ofNew());
        List<Integer> counts = new ArrayList<>();
        store.replaceScope("p1").create(TASK, ONE).result().subscribe(result -> counts.add(store.pendingWrites()));
        settle();

        assertThat(counts).containsExactly(1);
    }

    @Test
    void whatWasNeverSentIsConsolidatedPerRecord() {
        ModelServer server = ModelServer.ofNew();
        server.put("task", "{'id':'u','projectId':'p1','title':'old'}");
        server.put("task", "{'id':'d','projectId':'p1','title':'old'}");
        StitchStore store = offline(server);
        Scope scope = store.replaceScope("p1");
        write("c", scope.create(TASK, new Task("c", "p1", "one", null)));
        write("c", scope.update(TASK, "c", Patch.of("title", "two")));
        write("c", scope.update(TASK, "c", Patch.of("owner", "ada")));
        write("gone", scope.create(TASK, new Task("gone", "p1", "x", null)));
        write("gone", scope.delete(TASK, "gone"));
        write("u", scope.update(TASK, "u", Patch.of("title", "new")));
        write("u", scope.update(TASK, "u", Patch.of("owner", "ben")));
        write("d", scope.update(TASK, "d", Patch.of("title", "late")));
        write("d", scope.delete(TASK, "d"));

        reconnect(server);

        assertThat(server.executed)
                .containsExactly(
                        "create task/c {\"projectId\":\"p1\",\"title\":\"two\",\"owner\":\"ada\"}",
                        "update task/u {\"title\":\"new\",\"owner\":\"ben\"}",
                        "delete task/d {}");
    }

    @Test
    void aRootIsDeletedAfterItsChildren() {
        ModelServer server = ModelServer.ofNew();
        server.put("project", "{'id':'p1'}");
        server.put("task", "{'id':'t1','projectId':'p1'}");
        Scope scope = offline(server).replaceScope("p1");
        write("child", scope.delete(TASK, "t1"));
        write("root", scope.delete(PROJECT, "p1"));

        reconnect(server);

        assertThat(server.executed).containsExactly("delete task/t1 {}", "delete project/p1 {}");
    }

    @Test
    void aQueuedWriteThatIsRefusedLaterIsToldOnRejections() {
        ModelServer server = ModelServer.ofNew();
        StitchStore store = offline(server);
        Scope scope = store.replaceScope("p1");
        List<String> seen = watch(scope.events());
        write("create", scope.create(TASK, ONE));
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        server.refuse(409, "unique constraint violation: task.title");

        reconnect(server);

        StepVerifier.create(store.rejections().next())
                .assertNext(rejection -> {
                    assertThat(rejection.reason()).isEqualTo(Reason.REFUSED);
                    assertThat(rejection.error()).hasMessageContaining("unique constraint violation");
                    assertThat(rejection.written().path("title").asString()).isEqualTo("two");
                })
                .verifyComplete();
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(seen).endsWith("DELETED task/t1 v0 (ROLLBACK) two");
    }

    @Test
    void aQueuedWriteThatIsRefusedWithALaterOneIsToldOnRejectionsToo() {
        ModelServer server = ModelServer.ofOld();
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        StitchStore store = offline(server);
        List<String> rejections = new ArrayList<>();
        store.rejections().subscribe(rejection -> rejections.add(rejection.id() + " " + rejection.written()));
        Scope scope = store.replaceScope("p1");
        for (int i = 0; i < 16; i++) {
            write("delete", scope.delete(TASK, "slow" + i));
        }
        write("first", scope.update(TASK, "t1", Patch.of("title", "two")));
        server.loseRequestsTo("/delete");
        server.refuse(403, "not yours");
        reconnectBriefly(server);

        write("second", scope.update(TASK, "t1", Patch.of("owner", "ada")));
        assertThat(outcomes).as("as many as may be are in flight").endsWith("first QUEUED");
        advance(Duration.ofSeconds(11));

        assertThat(outcomes).endsWith("first QUEUED", "second RequestRefusedException");
        assertThat(rejections).containsExactly("t1 {\"title\":\"two\",\"owner\":\"ada\"}");
    }

    @Test
    void onAnOldServerAQueuedCreateDoesNotOverwriteWhatOthersCreated() {
        ModelServer server = ModelServer.ofOld();
        StitchStore store = offline(server);
        Scope scope = store.replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        server.put("task", "{'id':'t1','projectId':'p1','title':'theirs'}");

        reconnect(server);

        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("theirs");
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "theirs", null));
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.WRITE_REJECTED, 1L);
    }

    @Test
    void theQueueHasABoundAndSaysSo() {
        ModelServer server = ModelServer.ofNew();
        goOffline(server);
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .maxPendingWrites(1)
                .scheduler(time)
                .connector(server.broker)
                .build();
        opened.add(store);
        Scope scope = store.replaceScope("p1");
        write("first", scope.create(TASK, ONE));
        write("second", scope.create(TASK, new Task("t2", "p1", "two", null)));

        assertThat(outcomes).containsExactly("first QUEUED", "second RequestFailedException");
        assertThat(scope.snapshot(TASK)).containsExactly(ONE);
    }

    // ---- trouble ----

    @Test
    void aWriteThatTheServerCannotTakeNowIsSentAgainAndParkedAfterFiveTimes() {
        ModelServer server = ModelServer.ofNew();
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        settle();
        server.refuse(500, "internal error");

        write("create", scope.create(TASK, ONE));
        assertThat(outcomes).containsExactly("create QUEUED");
        assertThat(server.broker.sentTo("$DB/task/create")).hasSize(1);
        advance(Duration.ofMillis(250));
        assertThat(server.broker.sentTo("$DB/task/create")).hasSize(2);
        advance(Duration.ofMillis(500));
        assertThat(server.broker.sentTo("$DB/task/create")).hasSize(3);
        advance(Duration.ofMinutes(10));
        assertThat(server.broker.sentTo("$DB/task/create")).hasSize(5);
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.WRITE_PARKED, 1L);
        assertThat(scope.snapshot(TASK)).as("kept and seen").containsExactly(ONE);

        server.heal();
        write("other", scope.create(TASK, new Task("t2", "p1", "two", null)));
        assertThat(outcomes).as("nobody else is held up").endsWith("other SYNCED");
        cut(server);
        reconnect(server);
        assertThat(server.get("task/t1"))
                .as("parked until the application says so")
                .isNull();
        StepVerifier.create(store.retryParked())
                .then(this::settle)
                .expectNext(1)
                .verifyComplete();
        assertThat(server.get("task/t1")).isNotNull();
    }

    @Test
    void aRateLimitIsNotCountedAsTrouble() {
        ModelServer server = ModelServer.ofNew();
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        settle();
        server.refuse(429, "slow down");
        write("create", scope.create(TASK, ONE));
        advance(Duration.ofMinutes(5));
        server.heal();
        advance(Duration.ofSeconds(31));

        assertThat(server.get("task/t1")).isNotNull();
        assertThat(store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.WRITE_PARKED);
    }

    @Test
    void aTransientConflictIsSentAgainAndAnotherOneIsNot() {
        ModelServer server = ModelServer.ofNew();
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        server.refuse(409, "conflict: written by two at once");
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        server.heal();
        advance(Duration.ofSeconds(1));

        assertThat(outcomes).endsWith("update QUEUED");
        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("two");
    }

    @Test
    void noMoreRequestsAreInFlightThanAnOldServerTakes() {
        ModelServer server = ModelServer.ofOld();
        Scope scope = store(server).replaceScope("p1");
        settle();
        server.loseRequestsTo("create");
        for (int i = 0; i < 40; i++) {
            scope.create(TASK, new Task("t" + i, "p1", "x", null)).subscribe();
        }
        settle();

        assertThat(server.broker.sentTo("$DB/task/create")).hasSize(16);
    }

    // ---- in doubt ----

    enum Fate {
        EXECUTED,
        LOST
    }

    private void lose(ModelServer server, String topicEnd, Fate fate) {
        if (fate == Fate.EXECUTED) {
            server.loseRepliesTo(topicEnd);
        } else {
            server.loseRequestsTo(topicEnd);
        }
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void aServerThatRemembersRequestsIsAskedWithTheSameRequestAndExecutesItOnce(Fate fate) {
        ModelServer server = ModelServer.ofNewWithRequestIds();
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        server.executed.clear();
        lose(server, "update", fate);
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        cut(server);
        server.heal();
        reconnect(server);

        assertThat(server.executed).containsExactly("update task/t1 {\"title\":\"two\"}");
        assertThat(outcomes).endsWith("update QUEUED");
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "two", null));
        var sent = server.broker.published.stream()
                .filter(message -> message.topic().endsWith("update"))
                .toList();
        assertThat(sent).hasSize(2);
        assertThat(sent.get(0).correlationData()).isEqualTo(sent.get(1).correlationData());
    }

    static Stream<Arguments> writesAndFates() {
        return Arrays.stream(WriteKind.values())
                .flatMap(kind -> Arrays.stream(Fate.values()).map(fate -> Arguments.of(kind, fate)));
    }

    /** The kinds of writes of a task t1, which is there before an update and a delete of it. */
    private void write(WriteKind kind, Scope scope) {
        write(
                "it",
                switch (kind) {
                    case CREATE -> scope.create(TASK, ONE);
                    case UPDATE -> scope.update(TASK, "t1", Patch.of("title", "two"));
                    case DELETE -> scope.delete(TASK, "t1");
                });
    }

    @ParameterizedTest
    @MethodSource("writesAndFates")
    void aRefusalOfTheRepetitionSaysNothingOfAWriteThatWasDone(WriteKind kind, Fate fate) {
        ModelServer server = ModelServer.ofNewWithRequestIds();
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        List<Rejection> rejections = new ArrayList<>();
        store.rejections().subscribe(rejections::add);
        if (kind != WriteKind.CREATE) {
            write("create", scope.create(TASK, ONE));
        }
        lose(server, kind.name().toLowerCase(Locale.ROOT), fate);
        write(kind, scope);
        cut(server);
        server.heal();
        server.forgetAnswers();
        server.refuse(403, "forbidden");
        reconnect(server);

        assertThat(store.pendingWrites()).isZero();
        assertThat(rejections).hasSize(fate == Fate.EXECUTED ? 0 : 1);
        boolean there = kind == WriteKind.UPDATE || (kind == WriteKind.CREATE) == (fate == Fate.EXECUTED);
        String title = kind == WriteKind.UPDATE && fate == Fate.EXECUTED ? "two" : "one";
        assertThat(scope.snapshot(TASK)).isEqualTo(there ? List.of(new Task("t1", "p1", title, null)) : List.of());
    }

    @Test
    void aServerThatRefusesTheQuestionTooLeavesOpenWhatBecameOfTheWrite() {
        ModelServer server = ModelServer.ofNewWithRequestIds();
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        lose(server, "update", Fate.EXECUTED);
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        cut(server);
        server.heal();
        server.forgetAnswers();
        server.refuseAll(403, "forbidden");
        reconnect(server);

        StepVerifier.create(store.rejections().next())
                .assertNext(rejection -> assertThat(rejection.error())
                        .hasMessageContaining("403")
                        .hasMessageContaining("does not tell what became of that"))
                .verifyComplete();
    }

    private Scope withTaskOn(ModelServer server) {
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        server.executed.clear();
        return scope;
    }

    private void comeBackToOneThatForgot(ModelServer server) {
        server.forgetAnswers();
        server.heal();
        reconnect(server);
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void aServerThatForgotTheRequestExecutesItOnceAllTheSame(Fate fate) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = withTaskOn(server);
        lose(server, "update", fate);
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        cut(server);
        comeBackToOneThatForgot(server);

        assertThat(server.executed).containsExactly("update task/t1 {\"title\":\"two\"}");
        assertThat(server.get("task/t1").has("_expected_version")).isFalse();
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "two", null));
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void aServerThatForgotTheRequestDoesNotWriteOverWhatOthersWroteSince(Fate fate) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = withTaskOn(server);
        lose(server, "update", fate);
        write("update", scope.update(TASK, "t1", Patch.of("title", "mine")));
        cut(server);
        server.put("task", "{'id':'t1','title':'theirs'}");
        comeBackToOneThatForgot(server);

        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("theirs");
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "theirs", null));
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void aServerThatForgotTheRequestDoesNotDeleteWhatOthersWroteSince(Fate fate) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = withTaskOn(server);
        lose(server, "delete", fate);
        write("delete", scope.delete(TASK, "t1"));
        cut(server);
        server.put("task", "{'id':'t1','projectId':'p1','title':'theirs'}");
        comeBackToOneThatForgot(server);

        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("theirs");
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "theirs", null));
    }

    @Test
    void anUpdateWhoseRecordIsWrittenBetweenTheReadingAndTheRepetitionIsLookedAtAgain() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = withTaskOn(server);
        lose(server, "update", Fate.LOST);
        write("update", scope.update(TASK, "t1", Patch.of("title", "mine")));
        cut(server);
        server.put("task", "{'id':'t1','text':'theirs'}");
        server.afterRead(() -> server.put("task", "{'id':'t1','text':'theirs again'}"));
        comeBackToOneThatForgot(server);
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(server.executed).containsExactly("update task/t1 {\"title\":\"mine\"}");
        assertThat(server.get("task/t1").path("text").asString()).isEqualTo("theirs again");
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void anOldServerIsReadBeforeACreateInDoubtIsSentAgain(Fate fate) {
        ModelServer server = ModelServer.ofOld();
        Scope scope = store(server).replaceScope("p1");
        settle();
        lose(server, "task/create", fate);
        write("create", scope.create(TASK, ONE));
        cut(server);
        server.heal();
        reconnect(server);

        assertThat(server.executed.stream().filter(request -> request.startsWith("create task/t1")))
                .hasSize(1);
        assertThat(scope.snapshot(TASK)).containsExactly(ONE);
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void anOldServerIsReadBeforeAnUpdateInDoubtIsSentAgain(Fate fate) {
        ModelServer server = ModelServer.ofOld();
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        lose(server, "t1/update", fate);
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        cut(server);
        server.heal();
        reconnect(server);

        assertThat(server.executed.stream().filter(request -> request.startsWith("update task/t1")))
                .hasSize(1);
        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("two");
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void anOldServerIsReadBeforeADeleteInDoubtIsSentAgain(Fate fate) {
        ModelServer server = ModelServer.ofOld();
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        lose(server, "t1/delete", fate);
        write("delete", scope.delete(TASK, "t1"));
        cut(server);
        server.heal();
        reconnect(server);

        assertThat(server.executed.stream().filter(request -> request.startsWith("delete task/t1")))
                .hasSize(1);
        assertThat(server.get("task/t1")).isNull();
        assertThat(scope.snapshot(TASK)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void nobodysAcknowledgedUpdateIsUndoneByAnUpdateInDoubt(Fate fate) {
        ModelServer server = ModelServer.ofOld();
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        lose(server, "t1/update", fate);
        write("update", scope.update(TASK, "t1", Patch.of("title", "mine")));
        cut(server);
        server.put("task", "{'id':'t1','title':'theirs'}");
        server.heal();
        reconnect(server);

        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("theirs");
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "theirs", null));
        StepVerifier.create(store.rejections().next())
                .assertNext(rejection -> assertThat(rejection.reason()).isEqualTo(Reason.OVERTAKEN))
                .verifyComplete();
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void aRecordThatOthersChangedIsNotDeletedByADeleteInDoubt(Fate fate) {
        ModelServer server = ModelServer.ofOld();
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        lose(server, "t1/delete", fate);
        write("delete", scope.delete(TASK, "t1"));
        cut(server);
        if (fate == Fate.EXECUTED) {
            server.put("task", "{'id':'t1','projectId':'p1','title':'reborn'}");
        }
        server.put("task", "{'id':'t1','title':'theirs'}");
        server.heal();
        reconnect(server);

        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("theirs");
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "theirs", null));
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void whatFollowsARecordsSecondCreationOnAnOldServerIsSettledAgainstThat(Fate fate) {
        ModelServer server = ModelServer.ofOld();
        StitchStore store = store(server);
        List<Rejection> rejections = new ArrayList<>();
        store.rejections().subscribe(rejections::add);
        Scope scope = store.replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        write("delete", scope.delete(TASK, "t1"));
        List<String> seen = watch(scope.events());
        settle();
        server.loseRequestsTo("task/t1");
        write("create", scope.create(TASK, ONE));

        assertThat(outcomes).endsWith("create SYNCED");
        assertThat(seen)
                .as("it does not go away until it is read")
                .containsExactly(
                        "CREATED task/t1 v0 (LOCAL, pending) one",
                        "UPDATED task/t1 v1 (LOCAL, pending) one",
                        "UPDATED task/t1 v1 (LOCAL) one");
        lose(server, "t1/update", fate);
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        cut(server);
        server.heal();
        reconnect(server);

        assertThat(rejections).isEmpty();
        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("two");
        assertThat(server.get("task/t1").path("_version").asInt()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void aRecordThatIsDeletedAndCreatedAgainBeginsAnew(Fate fate) {
        ModelServer server = ModelServer.ofOld();
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        lose(server, "task/create", fate);
        server.holdReplies();
        write("delete", scope.delete(TASK, "t1"));
        write("create", scope.create(TASK, new Task("t1", "p1", "again", null)));
        server.releaseReplies();
        settle();

        assertThat(outcomes).endsWith("delete SYNCED");
        assertThat(watch(scope.events()))
                .as("the server has not confirmed this one")
                .containsExactly("CREATED task/t1 v0 (STORED, pending) again");
        cut(server);
        server.heal();
        reconnect(server);

        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("again");
        assertThat(server.executed.stream().filter(request -> request.startsWith("create task/t1")))
                .hasSize(2);
        assertThat(watch(scope.events())).containsExactly("CREATED task/t1 v1 (STORED) again");
    }

    private static Stream<ModelServer> serversOfEachKind() {
        return Stream.of(
                ModelServer.ofNew(),
                ModelServer.ofNewWithRequestIds(),
                ModelServer.ofNewThatCompares(),
                ModelServer.ofOld());
    }

    @ParameterizedTest
    @MethodSource("serversOfEachKind")
    void aSecondLifeOfARecordEndsWithTheAnswerToItsDeleteThoughNoEventTellsOfIt(ModelServer server) {
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        write("delete", scope.delete(TASK, "t1"));
        for (String life : List.of("second", "third")) {
            write("create", scope.create(TASK, new Task("t1", "p1", life, null)));
            for (String title : List.of("three", "four", "five")) {
                write("update", scope.update(TASK, "t1", Patch.of("title", title)));
            }
            write("delete", scope.delete(TASK, "t1"));

            assertThat(scope.snapshot(TASK)).as(life).isEmpty();
        }
        assertThat(outcomes).allMatch(outcome -> outcome.endsWith("SYNCED"));
        assertThat(server.get("task/t1")).isNull();
    }

    @ParameterizedTest
    @MethodSource("serversOfEachKind")
    void aSecondLifeOfARecordEndsWithADeleteInDoubtToo(ModelServer server) {
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        write("delete", scope.delete(TASK, "t1"));
        write("create", scope.create(TASK, new Task("t1", "p1", "second", null)));
        for (String title : List.of("three", "four", "five")) {
            write("update", scope.update(TASK, "t1", Patch.of("title", title)));
        }
        server.loseRepliesTo("t1/delete");
        write("delete", scope.delete(TASK, "t1"));
        cut(server);
        server.heal();
        reconnect(server);

        assertThat(scope.isPending(TASK, "t1")).isFalse();
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(server.get("task/t1")).isNull();
    }

    @Test
    void anUpdateOfWhatIsGoneEndsItsSecondLife() {
        ModelServer server = ModelServer.ofNew();
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        write("delete", scope.delete(TASK, "t1"));
        write("create", scope.create(TASK, new Task("t1", "p1", "second", null)));
        server.remove("task/t1");
        write("update", scope.update(TASK, "t1", Patch.of("title", "three")));

        assertThat(scope.snapshot(TASK)).isEmpty();
    }

    @Test
    void aDeletedEventWithoutAVersionIsOfTheFirstLifeOrOfTheSecondAndTheServerTells() {
        ModelServer server = ModelServer.ofNew();
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        write("delete", scope.delete(TASK, "t1"));
        write("create", scope.create(TASK, new Task("t1", "p1", "second", null)));
        String topic = "$DB/project/p1/task/events/deleted";
        server.broker.deliver(topic, "{\"id\":\"t1\",\"data\":null}");
        settle();
        assertThat(scope.snapshot(TASK)).extracting(Task::title).containsExactly("second");

        server.remove("task/t1");
        server.broker.deliver(topic, "{\"id\":\"t1\",\"data\":null}");
        settle();

        assertThat(scope.snapshot(TASK)).isEmpty();
    }

    @Test
    void whatWasCreatedAfterADeleteStaysThoughTheDeleteIsAnsweredAfterIt() {
        ModelServer server = ModelServer.ofNew();
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        server.holdReplies();
        write("delete", scope.delete(TASK, "t1"));
        server.broker.deliver(
                "$DB/project/p1/task/events/deleted", "{\"id\":\"t1\",\"data\":{\"id\":\"t1\",\"_version\":2}}");
        server.put("task", "{'id':'t1','projectId':'p1','title':'theirs'}");
        server.announce("task/t1");
        settle();
        server.releaseReplies();
        settle();

        assertThat(outcomes).endsWith("delete SYNCED");
        assertThat(scope.snapshot(TASK)).extracting(Task::title).containsExactly("theirs");
    }

    @Test
    void aDeleteByOthersEndsTheUpdatesBeforeItAndNotTheRecordThatIsCreatedAfterIt() {
        ModelServer server = ModelServer.ofNewWithRequestIds();
        StitchStore store = store(server);
        List<String> rejections = new ArrayList<>();
        store.rejections().subscribe(rejection -> rejections.add(rejection.kind() + " " + rejection.reason()));
        Scope scope = store.replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        server.loseRequestsTo("t1/update");
        write("first", scope.update(TASK, "t1", Patch.of("title", "two")));
        write("second", scope.update(TASK, "t1", Patch.of("owner", "ada")));
        write("delete", scope.delete(TASK, "t1"));
        write("again", scope.create(TASK, new Task("t1", "p1", "again", null)));
        server.remove("task/t1");
        server.heal();
        advance(Duration.ofSeconds(11));

        assertThat(rejections).containsExactly("UPDATE DELETED_MEANWHILE", "UPDATE DELETED_MEANWHILE");
        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("again");
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "again", null));
    }

    @Test
    void aCreateThatIsRefusedTakesItsDeleteWithItBecauseTheRecordIsSomebodyElses() {
        ModelServer server = ModelServer.ofNew();
        StitchStore store = offline(server);
        Scope scope = store.replaceScope("p1");
        server.holdReplies();
        reconnectBriefly(server);
        server.put("task", "{'id':'t1','projectId':'p1','title':'theirs'}");
        write("create", scope.create(TASK, ONE));
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        write("delete", scope.delete(TASK, "t1"));
        server.releaseReplies();
        settle();

        assertThat(outcomes)
                .containsExactly(
                        "create RequestRefusedException",
                        "update RequestRefusedException",
                        "delete RequestRefusedException");
        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("theirs");
        assertThat(server.executed).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Fate.class)
    void whatWasWrittenInAScopeThatWasClosedSinceIsSettledAgainstWhatTheServerAnswered(Fate fate) {
        ModelServer server = ModelServer.ofOld();
        StitchStore store = store(server);
        List<Rejection> rejections = new ArrayList<>();
        store.rejections().subscribe(rejections::add);
        Scope scope = store.replaceScope("p1");
        settle();
        server.holdReplies();
        write("create", scope.create(TASK, ONE));
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        scope.close();
        lose(server, "t1/update", fate);
        server.releaseReplies();
        settle();
        cut(server);
        server.heal();
        reconnect(server);

        assertThat(rejections).isEmpty();
        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("two");
        assertThat(server.get("task/t1").path("_version").asInt()).isEqualTo(2);
    }

    @Test
    void aDeleteByOthersStandsAgainstAnUpdateInDoubt() {
        ModelServer server = ModelServer.ofOld();
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        server.loseRepliesTo("t1/update");
        write("update", scope.update(TASK, "t1", Patch.of("title", "mine")));
        cut(server);
        server.remove("task/t1");
        server.heal();
        reconnect(server);

        assertThat(server.get("task/t1")).isNull();
        assertThat(scope.snapshot(TASK)).isEmpty();
        StepVerifier.create(store.rejections().next())
                .assertNext(rejection -> assertThat(rejection.reason()).isEqualTo(Reason.DELETED_MEANWHILE))
                .verifyComplete();
    }

    @ParameterizedTest
    @ValueSource(strings = {"update", "delete"})
    void anAnswerFromMemoryDoesNotHideARecordThatWasCreatedAgainSince(String operation) {
        ModelServer server = ModelServer.ofNewWithRequestIds();
        Scope scope = store(server).replaceScope("p1");
        write("create", scope.create(TASK, ONE));
        server.remove("task/t1");
        server.loseRepliesTo(operation);
        write(
                operation,
                operation.equals("update")
                        ? scope.update(TASK, "t1", Patch.of("title", "mine"))
                        : scope.delete(TASK, "t1"));
        cut(server);
        server.heal();
        server.put("task", "{'id':'t1','projectId':'p1','title':'again'}");
        server.holdReplies();
        reconnectBriefly(server);
        server.announce("task/t1");
        settle();
        server.releaseReplies();
        advance(Duration.ofMinutes(1));

        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "again", null));
        assertThat(scope.isPending(TASK, "t1")).isFalse();
    }

    private static void replay(ModelServer server, StitchStore store, String operation, String record, String more) {
        server.broker.deliver(
                "$DB/clients/%s/replay/project/p1/task/events/%s".formatted(store.clientId(), operation),
                "{\"id\":\"t1\",\"sender\":\"__server_replay__\",\"data\":%s%s}"
                        .formatted(record.replace('\'', '"'), more));
    }

    @Test
    void aServerThatWentBackToAnOlderCopyIsFollowed() {
        ModelServer server = ModelServer.ofNew();
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        settle();
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        server.put("task", "{'id':'t1','projectId':'p1','title':'two'}");
        server.announce("task/t1");
        settle();
        String older = "{'id':'t1','projectId':'p1','title':'one','_version':1}";
        replay(server, store, "updated", older, "");
        settle();
        assertThat(scope.snapshot(TASK)).extracting(Task::title).containsExactly("two");

        replay(server, store, "updated", older, ",\"restored\":true");
        settle();

        assertThat(scope.snapshot(TASK)).extracting(Task::title).containsExactly("one");
    }

    @Test
    void aRecordThatAServerHasAgainAfterItWentBackIsSeen() {
        ModelServer server = ModelServer.ofNew();
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        settle();
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        server.announce("task/t1");
        settle();
        server.remove("task/t1");
        server.announce("task/t1");
        settle();
        assertThat(scope.snapshot(TASK)).isEmpty();
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        replay(server, store, "created", "{'id':'t1','projectId':'p1','title':'one','_version':1}", "");
        settle();

        assertThat(scope.snapshot(TASK)).extracting(Task::title).containsExactly("one");
    }

    // ---- batches and rules ----

    @Test
    void aBatchIsOneChangePerRecordForSubscribersAndEachWriteForTheQueue() {
        ModelServer server = ModelServer.ofNew();
        StitchStore store = offline(server);
        Scope scope = store.replaceScope("p1");
        List<String> seen = watch(scope.events());
        settle();

        StepVerifier.create(store.batch(Flux.just(
                                scope.create(TASK, ONE),
                                scope.update(TASK, "t1", Patch.of("title", "two")),
                                scope.create(TASK, new Task("gone", "p1", "x", null)),
                                scope.delete(TASK, "gone")))
                        .map(MutationResult::status))
                .then(this::settle)
                .expectNext(Status.QUEUED, Status.QUEUED, Status.QUEUED, Status.QUEUED)
                .verifyComplete();

        assertThat(seen).containsExactly("CREATED task/t1 v0 (LOCAL, pending) two");
        StepVerifier.create(store.pendingCount().next()).expectNext(4).verifyComplete();
    }

    @Test
    void aBatchOfWhichOneWriteBreaksARuleIsNotAppliedAtAll() {
        rules = FieldRules.none().required("title");
        StitchStore store = store(ModelServer.ofNew());
        Scope scope = store.replaceScope("p1");
        List<String> seen = watch(scope.events());
        settle();

        StepVerifier.create(store.batch(
                        Flux.just(scope.create(TASK, ONE), scope.create(TASK, new Task("t2", "p1", null, null)))))
                .then(this::settle)
                .expectError(ValidationException.class)
                .verify();

        assertThat(seen).isEmpty();
        StepVerifier.create(store.pendingCount().next()).expectNext(0).verifyComplete();
    }

    @Test
    void rulesAreCheckedBeforeAnythingIsSent() {
        rules = FieldRules.none()
                .required("title")
                .type("title", FieldType.STRING)
                .unique("title")
                .defaultValue("owner", "nobody")
                .references("blockedBy", TASK, OnDelete.RESTRICT);
        ModelServer server = ModelServer.ofNew();
        Scope scope = store(server).replaceScope("p1");
        EntityType<tools.jackson.databind.node.ObjectNode> json = EntityType.json("task");
        write("create", scope.create(json, ModelServer.read("{'id':'t1','projectId':'p1','title':'one'}")));
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "one", "nobody"));
        write("null", scope.create(TASK, new Task("t0", "p1", "null", null)));
        assertThat(scope.snapshot(TASK)).contains(new Task("t0", "p1", "null", "nobody"));
        int sent = server.broker.published.size();

        assertBroken(scope.create(json, ModelServer.read("{'id':'t2','projectId':'p1'}")), "REQUIRED task 'title' ''");
        assertBroken(scope.update(TASK, "t1", Patch.of("title", null)), "REQUIRED task 'title' 'null'");
        assertBroken(scope.update(TASK, "t1", Patch.of("title", 7)), "TYPE task 'title' '7'");
        assertBroken(
                scope.create(json, ModelServer.read("{'id':'t2','projectId':'p1','title':'one'}")),
                "UNIQUE task 'title' '\"one\"'");
        assertBroken(scope.update(TASK, "t1", Patch.of("blockedBy", "nope")), "REFERENCE task 'blockedBy' '\"nope\"'");
        assertThat(server.broker.published).hasSize(sent);
        write(
                "second",
                scope.create(json, ModelServer.read("{'id':'t2','projectId':'p1','title':'two','blockedBy':'t1'}")));
        assertBroken(scope.delete(TASK, "t1"), "RESTRICT task 'id' '\"t1\"'");
        assertThat(outcomes).containsExactly("create SYNCED", "null SYNCED", "second SYNCED");
    }

    @Test
    void theMarkOfAWriteComesBackOnItsEvents() {
        ModelServer server = ModelServer.ofNew();
        StitchStore store = store(server);
        Scope scope = store.openScope("p1");
        List<String> seen = new ArrayList<>();
        scope.mutations()
                .subscribe(event -> seen.add("%s %s %s"
                        .formatted(
                                event.operation(), event.origin(), event.tag().orElse("-"))));
        settle();
        server.loseRequestsTo("create");
        write("create", scope.create(TASK, ONE).tagged("form"));
        assertThat(seen).containsExactly("CREATED LOCAL form");
        server.heal();
        advance(Duration.ofSeconds(11));
        assertThat(seen).endsWith("UPDATED LOCAL form").contains("UPDATED LOCAL -");
        server.refuse(403, "not yours");
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")).tagged("undone"));
        assertThat(seen).endsWith("UPDATED LOCAL undone", "UPDATED ROLLBACK undone");
        server.heal();
        write("without", scope.update(TASK, "t1", Patch.of("title", "three")));
        assertThat(seen).endsWith("UPDATED LOCAL -");
        seen.clear();
        store.batch(Flux.just(
                        scope.update(TASK, "t1", Patch.of("title", "four")).tagged("first"),
                        scope.update(TASK, "t1", task -> new Task("t1", "p1", "five", null))
                                .tagged("last")))
                .subscribe();
        settle();
        assertThat(seen).startsWith("UPDATED LOCAL last");
        assertThat(outcomes).containsExactly("create QUEUED", "update RequestRefusedException", "without SYNCED");
    }

    @ParameterizedTest
    @EnumSource(
            value = OnDelete.class,
            names = {"CASCADE", "SET_NULL"})
    void whatADeleteEntailsHasItsMark(OnDelete onDelete) {
        rules = FieldRules.none().references("parentId", TASK, onDelete);
        ModelServer server = ModelServer.ofNew();
        server.put("task", "{'id':'top','projectId':'p1'}");
        server.put("task", "{'id':'part','projectId':'p1','parentId':'top'}");
        Scope scope = store(server).replaceScope("p1");
        settle();
        server.announce("task/top");
        server.announce("task/part");
        settle();
        List<String> seen = new ArrayList<>();
        scope.mutations()
                .subscribe(event -> seen.add(event.id() + " " + event.tag().orElse("-")));
        settle();

        write("delete", scope.delete(TASK, "top").tagged("mine"));
        assertThat(seen).startsWith("part mine", "top mine");
    }

    @Test
    void severalFieldsAreUniqueTogether() {
        rules = FieldRules.none().uniqueTogether("projectId", "title").uniqueTogether("title", "owner");
        ModelServer server = ModelServer.ofNew();
        StitchStore store = store(server);
        Scope p1 = store.openScope("p1");
        Scope p2 = store.openScope("p2");
        settle();
        write("t1", p1.create(TASK, new Task("t1", "p1", "one", "ada")));
        write("in another project", p2.create(TASK, new Task("t2", "p2", "one", "ben")));
        assertBroken(p1.create(TASK, new Task("t3", "p1", "one", "eve")), "UNIQUE task 'projectId, title' ''");
        assertBroken(
                store.openScope("p3").create(TASK, new Task("t3", "p3", "one", "ada")),
                "UNIQUE task 'owner, title' ''");
        write("null is like no other", p1.create(TASK, new Task("t4", "p1", null, "ada")));
        write("twice", p1.create(TASK, new Task("t5", "p1", null, "ada")));
        assertBroken(p1.update(TASK, "t4", Patch.of("title", "one")), "UNIQUE task 'projectId, title' ''");
        assertBroken(p2.update(TASK, "t2", Patch.of("owner", "ada")), "UNIQUE task 'owner, title' ''");
        assertBroken(p2.update(TASK, "t2", Patch.of("projectId", "p1")), "UNIQUE task 'projectId, title' ''");
        write("itself", p1.update(TASK, "t1", Patch.of("title", "one")));
        write("another", p1.update(TASK, "t1", Patch.of("title", "two")));
        write("free now", p1.update(TASK, "t4", Patch.of("title", "one").and("owner", "eve")));
        assertThat(outcomes).hasSize(7).allMatch(outcome -> outcome.endsWith(" SYNCED"));
        assertThatThrownBy(() -> FieldRules.none().uniqueTogether("title", "title"))
                .isInstanceOf(SchemaException.class);
    }

    private void assertBroken(Mutation<?> mutation, String broken) {
        StepVerifier.create(mutation)
                .then(this::settle)
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                ValidationException.class,
                                violation -> assertThat("%s %s '%s' '%s'"
                                                .formatted(
                                                        violation.rule(),
                                                        violation.entity(),
                                                        violation.field(),
                                                        violation.value()))
                                        .isEqualTo(broken)))
                .verify();
    }

    @Test
    void aDeleteTakesItsDependantsWithItInOneChangeAndInOrder() {
        rules = FieldRules.none()
                .references("parentId", TASK, OnDelete.CASCADE)
                .references("blockedBy", TASK, OnDelete.SET_NULL);
        ModelServer server = ModelServer.ofNew();
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        EntityType<tools.jackson.databind.node.ObjectNode> json = EntityType.json("task");
        for (String task : List.of(
                "{'id':'top','projectId':'p1'}",
                "{'id':'part','projectId':'p1','parentId':'top'}",
                "{'id':'detail','projectId':'p1','parentId':'part'}",
                "{'id':'other','projectId':'p1','blockedBy':'part'}")) {
            write("create", scope.create(json, ModelServer.read(task)));
        }
        server.executed.clear();

        write("delete", scope.delete(TASK, "top"));

        assertThat(outcomes).endsWith("delete SYNCED");
        assertThat(scope.snapshot(json))
                .singleElement()
                .satisfies(other -> assertThat(other.hasNonNull("blockedBy")).isFalse());
        assertThat(server.executed)
                .containsExactly(
                        "update task/other {\"blockedBy\":null}",
                        "delete task/detail {}",
                        "delete task/part {}",
                        "delete task/top {}");
    }

    @Test
    void aDeleteThatFollowsAnUpdateStillWaitsForItsDependants() {
        rules = FieldRules.none().references("parentId", TASK, OnDelete.CASCADE);
        ModelServer server = ModelServer.ofNew();
        server.put("task", "{'id':'top','projectId':'p1'}");
        server.put("task", "{'id':'part','projectId':'p1','parentId':'top'}");
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        settle();
        server.announce("task/top");
        server.announce("task/part");
        settle();
        goOffline(server);
        cut(server);
        write("update", scope.update(TASK, "top", Patch.of("title", "last words")));
        write("delete", scope.delete(TASK, "top"));
        reconnect(server);

        assertThat(server.executed).containsExactly("delete task/part {}", "delete task/top {}");
    }

    @Test
    void aCreateThatWasRefusedIsNeverTakenForDone() {
        ModelServer server = ModelServer.ofNew();
        server.put("task", "{'id':'t1','projectId':'p1','title':'theirs'}");
        StitchStore store = store(server);
        Scope scope = store.replaceScope("p1");
        settle();
        server.loseRequestsTo("task/t1"); // The question what is there is never answered.
        write("create", scope.create(TASK, ONE));
        cut(server);
        server.heal();
        reconnect(server);
        advance(Duration.ofMinutes(1));

        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "p1", "theirs", null));
        StepVerifier.create(store.rejections().next())
                .assertNext(rejection -> assertThat(rejection.reason()).isEqualTo(Reason.REFUSED))
                .verifyComplete();
    }

    // ---- across restarts ----

    @Test
    void whatWasQueuedBeforeARestartIsSeenAndSentAfterIt() {
        persistence = new InMemoryPersistence();
        ModelServer server = ModelServer.ofNew();
        server.put("task", "{'id':'known','projectId':'p1','title':'kept'}");
        StitchStore before = store(server);
        String clientId = before.clientId();
        Scope scope = before.replaceScope("p1");
        settle();
        server.announce("task/known");
        settle();
        goOffline(server);
        cut(server);
        write("create", scope.create(TASK, ONE));
        write("update", scope.update(TASK, "known", Patch.of("title", "changed")));
        before.close().subscribe();
        settle();

        StitchStore after = store(server);
        Scope reopened = after.replaceScope("p1");
        List<String> seen = watch(reopened.events());
        settle();
        assertThat(after.clientId()).isEqualTo(clientId);
        assertThat(seen)
                .as("before any connection")
                .containsExactlyInAnyOrder(
                        "CREATED task/t1 v0 (STORED, pending) one", "CREATED task/known v1 (STORED, pending) changed");
        reconnect(server);

        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("one");
        assertThat(server.get("task/known").path("title").asString()).isEqualTo("changed");
        assertThat(server.broker.sentTo("$DB/project/p1/hello").get(1).path("manifest"))
                .as("the manifest is the server's state as it was known")
                .containsExactlyInAnyOrder(
                        ModelServer.read("{'id':'known','entity':'task','version':1}"),
                        ModelServer.read("{'id':'t1','entity':'task','version':0}"));
    }

    @Test
    void aWriteThatWasInDoubtBeforeARestartIsSettledAfterIt() {
        persistence = new InMemoryPersistence();
        ModelServer server = ModelServer.ofOld();
        StitchStore before = store(server);
        Scope scope = before.replaceScope("p1");
        settle();
        server.loseRepliesTo("task/create");
        write("create", scope.create(TASK, ONE));
        before.close().subscribe();
        settle();
        server.put("task", "{'id':'t1','title':'changed by others'}");
        server.heal();

        StitchStore after = store(server);
        Scope reopened = after.replaceScope("p1");
        advance(Duration.ofSeconds(1));

        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("changed by others");
        assertThat(reopened.snapshot(TASK)).extracting(Task::title).containsExactly("changed by others");
        StepVerifier.create(after.pendingCount().next()).expectNext(0).verifyComplete();
    }

    @Test
    void aWriteIsSettledAgainstWhatWasKnownThoughItsScopeIsNotOpenAfterARestart() {
        persistence = new InMemoryPersistence();
        ModelServer server = ModelServer.ofOld();
        server.put("task", "{'id':'t1','projectId':'p1','title':'one'}");
        StitchStore before = store(server);
        Scope scope = before.replaceScope("p1");
        settle();
        goOffline(server);
        cut(server);
        write("update", scope.update(TASK, "t1", Patch.of("title", "two")));
        before.close().subscribe();
        settle();
        server.loseRequestsTo("t1/update");
        server.broker.connectErrors.clear();
        StitchStore after = store(server);
        advance(Duration.ofSeconds(1));
        cut(server);
        server.heal();
        reconnect(server);

        assertThat(server.get("task/t1").path("title").asString()).isEqualTo("two");
        assertThat(after.diagnosticCounts()).doesNotContainKey(DiagnosticCode.WRITE_REJECTED);
    }

    @Test
    void aChildWaitsForARootThatTheServerCannotTakeYet() {
        ModelServer server = ModelServer.ofNew();
        Scope scope = offline(server).replaceScope("p1");
        write("root", scope.create(PROJECT, new Project("p1", "Alpha")));
        write("child", scope.create(TASK, ONE));
        server.refuse(429, "slow down");
        reconnect(server);
        assertThat(server.broker.sentTo("$DB/task/create")).isEmpty();

        server.heal();
        advance(Duration.ofSeconds(31));
        assertThat(server.executed)
                .containsExactly(
                        "create project/p1 {\"name\":\"Alpha\"}",
                        "create task/t1 {\"projectId\":\"p1\",\"title\":\"one\",\"owner\":null}");
    }

    @Test
    void writesBelongToTheUserWhoMadeThem() {
        persistence = new InMemoryPersistence();
        ModelServer server = ModelServer.ofNew();
        goOffline(server);
        StitchStore adas =
                store(server, RemoteOptions.to("mqtt://broker.example").login("ada", "x"));
        write("create", adas.replaceScope("p1").create(TASK, ONE));
        adas.close().subscribe();
        settle();

        StitchStore bens =
                store(server, RemoteOptions.to("mqtt://broker.example").login("ben", "x"));
        Scope scope = bens.replaceScope("p1");
        reconnect(server);
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(server.executed).isEmpty();
        bens.close().subscribe();
        settle();

        store(server, RemoteOptions.to("mqtt://broker.example").login("ada", "x"));
        advance(Duration.ofSeconds(1));
        assertThat(server.executed).hasSize(1);
    }
}
