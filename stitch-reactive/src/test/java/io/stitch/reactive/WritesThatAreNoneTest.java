package io.stitch.reactive;

import io.stitch.reactive.MutationResult.Status;
import io.stitch.reactive.spi.JsonBounds;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** Ids that cannot be one, and patches without fields; and what a store can be asked without waiting. */
class WritesThatAreNoneTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    record Draft(String id, String text) {}

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final EntityType<Draft> DRAFT = EntityType.of("draft", Draft.class);
    private static final Task ONE = new Task("t1", "p1", "one");

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final ModelServer server = ModelServer.ofNew();
    private final StitchStore store = StitchStore.builder()
            .schema(StitchSchema.root(PROJECT)
                    .child(TASK, "projectId")
                    .localOnly(DRAFT)
                    .build())
            .remote(RemoteOptions.to("mqtt://broker.example"))
            .scheduler(time)
            .connector(server.broker)
            .build();
    private final Scope scope = store.openScope("p1");

    @BeforeEach
    void start() {
        store.start().subscribe();
        time.advanceTime();
    }

    @AfterEach
    void close() {
        store.close().subscribe();
        time.advanceTime();
        time.dispose();
    }

    private void write(Mutation<?> mutation) {
        mutation.subscribe();
        time.advanceTime();
    }

    private void cut() {
        server.broker.unreachable(100);
        server.broker.end(0x8B);
        time.advanceTime();
    }

    // ---- ids ----

    static List<String> wrongIds() {
        return List.of(
                "", "a/b", "a+", "#", "nul\0", "é".repeat(257), "\ud800", "create", "list", "shared", "events-7");
    }

    @ParameterizedTest
    @MethodSource("wrongIds")
    void anIdThatCannotBeOneBreaksTheRuleOfIds(String id) {
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> scope.create(TASK, new Task(id, "p1", "x")),
                () -> scope.update(TASK, id, Patch.of("title", "x")),
                () -> scope.delete(TASK, id),
                () -> store.read(TASK, id))) {
            assertThatExceptionOfType(ValidationException.class)
                    .isThrownBy(call)
                    .satisfies(broken -> {
                        assertThat(broken.rule()).isEqualTo(ValidationException.Rule.ID);
                        assertThat(broken.entity()).isEqualTo("task");
                        assertThat(broken.id()).isEqualTo(id);
                        assertThat(broken.field()).isEqualTo("id");
                        assertThat(broken.isTransient()).isFalse();
                        assertThat(broken).hasMessageContaining("id of a task").hasMessageContaining("record id");
                        assertThat(broken.getMessage().length()).isLessThan(400);
                    });
        }
        for (ThrowingCallable call :
                List.<ThrowingCallable>of(() -> store.openScope(id), () -> store.replaceScope(id))) {
            assertThatExceptionOfType(ValidationException.class)
                    .isThrownBy(call)
                    .satisfies(broken -> assertThat(broken.entity()).isEqualTo("project"));
        }
        assertThat(scope.get(TASK, id)).as("there is no such record").isEmpty();
        assertThat(store.pendingWrites()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/b", "a+", "#", "nul\0", "\ud800", "line\nbreak"})
    void aLevelOfARequestThatIsMoreThanOneLevelIsRefused(String level) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> store.request(List.of("task", level, "archive"), Board.json()))
                .withMessageContaining("level of a topic");
        assertThatIllegalArgumentException().isThrownBy(() -> store.request(List.of(), Board.json()));
    }

    @Test
    void aRequestByLevelsGoesWhereTheyLead() {
        store.request(List.of("task", "t1", "archive"), Board.json()).subscribe();
        time.advanceTime();

        assertThat(server.broker.published)
                .filteredOn(each -> each.topic().equals("$DB/task/t1/archive"))
                .hasSize(1);
    }

    // ---- values ----

    private static ObjectNode of(String field, JsonNode value) {
        return Board.json().put("id", "t1").put("projectId", "p1").set(field, value);
    }

    private static JsonNode namesOf(int count) {
        ObjectNode names = Board.json();
        for (int i = 0; i < count; i++) {
            names.put("n" + i, i);
        }
        return names;
    }

    private static JsonNode zeros(int count) {
        ArrayNode zeros = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < count; i++) {
            zeros.add(0);
        }
        return zeros;
    }

    @Test
    void aRecordCannotGrowBeyondWhatCanBeReadStepByStep() {
        EntityType<ObjectNode> task = EntityType.json("task");
        write(scope.create(task, of("one", namesOf(3_000))));
        ObjectNode others = Board.json();
        namesOf(6_000).properties().stream().skip(3_000).forEach(each -> others.set(each.getKey(), each.getValue()));

        StepVerifier.create(scope.update(task, "t1", Patch.of("two", others)))
                .then(time::advanceTime)
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(SchemaException.class)
                        .hasMessageContaining("more than 5000 different names"))
                .verify(Duration.ofSeconds(10));
        assertThat(scope.snapshot(task).get(0).has("two")).isFalse();
    }

    static List<ObjectNode> whatNobodyCouldReadAgain() {
        JsonNodeFactory json = JsonNodeFactory.instance;
        return List.of(
                of("figure", json.numberNode(new BigDecimal(BigInteger.ONE, Integer.MIN_VALUE))),
                of("figure", json.numberNode(new BigDecimal("1e10000"))),
                of("figure", json.numberNode(new BigDecimal("-1e-10000"))),
                of("title", json.stringNode("\ud83d")),
                of("title", json.stringNode("cut \ude00")),
                of("names", json.arrayNode().add(json.objectNode().put("\ud83d", 1))),
                of("names", namesOf(JsonBounds.MAX_RECORD_NAMES + 1)),
                of("list", zeros(JsonBounds.MAX_ELEMENTS + 1)),
                of("lists", json.arrayNode().add(zeros(250_000)).add(zeros(250_000))),
                of("\ud83d", json.numberNode(1)));
    }

    @ParameterizedTest
    @MethodSource("whatNobodyCouldReadAgain")
    void whatNobodyCouldReadAgainIsNotTaken(ObjectNode record) {
        EntityType<ObjectNode> task = EntityType.json("task");
        EntityType<ObjectNode> draft = EntityType.json("draft");
        ObjectNode fields = record.deepCopy().without(List.of("id", "projectId"));
        Patch patch = fields.properties().stream()
                .reduce(
                        Patch.none(),
                        (some, field) -> some.and(field.getKey(), field.getValue()),
                        (one, other) -> other);
        write(scope.create(TASK, ONE));
        for (Mutation<?> mutation : List.of(
                scope.create(task, record.put("id", "t2")),
                scope.update(task, "t1", patch),
                scope.update(task, "t1", held -> held.setAll(fields)),
                store.collection(draft).create(record.put("id", "d1")))) {
            StepVerifier.create(mutation)
                    .then(time::advanceTime)
                    .expectErrorSatisfies(error -> assertThat(error)
                            .isInstanceOf(SchemaException.class)
                            .hasMessageContaining("nobody could read it again"))
                    .verify(Duration.ofSeconds(10));
        }
        assertThat(scope.snapshot(TASK)).containsExactly(ONE);
        assertThat(store.pendingWrites()).isZero();
    }

    @Test
    void largeNumbersThatCanBeReadAreTaken() {
        EntityType<ObjectNode> task = EntityType.json("task");
        BigDecimal large = new BigDecimal("1.5e9999");
        write(scope.create(task, of("figure", JsonNodeFactory.instance.numberNode(large))));

        assertThat(scope.snapshot(task).get(0).path("figure").decimalValue()).isEqualByComparingTo(large);
    }

    @Test
    void aNumberBeyondEveryDecimalFromElsewhereHurtsNothingElse() {
        write(scope.create(TASK, ONE));
        for (String number : List.of("1e2147483648", "1E+99999999999", "-2.5e-999999999")) {
            server.broker.deliver(
                    "$DB/project/p1/task/events/created",
                    "{\"id\":\"t2\",\"data\":{\"id\":\"t2\",\"projectId\":\"p1\",\"n\":%s,\"_version\":1}}"
                            .formatted(number));
        }
        time.advanceTime();

        assertThat(scope.snapshot(TASK)).containsExactly(ONE);
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.MALFORMED_JSON, 3L);
    }

    @Test
    void aLocalRecordThatIsTooLargeIsNotTakenAndHurtsNoOther() {
        EntityType<ObjectNode> draft = EntityType.json("draft");
        RecordCollection<ObjectNode> drafts = store.collection(draft);
        ObjectNode large = Board.json().put("id", "d1").put("text", "x".repeat(5 << 20));
        List<String> told = new ArrayList<>();
        drafts.create(large)
                .subscribe(saved -> {}, error -> told.add(error.getClass().getSimpleName()));
        drafts.create(Board.json().put("id", "d2").put("text", "y")).subscribe(saved -> told.add("saved"));
        time.advanceTime();

        assertThat(told).containsExactlyInAnyOrder("SchemaException", "saved");
        assertThat(drafts.snapshot()).hasSize(1);
    }

    static List<JsonNode> noScopes() {
        JsonNodeFactory json = JsonNodeFactory.instance;
        return List.of(json.nullNode(), json.numberNode(7), json.stringNode(""), json.stringNode("a/b"));
    }

    @ParameterizedTest
    @MethodSource("noScopes")
    void aRecordIsNotMovedIntoWhatIsNoScope(JsonNode value) {
        write(scope.create(TASK, ONE));
        int sent = server.executed.size();
        List<Throwable> told = new ArrayList<>();
        for (boolean function : new boolean[] {false, true}) {
            try {
                EntityType<ObjectNode> task = EntityType.json("task");
                (function
                                ? scope.update(task, "t1", held -> held.set("projectId", value))
                                : scope.update(task, "t1", Patch.of("projectId", value)))
                        .subscribe(saved -> {}, told::add);
                time.advanceTime();
            } catch (StitchException e) {
                told.add(e);
            }
        }

        assertThat(told).hasSize(2).allSatisfy(error -> assertThat(error).isInstanceOf(StitchException.class));
        assertThat(server.executed).hasSize(sent);
        assertThat(scope.snapshot(TASK)).containsExactly(ONE);
    }

    // ---- patches without fields ----

    @Test
    void anEmptyPatchWritesNothingAndCompletesWithTheRecord() {
        write(scope.create(TASK, ONE));
        List<String> seen = new ArrayList<>();
        scope.mutations().subscribe(event -> seen.add(event.toString()));
        time.advanceTime();
        int sent = server.executed.size();

        StepVerifier.create(scope.update(TASK, "t1", Patch.none()).result())
                .expectNext(new MutationResult<>(Status.SYNCED, ONE))
                .verifyComplete();
        assertThat(seen).isEmpty();
        assertThat(server.executed).hasSize(sent);
        assertThat(store.pendingWrites()).isZero();
        cut();
        write(scope.update(TASK, "t1", Patch.none().and("title", "two")));

        StepVerifier.create(scope.update(TASK, "t1", Patch.none()).result())
                .expectNext(new MutationResult<>(Status.QUEUED, new Task("t1", "p1", "two")))
                .verifyComplete();
        assertThat(store.pendingWrites()).isOne();
    }

    @Test
    void anEmptyPatchOfWhatIsNotThereIsRefused() {
        StepVerifier.create(scope.update(TASK, "t1", Patch.none()))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                RequestRefusedException.class,
                                refused -> assertThat(refused.code()).isEqualTo(404)))
                .verify();
        assertThat(Patch.none().isEmpty()).isTrue();
        assertThat(Patch.of("title", null).isEmpty()).isFalse();
    }

    @Test
    void anEmptyPatchInABatchIsAnsweredInItsPlace() {
        RecordCollection<Draft> drafts = store.collection(DRAFT);
        write(drafts.create(new Draft("d1", "x")));
        StepVerifier.create(store.batch(Flux.just(
                                scope.create(TASK, ONE),
                                scope.update(TASK, "t1", Patch.none()),
                                drafts.update("d1", Patch.none())))
                        .map(MutationResult::status))
                .then(time::advanceTime)
                .expectNext(Status.SYNCED, Status.QUEUED, Status.LOCAL)
                .verifyComplete();
    }

    // ---- answers at once ----

    @Test
    void theCountAndTheConnectionCanBeAskedForAtOnce() {
        assertThat(store.connectionStatus().isConnected()).isTrue();
        assertThat(store.connectionStatus()).isEqualTo(store.connection().blockFirst());
        cut();
        write(scope.create(TASK, ONE));

        assertThat(store.connectionStatus().isConnected()).isFalse();
        assertThat(store.connectionStatus().error()).isInstanceOf(ConnectionException.class);
        assertThat(store.pendingWrites()).isOne();
        server.broker.connectErrors.clear();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(store.pendingWrites()).isZero();
        store.close().subscribe();
        time.advanceTime();
        assertThat(store.connectionStatus().status()).isEqualTo(ConnectionStatus.Status.OFFLINE);
    }

    @Test
    void aRejectionKnowsItsScope() {
        cut();
        write(scope.create(TASK, ONE));
        server.refuse(403, "not yours");
        List<String> first = new ArrayList<>();
        List<String> second = new ArrayList<>();
        store.rejections().subscribe(rejection -> first.add(rejection.scopeId() + "/" + rejection.id()));
        store.rejections().subscribe(rejection -> second.add(rejection.scopeId() + "/" + rejection.id()));
        server.broker.connectErrors.clear();
        time.advanceTimeBy(Duration.ofMinutes(1));

        assertThat(first).containsExactly("p1/t1");
        assertThat(second).containsExactly("p1/t1");
        StepVerifier.create(store.rejections())
                .then(() -> store.close().subscribe())
                .then(time::advanceTime)
                .verifyComplete();
        StepVerifier.create(store.rejections()).verifyComplete();
    }
}
