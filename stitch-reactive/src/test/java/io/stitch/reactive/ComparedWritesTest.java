package io.stitch.reactive;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Writes that are to be done at one version of their record only, in virtual time. */
class ComparedWritesTest {
    record Project(String id, @Nullable String name) {}

    record Task(
            String id,
            String projectId,
            @Nullable String title,
            @Nullable String partOf) {}

    record Person(String id, @Nullable String name) {}

    record Draft(String id, @Nullable String text) {}

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final EntityType<Person> PERSON = EntityType.of("person", Person.class);
    private static final EntityType<Draft> DRAFT = EntityType.of("draft", Draft.class);
    private static final Patch TWO = Patch.of("title", "two");

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final List<StitchStore> opened = new ArrayList<>();
    private final List<String> outcomes = new ArrayList<>();
    private final Map<String, Throwable> errors = new LinkedHashMap<>();
    private final List<Rejection> rejections = new ArrayList<>();
    private final InMemoryPersistence kept = new InMemoryPersistence();
    private final SlowDisk disk = new SlowDisk(kept);
    private Persistence persistence = disk;
    private FieldRules rules = FieldRules.none();

    @AfterEach
    void closeStores() {
        disk.full(false);
        opened.forEach(store -> store.close().subscribe());
        time.advanceTime();
        time.dispose();
    }

