package io.stitch.reactive;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.stitch.reactive.MutationResult.Status;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.EnumNamingStrategies;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.annotation.EnumNaming;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Which Java types records may have, and that an update by way of one keeps what it does not know. */
class TypesTest {
    record Project(String id, @Nullable String name) {}

    enum Priority {
        LOW,
        HIGH,
        @JsonEnumDefaultValue
        OTHER
    }

    record Person(String name, @Nullable String phone) {}

    record Step(String id, String text, boolean done) {}

    record Size(double width, double height) {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Inspection.class, name = "inspection"),
        @JsonSubTypes.Type(value = Repair.class, name = "repair")
    })
    sealed interface Work permits Inspection, Repair {}

    record Inspection(int everyDays) implements Work {}

    record Repair(String part, BigDecimal cost) implements Work {}

    record Task(
            String id,
            String projectId,
            String title,
            Priority priority,
            Person owner,
            List<Step> steps,
            List<Size> sizes,
            Set<String> labels,
            Map<String, Integer> hours,
            LocalDate due,
            Instant created,
            Duration estimate,
            ZoneId zone,
            UUID serial,
            Optional<String> note,
            Work work,
            BigDecimal price) {
        Task titled(String newTitle) {
            return with(newTitle, priority, owner, steps, sizes);
        }

        Task prioritised(Priority newPriority) {
            return with(title, newPriority, owner, steps, sizes);
        }

        Task owned(Person newOwner) {
            return with(title, priority, newOwner, steps, sizes);
        }

        Task doing(List<Step> newSteps) {
            return with(title, priority, owner, newSteps, sizes);
        }

        Task sized(List<Size> newSizes) {
            return with(title, priority, owner, steps, newSizes);
        }

        Task labelled(Set<String> newLabels) {
            return new Task(
                    id, projectId, title, priority, owner, steps, sizes, newLabels, hours, due, created, estimate, zone,
                    serial, note, work, price);
        }

        private Task with(
                String newTitle, Priority newPriority, Person newOwner, List<Step> newSteps, List<Size> newSizes) {
            return new Task(
                    id,
                    projectId,
                    newTitle,
                    newPriority,
                    newOwner,
                    newSteps,
                    newSizes,
                    labels,
                    hours,
                    due,
                    created,
                    estimate,
                    zone,
                    serial,
                    note,
                    work,
                    price);
        }
    }

    /** What an older version of the application knows of a task. */
    record OldTask(String id, String projectId, String title, OldPerson owner, List<OldStep> steps) {
        OldTask owned(OldPerson newOwner) {
            return new OldTask(id, projectId, title, newOwner, steps);
        }

        OldTask doing(List<OldStep> newSteps) {
            return new OldTask(id, projectId, title, owner, newSteps);
        }
    }

    record OldPerson(String name) {}

    record OldStep(String id, String text) {}

    /** Changes in place, as many classes do. */
    static final class Counter {
        public String id = "";
        public int count;
    }

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    static final EntityType<OldTask> OLD_TASK = EntityType.of("task", OldTask.class);
    static final EntityType<Counter> COUNTER = EntityType.of("counter", Counter.class);
    static final StitchSchema SCHEMA = StitchSchema.root(PROJECT)
            .child(TASK, "projectId")
            .localOnly(COUNTER)
            .build();

    private static final Task FULL = new Task(
            "t1",
            "p1",
            "Refit",
            Priority.HIGH,
            new Person("Mara", "112"),
            List.of(new Step("s1", "Drain", true), new Step("s2", "Fill", false)),
            List.of(new Size(1.5, 2)),
            new TreeSet<>(Set.of("blue", "green")),
            Map.of("mon", 3),
            LocalDate.of(2026, 11, 24),
            Instant.parse("2026-11-24T08:00:00.123456789Z"),
            Duration.ofMinutes(90),
            ZoneId.of("Europe/Vienna"),
            UUID.fromString("00000000-0000-0001-0000-000000000002"),
            Optional.of("Bring gloves"),
            new Repair("gimbal", new BigDecimal("1234567890.12345678901234567890")),
            new BigDecimal("0.10"));

    private static final String JSON = "{'id':'t1','projectId':'p1','title':'Refit','priority':'HIGH','colour':'red',"
            + "'owner':{'name':'Mara','phone':'112','badge':{'number':7}},"
            + "'steps':[{'id':'s1','text':'Drain','done':true,'tool':'pump'},{'id':'s2','text':'Fill','done':false,'tool':'hose'}],"
            + "'sizes':[{'width':1.50000000000000000001,'height':2,'unit':'m'},{'width':3,'height':4,'unit':'cm'}],"
            + "'labels':['green','blue'],'due':'2026-11-24','created':'2026-11-24T08:00:00Z',"
            + "'work':{'kind':'repair','part':'gimbal','cost':1.10},'price':1234567890.12345678901234567890}";

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final List<StitchStore> opened = new ArrayList<>();
    private final ModelServer server = ModelServer.ofNew();

    @AfterEach
    void closeStores() {
        opened.forEach(store -> store.close().subscribe());
        time.advanceTime();
        time.dispose();
    }

    private StitchStore store(StitchSchema schema, JsonMapper mapper) {
        StitchStore store = StitchStore.builder()
                .schema(schema)
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .scheduler(time)
                .connector(server.broker)
                .jsonMapper(mapper)
                .build();
        opened.add(store);
        store.start().subscribe();
        time.advanceTime();
        return store;
    }

    private Scope scope() {
        return scope(JsonMapper.shared());
    }

    private Scope scope(JsonMapper mapper) {
        Scope scope = store(SCHEMA, mapper).openScope("p1");
        time.advanceTime();
        return scope;
    }

    /** A scope with the task {@link #JSON}, which has fields that {@link Task} does not know. */
    private Scope scopeWithMore() {
        Scope scope = scope();
        receive(JSON);
        return scope;
    }

    private void receive(String task) {
        server.put("task", task);
        server.announce("task/t1");
        time.advanceTime();
    }

    private <R> R done(Mono<R> write) {
        List<R> result = new ArrayList<>();
        List<Throwable> errors = new ArrayList<>();
        write.subscribe(result::add, errors::add);
        time.advanceTime();
        assertThat(errors).isEmpty();
        assertThat(result).hasSize(1);
        return result.get(0);
    }

    private static ObjectNode json(Scope scope) {
        return scope.get(EntityType.json("task"), "t1").orElseThrow();
    }

    private static JsonNode parsed(String json) {
        return ModelServer.read("{'it':" + json + "}").path("it");
    }

    // ---- which types ----

    @Test
    void nestedRecordsListsEnumsTimesOptionalsAndSealedTypesComeBackAsTheyWere() {
        Scope scope = scope();

        assertThat(done(scope.create(TASK, FULL))).isEqualTo(FULL);

        assertThat(scope.get(TASK, "t1")).contains(FULL);
        assertThat(scope.snapshot(TASK)).containsExactly(FULL);
        StepVerifier.create(scope.events(TASK).map(event -> event.record(TASK)).take(1))
                .then(time::advanceTime)
                .expectNext(FULL)
                .verifyComplete();
        assertThat(json(scope).path("due").stringValue()).isEqualTo("2026-11-24");
        assertThat(json(scope).path("estimate").stringValue()).isEqualTo("PT1H30M");
        assertThat(json(scope).path("price").decimalValue()).isEqualTo(new BigDecimal("0.10"));
        assertThat(json(scope).path("work"))
                .isEqualTo(parsed("{'kind':'repair','part':'gimbal','cost':1234567890.12345678901234567890}"));
    }

    @Test
    void anEmptyOptionalIsANullAndAnAbsentFieldIsAnEmptyOptional() {
        Scope scope = scopeWithMore();
        assertThat(scope.get(TASK, "t1").orElseThrow().note()).isEmpty();

        done(scope.update(TASK, "t1", Patch.of("note", Optional.of("Bring gloves"))));
        assertThat(json(scope).path("note").stringValue()).isEqualTo("Bring gloves");

        done(scope.update(TASK, "t1", Patch.of("note", Optional.empty())));
        assertThat(json(scope).hasNonNull("note")).isFalse();
    }

    @Test
    void anEntityMayBeAClosedSetOfRecords() {
        EntityType<Attachment> type = EntityType.of("attachment", Attachment.class);
        StitchStore store = store(StitchSchema.root(PROJECT).topLevel(type).build(), JsonMapper.shared());
        RecordCollection<Attachment> attachments = store.collection(type);

        done(attachments.create(new Note("a1", "Looks fine")));
        done(attachments.create(new Photo("a2", 640)));

        assertThat(attachments.snapshot()).containsExactly(new Note("a1", "Looks fine"), new Photo("a2", 640));
        assertThat(server.executed).contains("create attachment/a2 {\"kind\":\"photo\",\"width\":640}");
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Note.class, name = "note"),
        @JsonSubTypes.Type(value = Photo.class, name = "photo")
    })
    sealed interface Attachment permits Note, Photo {
        String id();
    }

    record Note(String id, String text) implements Attachment {}

    record Photo(String id, int width) implements Attachment {}

    @Test
    void aRecordMayBeJsonAsItIs() {
        EntityType<JsonNode> any = EntityType.of("task", JsonNode.class);
        Scope scope = store(
                        StitchSchema.root(EntityType.json("project"))
                                .child(any, "projectId")
                                .build(),
                        JsonMapper.shared())
                .openScope("p1");
        time.advanceTime();
        JsonNode record = parsed("{'id':'t1','projectId':'p1','nested':[{'deep':1.10}]}");

        done(scope.create(any, record));
        done(scope.update(any, "t1", task -> ((ObjectNode) task).put("more", true)));

        assertThat(server.executed).last().isEqualTo("update task/t1 {\"more\":true}");
        assertThat(scope.get(any, "t1").orElseThrow().path("nested")).isEqualTo(record.path("nested"));
        assertThat(scope.snapshot(EntityType.json("task"))).hasSize(1);
    }

    @Test
    void theMapperOfTheApplicationIsUsed() {
        @EnumNaming(EnumNamingStrategies.LowerCamelCaseStrategy.class)
        enum State {
            IN_PROGRESS
        }
        record Job(String id, String projectId, State state) {}
        EntityType<Job> type = EntityType.of("task", Job.class);
        JsonMapper mapper = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .build();
        Scope scope = store(StitchSchema.root(PROJECT).child(type, "project_id").build(), mapper)
                .openScope("p1");
        time.advanceTime();

        done(scope.create(type, new Job("t1", "p1", State.IN_PROGRESS)));

        assertThat(server.executed).containsExactly("create task/t1 {\"project_id\":\"p1\",\"state\":\"inProgress\"}");
        assertThat(scope.snapshot(type)).containsExactly(new Job("t1", "p1", State.IN_PROGRESS));
    }

    @Test
    void aRecordThatDoesNotFitIsLeftOutOfListsAndSaidToBe() {
        StitchStore store = store(SCHEMA, JsonMapper.shared());
        Scope scope = store.openScope("p1");
        List<List<Task>> lists = new ArrayList<>();
        scope.records(TASK).subscribe(lists::add);
        time.advanceTime();

        receive("{'id':'t1','projectId':'p1','priority':'URGENT'}");

        assertThat(lists).last().isEqualTo(List.of());
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.UNREADABLE_RECORD, 1L);
        assertThatThrownBy(() -> scope.get(TASK, "t1"))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("task 't1'")
                .hasMessageContaining("URGENT");
    }

    // ---- updates by way of a type ----

    @Test
    void aTypedUpdateWritesWhatChangedAndNothingElse() {
        Scope scope = scopeWithMore();

        Task stored = done(scope.update(TASK, "t1", task -> task.titled("Refit it")));

        assertThat(stored.title()).isEqualTo("Refit it");
        assertThat(server.executed).containsExactly("update task/t1 {\"title\":\"Refit it\"}");
        assertThat(json(scope).without("_version").without("title"))
                .isEqualTo(((ObjectNode) parsed(JSON)).without("title"));
    }

    @Test
    void fieldsThatATypeDoesNotKnowSurviveInsideARecordThatItWrites() {
        Scope scope = scopeWithMore();

        done(scope.update(OLD_TASK, "t1", task -> task.owned(new OldPerson("Ravi"))));

        assertThat(server.executed)
                .containsExactly(
                        "update task/t1 {\"owner\":{\"name\":\"Ravi\",\"phone\":\"112\",\"badge\":{\"number\":7}}}");
    }

    @Test
    void theElementsOfAListKeepWhatATypeDoesNotKnowOfThemWhereverTheyMove() {
        Scope scope = scopeWithMore();

        done(scope.update(
                OLD_TASK,
                "t1",
                task -> task.doing(
                        List.of(new OldStep("s3", "Look"), new OldStep("s2", "Fill it"), new OldStep("s1", "Drain")))));

        assertThat(json(scope).path("steps"))
                .isEqualTo(parsed("[{'id':'s3','text':'Look'},{'id':'s2','text':'Fill it','done':false,'tool':'hose'},"
                        + "{'id':'s1','text':'Drain','done':true,'tool':'pump'}]"));
    }

    @Test
    void anElementWithoutAnIdIsKnownByItsPlaceWhereNothingWasAddedOrRemoved() {
        Scope scope = scopeWithMore();

        done(scope.update(TASK, "t1", task -> task.sized(List.of(task.sizes().get(0), new Size(3, 5)))));
        assertThat(json(scope).path("sizes"))
                .isEqualTo(parsed("[{'width':1.50000000000000000001,'height':2,'unit':'m'},"
                        + "{'width':3,'height':5.0,'unit':'cm'}]"));

        done(scope.update(TASK, "t1", task -> task.sized(List.of(new Size(9, 9)))));
        assertThat(json(scope).path("sizes")).isEqualTo(parsed("[{'width':9.0,'height':9.0}]"));
    }

    @Test
    void anElementThatIsReplacedByAnotherTakesNothingOver() {
        Scope scope = scopeWithMore();

        done(scope.update(
                OLD_TASK, "t1", task -> task.doing(List.of(task.steps().get(0), new OldStep("s9", "Close")))));

        assertThat(json(scope).path("steps").get(1)).isEqualTo(parsed("{'id':'s9','text':'Close'}"));
    }

    @Test
    void aSetIsWrittenAsItIsThoughItHasAnOrderOfItsOwn() {
        Scope scope = scopeWithMore();

        done(scope.update(TASK, "t1", task -> task.labelled(new TreeSet<>(Set.of("blue", "white")))));

        assertThat(json(scope).path("labels")).isEqualTo(parsed("['blue','white']"));
    }

    @Test
    void aValueThatTheTypeCannotExpressStaysUnlessItIsChanged() {
        Scope scope = scope(JsonMapper.builder()
                .enable(EnumFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
                .build());
        receive(JSON.replace("'HIGH'", "'URGENT'"));
        assertThat(scope.get(TASK, "t1").orElseThrow().priority()).isEqualTo(Priority.OTHER);

        done(scope.update(TASK, "t1", task -> task.titled("Refit it")));
        assertThat(json(scope).path("priority").stringValue()).isEqualTo("URGENT");

        done(scope.update(TASK, "t1", task -> task.prioritised(Priority.LOW)));
        assertThat(json(scope).path("priority").stringValue()).isEqualTo("LOW");
    }

    @Test
    void aClearedFieldIsClearedAndANestedOneToo() {
        Scope scope = scopeWithMore();

        done(scope.update(TASK, "t1", task -> task.owned(new Person("Mara", null))));
        assertThat(json(scope).path("owner")).isEqualTo(parsed("{'name':'Mara','phone':null,'badge':{'number':7}}"));

        done(scope.update(TASK, "t1", task -> task.owned(null)));
        assertThat(server.executed).last().isEqualTo("update task/t1 {\"owner\":null}");
        assertThat(json(scope).hasNonNull("owner")).isFalse();
    }

    @Test
    void anUpdateThatChangesNothingIsNotSent() {
        Scope scope = scopeWithMore();

        MutationResult<Task> result =
                done(scope.update(TASK, "t1", task -> task).result());

        assertThat(result.status()).isEqualTo(Status.SYNCED);
        assertThat(result.record()).isEqualTo(scope.get(TASK, "t1").orElseThrow());
        assertThat(server.executed).isEmpty();
    }

    @Test
    void anUpdateThatChangesNothingIsQueuedLikeTheWritesBeforeIt() {
        Scope scope = scopeWithMore();
        server.loseRequestsTo("update");
        scope.update(TASK, "t1", Patch.of("title", "Refit it")).subscribe();
        time.advanceTime();

        assertThat(done(scope.update(TASK, "t1", task -> task).result()).status())
                .isEqualTo(Status.QUEUED);
    }

    @Test
    void eachOfSeveralUpdatesSeesWhatTheOneBeforeItDid() {
        StitchStore store = store(SCHEMA, JsonMapper.shared());
        RecordCollection<Counter> counters = store.collection(COUNTER);
        Counter counter = new Counter();
        counter.id = "c1";
        done(counters.create(counter));

        Mutation<Counter> countUp = counters.update("c1", seen -> {
            seen.count++;
            return seen;
        });
        for (int i = 0; i < 10; i++) {
            countUp.subscribe();
        }
        store.batch(Flux.just(countUp, countUp)).subscribe();
        time.advanceTime();

        assertThat(counters.get("c1").orElseThrow().count).isEqualTo(12);
    }

    @Test
    void anUpdateOfARecordThatIsNotHereSaysSo() {
        StepVerifier.create(scope().update(TASK, "t1", task -> task))
                .then(time::advanceTime)
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                RequestRefusedException.class,
                                refused -> assertThat(refused.code()).isEqualTo(404)));
    }

    @Test
    void whatTheFunctionThrowsGoesToTheCallerAndTheNextWriteIsTaken() {
        Scope scope = scopeWithMore();

        StepVerifier.create(scope.update(TASK, "t1", task -> {
                    throw new IllegalStateException("no");
                }))
                .then(time::advanceTime)
                .verifyErrorMessage("no");
        StepVerifier.create(scope.update(TASK, "t1", task -> {
                    throw new AssertionError("no");
                }))
                .then(time::advanceTime)
                .verifyErrorSatisfies(error -> assertThat(error).hasRootCauseMessage("no"));
        StepVerifier.create(scope.update(TASK, "t1", task -> null))
                .then(time::advanceTime)
                .verifyErrorSatisfies(error ->
                        assertThat(error).isInstanceOf(SchemaException.class).hasMessageContaining("returned null"));

        assertThat(done(scope.update(TASK, "t1", task -> task.titled("Refit it")))
                        .title())
                .isEqualTo("Refit it");
    }

    @Test
    void theIdAndTheServersFieldsCannotBeChanged() {
        Scope scope = scopeWithMore();
        EntityType<ObjectNode> json = EntityType.json("task");

        for (String field : List.of("id", "_version")) {
            StepVerifier.create(scope.update(json, "t1", task -> task.put(field, "other")))
                    .then(time::advanceTime)
                    .verifyErrorSatisfies(error -> assertThat(error)
                            .isInstanceOf(SchemaException.class)
                            .hasMessageContaining("'" + field + "'"));
        }
        assertThat(server.executed).isEmpty();
    }

    @Test
    void aPatchReplacesAFieldThatHoldsARecordAsAWhole() {
        Scope scope = scopeWithMore();

        done(scope.update(TASK, "t1", Patch.of("owner", new Person("Ravi", null))));

        assertThat(json(scope).path("owner")).isEqualTo(parsed("{'name':'Ravi','phone':null}"));
        assertThat(json(scope).path("colour").stringValue()).isEqualTo("red");
    }
}