    private StitchStore store(ModelServer server) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT)
                        .child(TASK, "projectId", rules)
                        .topLevel(PERSON)
                        .localOnly(DRAFT)
                        .build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .persistence(persistence)
                .scheduler(time)
                .connector(server.broker)
                .build();
        opened.add(store);
        store.rejections().subscribe(rejections::add);
        store.start().subscribe();
        settle();
        return store;
    }

    /** A scope that has the task t1 at version 1, as the server has it. */
    private Scope scope(ModelServer server) {
        server.put("project", "{'id':'p1','name':'Alpha'}");
        Scope scope = store(server).replaceScope("p1");
        settle();
        write("create", scope.create(TASK, new Task("t1", "p1", "one", null)));
        assertThat(scope.version(TASK, "t1")).hasValue(1);
        outcomes.clear();
        server.executed.clear();
        return scope;
    }

    private void write(String name, Mutation<?> mutation) {
        mutation.result().subscribe(result -> outcomes.add(name + " " + result.status()), error -> {
            outcomes.add(name + " " + Outcomes.name(error));
            errors.put(name, error);
        });
        settle();
    }

    private void settle() {
        time.advanceTime();
    }

    private void advance(long seconds) {
        time.advanceTimeBy(Duration.ofSeconds(seconds));
    }

    private void cut(ModelServer server) {
        server.broker.unreachable(100);
        server.broker.end(0x8B);
        settle();
    }

    private void reconnect(ModelServer server) {
        server.broker.connectErrors.clear();
        advance(60);
    }

    /** What somebody else wrote, before its event comes here. */
    private static void others(ModelServer server) {
        server.put("task", "{'id':'t1','title':'theirs'}");
    }

    private void assertNeverKept() {
        assertThat(disk.applied)
                .allSatisfy(batch -> assertThat(batch.keptWrites()).noneMatch(PendingWrite::isCompared));
        advance(1);
        assertThat(keptWrites()).noneMatch(PendingWrite::isCompared);
    }

    private List<PendingWrite> keptWrites() {
        return Objects.requireNonNull(kept.open(OpenRequest.of("server")).block())
                .pending();
    }

    private static String title(Scope scope) {
        return scope.get(TASK, "t1").map(task -> String.valueOf(task.title())).orElse("gone");
    }

    // ---- connected ----

    @Test
    void aWriteIsDoneAtTheVersionThatItExpects() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);

        write("update", scope.updateIf(TASK, "t1", 1, TWO));
        assertThat(server.executed).containsExactly("update task/t1 {\"title\":\"two\"}");
        assertThat(server.broker.sentTo("$DB/task/t1/update"))
                .extracting(each -> each.path("_expected_version").asLong())
                .containsExactly(1L);
        assertThat(scope.version(TASK, "t1")).hasValue(2);
        write("delete", scope.deleteIf(TASK, "t1", 2));

        assertThat(outcomes).containsExactly("update SYNCED", "delete SYNCED");
        assertThat(server.get("task/t1")).isNull();
        assertThat(scope.version(TASK, "t1")).isEmpty();
        assertNeverKept();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void atAnotherVersionItIsUndoneAndWhatIsThereIsSeen(boolean delete) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        List<String> seen = new ArrayList<>();
        scope.mutations()
                .subscribe(event ->
                        seen.add(event + " " + event.json().path("title").asString()));
        others(server);

        write("write", delete ? scope.deleteIf(TASK, "t1", 1) : scope.updateIf(TASK, "t1", 1, TWO));

        assertThat(outcomes).containsExactly("write PRECONDITION_FAILED");
        assertThat(errors.get("write")).isInstanceOfSatisfying(RequestRefusedException.class, refused -> {
            assertThat(refused.code()).isEqualTo(412);
            assertThat(refused.isTransient()).isFalse();
        });
        assertThat(seen.get(0))
                .isEqualTo(
                        (delete ? "DELETED" : "UPDATED") + " task/t1 v1 (LOCAL, pending) " + (delete ? "one" : "two"));
        assertThat(title(scope)).as("read before it was told").isEqualTo("theirs");
        assertThat(scope.version(TASK, "t1")).hasValue(2);
        assertThat(server.executed).isEmpty();
        assertThat(rejections).as("its caller knows").isEmpty();
    }

    @Test
    void aTopLevelRecordIsCompared() {
        ModelServer server = ModelServer.ofNewThatCompares();
        server.put("person", "{'id':'ada','name':'Ada'}");
        RecordCollection<Person> people = store(server).collection(PERSON);
        server.broker.deliver(
                "$DB/person/events/#".replace("#", "created"),
                "{\"id\":\"ada\",\"data\":{\"id\":\"ada\",\"name\":\"Ada\",\"_version\":1}}");
        settle();
        List<List<RecordRow<Person>>> rows = new ArrayList<>();
        people.rows().subscribe(rows::add);
        settle();
        assertThat(people.version("ada")).hasValue(1);

        write("rename", people.updateIf("ada", 1, Patch.of("name", "Ada L.")));
        write("late", people.updateIf("ada", 1, Patch.of("name", "Countess")));
        write("delete", people.deleteIf("ada", 2));

        assertThat(outcomes).containsExactly("rename SYNCED", "late PRECONDITION_FAILED", "delete SYNCED");
    }

    @Test
    void whatIsKnownToBeBehindIsNotSent() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        write("own", scope.update(TASK, "t1", TWO));
        int before = server.broker.published.size();

        write("fail", scope.updateIf(TASK, "t1", 1, Patch.of("title", "three")));
        write("queue", scope.deleteIf(TASK, "t1", 1, WhenOffline.QUEUE));

        assertThat(outcomes).containsExactly("own SYNCED", "fail PRECONDITION_FAILED", "queue PRECONDITION_FAILED");
        assertThat(server.broker.published).hasSize(before);
        assertThat(title(scope)).isEqualTo("two");
    }

    @Test
    void anOldServerIsAskedBecauseItsVersionsGoBack() {
        ModelServer server = ModelServer.ofOld().thatCompares();
        Scope scope = scope(server);
        write("own", scope.update(TASK, "t1", TWO));
        server.remove("task/t1");
        server.put("task", "{'id':'t1','projectId':'p1','title':'anew'}");

        write("update", scope.updateIf(TASK, "t1", 1, Patch.of("title", "three")));

        assertThat(outcomes).containsExactly("own SYNCED", "update SYNCED");
    }

    @Test
    void whatSomebodyElseDeletedIsNeitherCreatedNorTakenForDone() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.remove("task/t1");

        write("delete", scope.deleteIf(TASK, "t1", 1));
        write("update", scope.updateIf(TASK, "never", 1, TWO));

        assertThat(outcomes).containsExactly("delete NOT_FOUND", "update NOT_FOUND");
        assertThat(server.executed).isEmpty();
        assertThat(title(scope)).isEqualTo("gone");
    }

    @Test
    void aPatchWithoutFieldsIsComparedHere() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);

        write("same", scope.updateIf(TASK, "t1", 1, Patch.none()));
        write("other", scope.updateIf(TASK, "t1", 2, Patch.none()));

        assertThat(outcomes).containsExactly("same SYNCED", "other PRECONDITION_FAILED");
        assertThat(server.executed).isEmpty();
    }

    @Test
    void aDeleteThatWouldChangeOthersFirstIsRefused() {
        rules = FieldRules.none().references("partOf", TASK, OnDelete.CASCADE);
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        write("part", scope.create(TASK, new Task("t2", "p1", "part", "t1")));

        write("delete", scope.deleteIf(TASK, "t1", 1));

        assertThat(outcomes).containsExactly("part SYNCED", "delete ValidationException");
        assertThat(scope.snapshot(TASK)).hasSize(2);
    }

    @Test
    void whatCannotBeComparedIsRefusedByTheCall() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        RecordCollection<Draft> drafts = opened.get(0).collection(DRAFT);

        assertThatThrownBy(() -> scope.updateIf(TASK, "t1", 0, TWO).subscribe())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> scope.deleteIf(TASK, "t1", -1).subscribe())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() ->
                        scope.updateIf(PROJECT, "p1", 1, Patch.of("name", "B")).subscribe())
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("rises with each write of a child");
        assertThatThrownBy(() -> drafts.deleteIf("d1", 1).subscribe())
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("local-only");
        assertThatThrownBy(() -> scope.updateIf(TASK, "a/b", 1, TWO).subscribe())
                .isInstanceOf(ValidationException.class);
    }

    // ---- whether the server compares ----

    @ParameterizedTest
    @CsvSource({"false,FAIL", "false,QUEUE", "true,FAIL", "true,QUEUE"})
    void aServerThatDoesNotCompareGetsNoOrdinaryWrite(boolean old, WhenOffline whenOffline) {
        ModelServer server = old ? ModelServer.ofOld() : ModelServer.ofNew();
        Scope scope = scope(server);

        write("update", scope.updateIf(TASK, "t1", 1, TWO, whenOffline));
        write("delete", scope.deleteIf(TASK, "t1", 1, whenOffline));

        assertThat(outcomes).containsExactly("update UnsupportedInModeException", "delete UnsupportedInModeException");
        assertThat(errors.get("update")).hasMessageContaining("expected-version");
        assertThat(server.executed).isEmpty();
        assertThat(Objects.requireNonNull(server.get("task/t1")).has("_expected_version"))
                .isFalse();
        assertThat(title(scope)).isEqualTo("one");
        assertThat(probes(server)).as("asked once").isEqualTo(1);
        advance(1);
        assertThat(keptWrites()).isEmpty();
    }

    private static long probes(ModelServer server) {
        return server.broker.published.stream()
                .filter(message -> message.topic().matches("\\$DB/task/[0-9a-f-]{36}/delete"))
                .filter(message -> Json.read(message.payload())
                        .path("_expected_version")
                        .asString()
                        .equals("?"))
                .count();
    }

    @Test
    void aServerThatComparesAndDoesNotSayItIsAskedOnceOnEachConnection() {
        ModelServer server = ModelServer.ofOld().thatCompares();
        Scope scope = scope(server);
        write("other", scope.create(TASK, new Task("t2", "p1", "x", null)));
        server.holdReplies();

        write("first", scope.updateIf(TASK, "t1", 1, TWO));
        write("second", scope.updateIf(TASK, "t2", 1, TWO));
        assertThat(probes(server)).as("both wait for one answer").isEqualTo(1);
        server.releaseReplies();
        settle();

        assertThat(outcomes).containsExactly("other SYNCED", "first SYNCED", "second SYNCED");
        write("third", scope.updateIf(TASK, "t1", 2, Patch.of("title", "three")));
        assertThat(probes(server)).isEqualTo(1);
        cut(server);
        reconnect(server);
        write("fourth", scope.updateIf(TASK, "t1", 3, Patch.of("title", "four")));
        assertThat(outcomes).endsWith("third SYNCED", "fourth SYNCED");
        assertThat(probes(server)).isEqualTo(2);
    }

    @Test
    void aQuestionThatIsNotAnsweredEndsAWriteAndIsAskedAgain() {
        ModelServer server = ModelServer.ofNew().thatCompares();
        Scope scope = scope(server);
        server.loseRequestsTo("delete");

        write("first", scope.updateIf(TASK, "t1", 1, TWO));
        advance(11);
        assertThat(outcomes).containsExactly("first TIMEOUT");
        server.heal();
        write("second", scope.updateIf(TASK, "t1", 1, TWO));

        assertThat(outcomes).endsWith("second SYNCED");
    }

    // ---- FAIL ----

    @Test
    void withoutAConnectionNothingIsApplied() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        cut(server);
        List<RecordEvent> seen = new ArrayList<>();
        scope.mutations().subscribe(seen::add);

        write("update", scope.updateIf(TASK, "t1", 1, TWO));
        write("delete", scope.deleteIf(TASK, "t1", 1));

        assertThat(outcomes).containsExactly("update NOT_CONNECTED", "delete NOT_CONNECTED");
        assertThat(seen).isEmpty();
        assertThat(opened.get(0).pendingWrites()).isZero();
        assertNeverKept();
    }

    @ParameterizedTest
    @CsvSource({
        "401,'',UNAUTHENTICATED",
        "429,'',RATE_LIMITED",
        "503,'',SERVER",
        "409,'conflict: two wrote at once',CONFLICT",
        "400,'',INVALID",
        "451,'',OTHER"
    })
    void whatAnotherWriteWouldWaitForUndoesIt(int code, String message, String reason) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.refuse(code, message);

        write("update", scope.updateIf(TASK, "t1", 1, TWO));

        assertThat(outcomes).containsExactly("update " + reason);
        assertThat(title(scope)).isEqualTo("one");
        assertThat(opened.get(0).pendingWrites()).isZero();
        server.heal();
        advance(120);
        assertThat(server.executed).as("not sent again").isEmpty();
        assertNeverKept();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void withoutAnAnswerItMayHaveBeenExecutedOnceAndTheNextComparisonTells(boolean connectionLost) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.loseRepliesTo("update");

        write("update", scope.updateIf(TASK, "t1", 1, TWO));
        if (connectionLost) {
            cut(server);
            server.heal();
            reconnect(server);
        } else {
            advance(11);
            server.heal();
        }

        assertThat(outcomes).containsExactly("update " + (connectionLost ? "CONNECTION_LOST" : "TIMEOUT"));
        assertThat(title(scope)).isEqualTo("one");
        advance(120);
        assertThat(server.executed).hasSize(1);
        write("again", scope.updateIf(TASK, "t1", 1, TWO));
        assertThat(outcomes).endsWith("again PRECONDITION_FAILED");
        assertThat(title(scope)).isEqualTo("two");
        assertNeverKept();
    }

    @Test
    void whatStandsBehindAWriteThatWaitsIsUndone() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.refuse(503, "down");

        write("first", scope.update(TASK, "t1", TWO));
        assertThat(outcomes).containsExactly("first QUEUED");
        write("behind", scope.updateIf(TASK, "t1", 2, Patch.of("title", "three")));
        assertThat(outcomes).endsWith("behind HELD_UP");
        assertThat(title(scope)).isEqualTo("two");
        advance(300);
        assertThat(opened.get(0).diagnosticCounts()).containsKey(DiagnosticCode.WRITE_PARKED);
        write("parked", scope.deleteIf(TASK, "t1", 2));

        assertThat(outcomes).endsWith("parked HELD_UP");
        assertThat(title(scope)).isEqualTo("two");
        assertThat(opened.get(0).pendingWrites()).isEqualTo(1);
    }

    @Test
    void whatStoodBehindAWriteUnderWayIsUndoneWhenThatHasToWait() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.loseRequestsTo("update");

        write("first", scope.update(TASK, "t1", TWO));
        write("behind", scope.updateIf(TASK, "t1", 2, Patch.of("title", "three")));
        write("last", scope.update(TASK, "t1", Patch.of("title", "four")));
        assertThat(outcomes).isEmpty();
        advance(11);

        assertThat(outcomes).containsExactly("first QUEUED", "last QUEUED", "behind HELD_UP");
        assertThat(title(scope)).isEqualTo("four");
        server.heal();
        advance(60);
        assertThat(server.executed)
                .containsExactly("update task/t1 {\"title\":\"two\"}", "update task/t1 {\"title\":\"four\"}");
    }

    @Test
    void whatRefersToARecordThatIsStillToBeCreatedIsUndoneWhenThatHasToWait() {
        rules = FieldRules.none().references("partOf", TASK, OnDelete.RESTRICT);
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.loseRequestsTo("create");

        write("create", scope.create(TASK, new Task("t2", "p1", "whole", null)));
        write("refers", scope.updateIf(TASK, "t1", 1, Patch.of("partOf", "t2")));
        write("behind", scope.update(TASK, "t1", TWO));
        assertThat(outcomes).isEmpty();
        advance(10);

        assertThat(outcomes).containsExactly("create QUEUED", "behind QUEUED", "refers HELD_UP");
        assertThat(scope.get(TASK, "t1")).hasValue(new Task("t1", "p1", "two", null));
        server.heal();
        advance(30);
        assertThat(server.executed)
                .filteredOn(each -> each.startsWith("update"))
                .containsExactly("update task/t1 {\"title\":\"two\"}");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatStandsBehindOneThatEndsHasItsTurn(boolean connectionLost) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.loseRequestsTo("update");

        write("first", scope.updateIf(TASK, "t1", 1, TWO));
        write("second", scope.updateIf(TASK, "t1", 1, Patch.of("title", "three"), WhenOffline.QUEUE));
        write("third", scope.update(TASK, "t1", Patch.of("title", "four")));
        if (connectionLost) {
            cut(server);
            assertThat(outcomes).containsExactlyInAnyOrder("first CONNECTION_LOST", "second QUEUED", "third QUEUED");
            server.heal();
            reconnect(server);
        } else {
            advance(9);
            server.heal();
            advance(1);
            assertThat(outcomes).containsExactly("first TIMEOUT", "second SYNCED", "third SYNCED");
        }

        assertThat(server.executed)
                .containsExactly("update task/t1 {\"title\":\"three\"}", "update task/t1 {\"title\":\"four\"}");
        assertThat(title(scope)).isEqualTo("four");
        assertThat(opened.get(0).pendingWrites()).isZero();
    }

    @Test
    void aServerThatComparesNothingAnyMoreIsAskedAboutWhatIsInDoubtAndExecutesNothing() {
        ModelServer server = ModelServer.ofNew().thatCompares();
        Scope scope = scope(server);
        server.loseRequestsTo("t1/update");
        write("update", scope.updateIf(TASK, "t1", 1, TWO, WhenOffline.QUEUE));
        advance(5);
        cut(server);
        server.heal();
        server.comparesNoMore();
        reconnect(server);

        assertThat(outcomes).containsExactly("update QUEUED");
        assertThat(server.executed).isEmpty();
        assertThat(rejections)
                .singleElement()
                .satisfies(rejection -> assertThat(rejection.error()).isInstanceOf(UnsupportedInModeException.class));
        assertThat(title(scope)).isEqualTo("one");
    }

    @Test
    void ofTwoThatAreNotToWaitNoneIsSentWhenTheOtherIsUndone() {
        rules = FieldRules.none().references("partOf", TASK, OnDelete.RESTRICT);
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        write("part", scope.create(TASK, new Task("t2", "p1", "part", "t1")));
        outcomes.clear();
        server.executed.clear();
        server.loseRequestsTo("t2/update");

        write("frees", scope.update(TASK, "t2", Patch.of("partOf", null)));
        write("delete", scope.deleteIf(TASK, "t1", 1));
        write("update", scope.updateIf(TASK, "t1", 1, TWO));
        assertThat(outcomes).isEmpty();
        advance(11);

        assertThat(outcomes).containsExactly("frees QUEUED", "delete HELD_UP", "update HELD_UP");
        assertThat(server.executed).isEmpty();
        assertThat(title(scope)).isEqualTo("one");
        server.heal();
        advance(30);
        assertThat(server.executed).containsExactly("update task/t2 {\"partOf\":null}");
    }

    @Test
    void whatStandsInLineEndsWithTheConnection() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.loseRequestsTo("update");

        write("first", scope.update(TASK, "t1", TWO));
        write("behind", scope.updateIf(TASK, "t1", 2, Patch.of("title", "three")));
        cut(server);

        assertThat(outcomes).containsExactly("first QUEUED", "behind NOT_CONNECTED");
        assertThat(title(scope)).isEqualTo("two");
        assertNeverKept();
    }

    @Test
    void ofCallersThatWentAwayTheRejectionsAreTold() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.loseRequestsTo("update");
        scope.updateIf(TASK, "t1", 1, TWO).subscribe().dispose();
        advance(11);

        assertThat(rejections).singleElement().satisfies(rejection -> {
            assertThat(Outcomes.name(rejection.error())).isEqualTo("TIMEOUT");
            assertThat(rejection.written().path("title").asString()).isEqualTo("two");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"close", "clear", "logout"})
    void whatIsUnderWayWhenTheStoreIsLeftEndsThere(String how) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        write("other", scope.create(TASK, new Task("t2", "p1", "x", null)));
        outcomes.clear();
        server.loseRequestsTo("update");
        write("sent", scope.updateIf(TASK, "t1", 1, TWO));
        write("behind", scope.updateIf(TASK, "t1", 2, Patch.of("title", "three")));
        StitchStore store = opened.get(0);

        switch (how) {
            case "close" -> store.close().subscribe();
            case "clear" -> store.clearLocalData().subscribe();
            default -> store.resetForLogout().subscribe();
        }
        advance(1);

        assertThat(outcomes)
                .containsExactlyElementsOf(
                        how.equals("logout")
                                ? List.of("sent CONNECTION_LOST", "behind NOT_CONNECTED")
                                : List.of("sent ClosedException", "behind ClosedException"));
        if (!how.equals("logout")) {
            assertThat(errors.get("sent")).hasMessageContaining("not known whether");
            assertThat(errors.get("behind")).hasMessageContaining("not done");
        }
        assertNeverKept();
    }

    @Test
    void afterARestartNothingOfItIsThere() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.loseRequestsTo("update");
        write("sent", scope.updateIf(TASK, "t1", 1, TWO));
        advance(5);
        // The process ends here: nothing of it is asked any more.
        server.broker.unreachable(100);

        Scope again = store(server).replaceScope("p1");
        settle();

        assertThat(title(again)).isEqualTo("one");
        assertThat(opened.get(1).pendingWrites()).isZero();
        assertNeverKept();
    }

    @Test
    void itDoesNotWaitForADiskThatHangs() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        advance(1);
        disk.stall();

        write("ordinary", scope.update(TASK, "other", TWO));
        write("update", scope.updateIf(TASK, "t1", 1, TWO));

        assertThat(outcomes).containsExactly("update SYNCED");
        disk.resume();
        settle();
        assertThat(outcomes).endsWith("ordinary NOT_FOUND");
    }

    // ---- batches ----

    @Test
    void aBatchOfBothKindsIsTakenAsAWhole() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        write("other", scope.create(TASK, new Task("t2", "p1", "x", null)));
        outcomes.clear();

        batch(scope.updateIf(TASK, "t1", 1, TWO), scope.updateIf(TASK, "t2", 1, TWO, WhenOffline.QUEUE));
        assertThat(outcomes).containsExactly("SYNCED", "SYNCED");
        cut(server);
        batch(
                scope.updateIf(TASK, "t2", 2, Patch.of("title", "three"), WhenOffline.QUEUE),
                scope.updateIf(TASK, "t1", 2, Patch.of("title", "three")));
        assertThat(outcomes).endsWith("SYNCED", "NOT_CONNECTED");
        assertThat(scope.snapshot(TASK)).extracting(Task::title).containsExactly("two", "two");
        assertThat(opened.get(0).pendingWrites()).isZero();
    }

    @Test
    void aBatchThatCannotBeKeptIsUndoneAsAWhole() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        write("other", scope.create(TASK, new Task("t2", "p1", "x", null)));
        outcomes.clear();
        server.executed.clear();
        advance(1);
        disk.full(true);

        batch(scope.updateIf(TASK, "t1", 1, TWO), scope.updateIf(TASK, "t2", 1, TWO, WhenOffline.QUEUE));
        write("alone", scope.updateIf(TASK, "t1", 1, Patch.of("title", "three")));

        assertThat(outcomes).containsExactly("PersistenceException", "alone SYNCED");
        assertThat(server.executed).containsExactly("update task/t1 {\"title\":\"three\"}");
        assertThat(scope.snapshot(TASK)).extracting(Task::title).containsExactly("three", "x");
    }

    private void batch(Mutation<?>... mutations) {
        opened.get(0)
                .batch(Flux.just(mutations))
                .subscribe(result -> outcomes.add(result.status().name()), error -> outcomes.add(Outcomes.name(error)));
        settle();
    }

    // ---- QUEUE ----

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aQueuedWriteIsSentWithItsVersionAfterAReconnectAndAfterARestart(boolean restart) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        cut(server);

        write("update", scope.updateIf(TASK, "t1", 1, TWO, WhenOffline.QUEUE));
        assertThat(outcomes).containsExactly("update QUEUED");
        advance(1);
        assertThat(keptWrites()).extracting(PendingWrite::expectedVersion).containsExactly(1L);
        if (restart) {
            opened.get(0).close().subscribe();
            settle();
            server.broker.connectErrors.clear();
            store(server).replaceScope("p1");
            advance(60);
        } else {
            reconnect(server);
        }

        assertThat(server.broker.sentTo("$DB/task/t1/update"))
                .extracting(each -> each.path("_expected_version").asLong())
                .containsExactly(1L);
        assertThat(server.executed).containsExactly("update task/t1 {\"title\":\"two\"}");
        advance(1);
        assertThat(keptWrites()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aQueuedWriteThatComesTooLateIsRejectedWithWhatIsThere(boolean eventCame) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        cut(server);
        write("update", scope.updateIf(TASK, "t1", 1, TWO, WhenOffline.QUEUE));
        others(server);
        server.broker.connectErrors.clear();
        if (eventCame) {
            advance(60);
        }
        advance(60);

        assertThat(outcomes).containsExactly("update QUEUED");
        assertThat(server.executed).isEmpty();
        assertThat(rejections).singleElement().satisfies(rejection -> {
            assertThat(rejection.reason()).isEqualTo(Rejection.Reason.PRECONDITION_FAILED);
            assertThat(Outcomes.name(rejection.error())).isEqualTo("PRECONDITION_FAILED");
            assertThat(Objects.requireNonNull(rejection.localCopy())
                            .path("title")
                            .asString())
                    .isEqualTo("two");
            assertThat(Objects.requireNonNull(rejection.current()).path("title").asString())
                    .isEqualTo("theirs");
        });
        assertThat(title(scope)).isEqualTo("theirs");
        advance(1);
        assertThat(keptWrites()).isEmpty();
    }

    @Test
    void itIsNeverFoldedWithAnother() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        cut(server);

        write("one", scope.update(TASK, "t1", TWO));
        write("two", scope.update(TASK, "t1", Patch.of("title", "three")));
        write("three", scope.updateIf(TASK, "t1", 2, Patch.of("title", "four"), WhenOffline.QUEUE));
        write("four", scope.update(TASK, "t1", Patch.of("title", "five")));
        write("five", scope.updateIf(TASK, "t1", 4, Patch.of("title", "six"), WhenOffline.QUEUE));
        write("six", scope.deleteIf(TASK, "t1", 5, WhenOffline.QUEUE));
        reconnect(server);

        assertThat(server.executed)
                .containsExactly(
                        "update task/t1 {\"title\":\"three\"}",
                        "update task/t1 {\"title\":\"four\"}",
                        "update task/t1 {\"title\":\"five\"}",
                        "update task/t1 {\"title\":\"six\"}",
                        "delete task/t1 {}");
        assertThat(rejections).isEmpty();
        assertThat(server.get("task/t1")).isNull();
    }

    @ParameterizedTest
    @CsvSource({"false,true", "true,true", "false,false", "true,false"})
    void inDoubtItIsRepeatedAsItIs(boolean executed, boolean remembers) {
        ModelServer server = remembers
                ? ModelServer.ofNewThatCompares()
                : ModelServer.ofOld().thatCompares();
        Scope scope = scope(server);
        if (executed) {
            server.loseRepliesTo("update");
        } else {
            server.loseRequestsTo("t1/update");
        }

        write("update", scope.updateIf(TASK, "t1", 1, TWO, WhenOffline.QUEUE));
        advance(11);
        assertThat(outcomes).containsExactly("update QUEUED");
        server.heal();
        server.forgetAnswers();
        advance(30);

        assertThat(server.executed.stream().filter(each -> each.startsWith("update task")))
                .hasSize(1);
        assertThat(rejections).isEmpty();
        assertThat(title(scope)).isEqualTo("two");
        assertThat(server.broker.sentTo("$DB/task/t1/update"))
                .hasSizeGreaterThanOrEqualTo(2)
                .allMatch(each -> each.path("_expected_version").asLong() == 1);
        assertThat(server.broker.published.stream()
                        .filter(message -> message.topic().equals("$DB/task/t1/update"))
                        .map(message -> new String(message.correlationData(), java.nio.charset.StandardCharsets.UTF_8))
                        .distinct())
                .hasSize(1);
        assertThat(opened.get(0).pendingWrites()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void inDoubtAndOvertakenItIsRejected(boolean delete) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.loseRequestsTo(delete ? "delete" : "update");
        write(
                "write",
                delete
                        ? scope.deleteIf(TASK, "t1", 1, WhenOffline.QUEUE)
                        : scope.updateIf(TASK, "t1", 1, TWO, WhenOffline.QUEUE));
        advance(11);
        others(server);
        server.heal();
        advance(30);

        assertThat(rejections).extracting(Rejection::reason).containsExactly(Rejection.Reason.PRECONDITION_FAILED);
        assertThat(server.executed).isEmpty();
        assertThat(title(scope)).isEqualTo("theirs");
    }

    @Test
    void inDoubtADeleteOfWhatIsGoneIsDone() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.loseRepliesTo("delete");
        write("delete", scope.deleteIf(TASK, "t1", 1, WhenOffline.QUEUE));
        advance(11);
        server.heal();
        server.forgetAnswers();
        advance(30);

        assertThat(rejections).isEmpty();
        assertThat(opened.get(0).pendingWrites()).isZero();
        assertThat(title(scope)).isEqualTo("gone");
    }

    @Test
    void aDiskThatDoesNotTakeItUndoesIt() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        advance(1);
        disk.full(true);

        write("update", scope.updateIf(TASK, "t1", 1, TWO, WhenOffline.QUEUE));

        assertThat(outcomes).containsExactly("update PersistenceException");
        assertThat(title(scope)).isEqualTo("one");
        assertThat(server.executed).isEmpty();
    }

    @Test
    void aRowThatExpectsNoVersionOfAnyRecordIsSetAside() {
        PendingWrite update =
                PendingWrite.of(1, new RecordKey("task", "t1"), "p1", WriteKind.UPDATE, new byte[] {'{', '}'}, null);
        PendingWrite create =
                PendingWrite.of(1, new RecordKey("task", "t1"), "p1", WriteKind.CREATE, new byte[] {'{', '}'}, null);

        assertThat(update.problem()).isNull();
        assertThat(update.expecting(1).problem()).isNull();
        assertThat(update.expecting(0).problem()).isNotNull();
        assertThat(update.expecting(-2).problem()).isNotNull();
        assertThat(create.expecting(1).problem()).isNotNull();
    }

    // ---- rows ----

    @Test
    void rowsTellTheVersionAndWhetherARecordIsPending() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        List<List<RecordRow<Task>>> rows = new ArrayList<>();
        scope.rows(TASK).subscribe(rows::add);
        settle();
        Task one = new Task("t1", "p1", "one", null);
        Task two = new Task("t1", "p1", "two", null);
        assertThat(rows).containsExactly(List.of(new RecordRow<>(one, 1, false)));
        server.loseRequestsTo("update");
        write("update", scope.update(TASK, "t1", TWO));
        assertThat(rows).endsWith(List.of(new RecordRow<>(two, 1, true)));
        server.heal();
        advance(30);
        assertThat(rows).endsWith(List.of(new RecordRow<>(two, 2, false)));

        write("same", scope.update(TASK, "t1", TWO));
        assertThat(rows).as("a mark that changes is a change").endsWith(List.of(new RecordRow<>(two, 3, false)));
        server.loseRequestsTo("create");
        write("create", scope.create(TASK, new Task("t2", "p1", "new", null)));
        assertThat(rows.get(rows.size() - 1).get(1))
                .isEqualTo(new RecordRow<>(new Task("t2", "p1", "new", null), 0, true));
        assertThat(scope.version(TASK, "t2")).isEmpty();
    }

    @Test
    void aLocalRecordHasNoVersion() {
        RecordCollection<Draft> drafts = store(ModelServer.ofNew()).collection(DRAFT);
        List<List<RecordRow<Draft>>> rows = new ArrayList<>();
        drafts.rows().subscribe(rows::add);
        write("draft", drafts.create(new Draft("d1", "a")));

        assertThat(rows).endsWith(List.of(new RecordRow<>(new Draft("d1", "a"), -1, false)));
        assertThat(drafts.version("d1")).isEmpty();
    }

    // ---- codes ----

    @ParameterizedTest
    @EnumSource(WhenOffline.class)
    void anUnlistedCodeIsFinalBelow500(WhenOffline whenOffline) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.refuse(418, "a teapot");

        write("plain", scope.update(TASK, "t1", TWO));
        write("compared", scope.updateIf(TASK, "t1", 1, TWO, whenOffline));

        assertThat(outcomes).containsExactly("plain OTHER", "compared OTHER");
        assertThat(errors.values()).allMatch(error -> !((StitchException) error).isTransient());
        assertThat(new RequestRefusedException(599, null, null).reason())
                .isEqualTo(RequestRefusedException.Reason.SERVER);
        assertThat(new RequestRefusedException(599, null, null).isTransient()).isTrue();
    }
}
