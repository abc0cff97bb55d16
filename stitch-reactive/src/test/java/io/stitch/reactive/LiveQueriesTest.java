package io.stitch.reactive;

import io.stitch.reactive.ListQuery.Filter;
import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.QueryChange.Changed;
import io.stitch.reactive.QueryChange.Inserted;
import io.stitch.reactive.QueryChange.Moved;
import io.stitch.reactive.QueryChange.Removed;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** What an application sees of a live query. */
class LiveQueriesTest {
    record Project(String id, @Nullable String name) {}

    record Task(
            String id,
            String projectId,
            @Nullable String title,
            @Nullable Integer rank) {}

    record Person(String id, String name) {}

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final EntityType<Person> PERSON = EntityType.of("person", Person.class);
    private static final StitchSchema SCHEMA =
            StitchSchema.root(PROJECT).child(TASK, "projectId").topLevel(PERSON).build();
    private static final ListQuery BY_RANK = ListQuery.all().sortBy("rank", true);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final ModelServer server = ModelServer.ofNew();
    private final SlowDisk disk = new SlowDisk(new InMemoryPersistence());
    private final StitchStore store = StitchStore.builder()
            .schema(SCHEMA)
            .remote(RemoteOptions.to("mqtt://broker.example"))
            .persistence(disk)
            .scheduler(time)
            .connector(server.broker)
            .build();
    private final Scope scope = store.openScope("p1");

    @BeforeEach
    void start() {
        store.start().subscribe();
        settle();
    }

    @AfterEach
    void close() {
        disk.resumeReads();
        disk.resumeAnswers();
        store.close().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(10));
        time.dispose();
    }

    private void settle() {
        time.advanceTime();
    }

    private void write(Mutation<?> mutation) {
        mutation.subscribe(written -> {}, refused -> {});
        settle();
    }

    private void task(String id, int rank) {
        write(scope.create(TASK, new Task(id, "p1", "title of " + id, rank)));
    }

    private void rank(String id, int rank) {
        write(scope.update(TASK, id, Patch.of("rank", rank)));
    }

    private void cut() {
        server.broker.unreachable(100);
        server.broker.end(0x8B);
        settle();
    }

    private <T> List<QueryResult<T>> results(Flux<QueryResult<T>> query) {
        List<QueryResult<T>> results = new ArrayList<>();
        query.subscribe(results::add);
        settle();
        return results;
    }

    private static <T> QueryResult<T> last(List<QueryResult<T>> results) {
        return results.get(results.size() - 1);
    }

    private static List<String> ids(QueryResult<Task> result) {
        return result.records().stream().map(Task::id).toList();
    }

    @Test
    void theFirstResultComesAtOnceAndEachBatchOfChangesMakesTheNext() {
        task("b", 2);
        task("a", 3);
        List<QueryResult<Task>> results = results(scope.query(TASK, BY_RANK));
        assertThat(results).singleElement().satisfies(first -> {
            assertThat(ids(first)).containsExactly("b", "a");
            assertThat(first.count()).isEqualTo(2);
            assertThat(first.changes()).hasOnlyElementsOfType(Inserted.class).hasSize(2);
        });
        cut(); // So that no answer follows.
        store.batch(Flux.just(
                        scope.update(TASK, "b", Patch.of("rank", 9)), scope.create(TASK, new Task("c", "p1", null, 1))))
                .subscribe();
        settle();

        assertThat(results).hasSize(2);
        assertThat(ids(last(results))).containsExactly("c", "a", "b");
        assertThat(ids(results.get(0))).as("what is held stays as it is").containsExactly("b", "a");
    }

    @Test
    void aWindowTellsWhatComesIntoItMovesInItAndLeavesIt() {
        for (int i = 1; i <= 6; i++) {
            task("t" + i, 10 * i);
        }
        List<QueryResult<Task>> results = results(scope.query(TASK, BY_RANK.page(1, 3)));
        assertThat(ids(last(results))).containsExactly("t2", "t3", "t4");
        cut();

        rank("t6", 25);
        assertThat(ids(last(results))).containsExactly("t2", "t6", "t3");
        assertThat(last(results).changes()).containsExactly(new Removed<>(2), new Inserted<>(1, row("t6", 25)));
        assertThat(last(results).count()).isEqualTo(6);

        rank("t6", 31);
        assertThat(last(results).changes()).containsExactly(new Moved<>(1, 2, row("t6", 31)));
        rank("t6", 32);
        assertThat(last(results).changes()).containsExactly(new Changed<>(2, row("t6", 32)));

        int before = results.size();
        rank("t5", 51);
        assertThat(results).as("nobody sees that").hasSize(before);
        rank("t1", 45);
        assertThat(ids(last(results))).containsExactly("t3", "t6", "t4");
        assertThat(last(results).changes().get(0)).isEqualTo(new Removed<>(0));
    }

    private static RecordRow<Task> row(String id, int rank) {
        return new RecordRow<>(new Task(id, "p1", "title of " + id, rank), 1, true);
    }

    @Test
    void aMarkThatChangesIsAChange() {
        task("a", 1);
        cut();
        List<QueryResult<Task>> results = results(scope.query(TASK, BY_RANK));
        List<List<Task>> lists = new ArrayList<>();
        scope.records(TASK).subscribe(lists::add);
        settle();
        write(scope.update(TASK, "a", Patch.of("rank", 1)));

        assertThat(last(results).rows())
                .singleElement()
                .satisfies(row -> assertThat(row.pending()).isTrue());
        assertThat(last(results).changes()).hasSize(1).hasOnlyElementsOfType(Changed.class);
        assertThat(lists).as("a list of records has no marks").hasSize(1);
    }

    @Test
    void recordsThatMatchAreCountedByAValue() {
        task("a", 1);
        task("b", 1);
        task("c", 2);
        write(scope.create(TASK, new Task("d", "p1", "no rank", null)));
        List<QueryResult<Task>> results =
                results(scope.query(TASK, ListQuery.all().groupBy("rank").page(0, 1)));
        assertThat(groups(last(results))).endsWith("1=2", "2=1").hasSize(3);
        assertThat(last(results).count()).isEqualTo(4);
        cut();

        rank("b", 2);
        assertThat(groups(last(results))).endsWith("1=1", "2=2");
        assertThat(last(results).changes())
                .as("the row that is shown is the same")
                .isEmpty();
        write(scope.delete(TASK, "a"));
        assertThat(groups(last(results))).endsWith("2=2").hasSize(2);
    }

    private static List<String> groups(QueryResult<?> result) {
        return result.groups().stream()
                .map(group -> (group.value().isMissingNode() ? "absent" : group.value()) + "=" + group.count())
                .toList();
    }

    @Test
    void aSlowSubscriberGetsOneRightDifferenceOverAllThatItMissed() {
        task("a", 1);
        List<RecordRow<Task>> drawn = new ArrayList<>();
        StepVerifier.create(scope.query(TASK, BY_RANK), 1)
                .then(this::settle)
                .assertNext(first -> first.changes().forEach(change -> change.applyTo(drawn)))
                .then(() -> {
                    for (int i = 9; i > 1; i--) {
                        task("t" + i, i);
                    }
                    rank("a", 5);
                    write(scope.delete(TASK, "t3"));
                })
                .thenRequest(1)
                .then(this::settle)
                .assertNext(next -> {
                    next.changes().forEach(change -> change.applyTo(drawn));
                    assertThat(drawn).isEqualTo(next.rows()).hasSize(8);
                })
                .thenRequest(5)
                .then(this::settle)
                .expectNoEvent(Duration.ZERO)
                .thenCancel()
                .verify();
    }

    @Test
    void aQueryOverOpenScopesFollowsThemAsTheyOpenAndClose() {
        task("a", 3);
        List<QueryResult<Task>> results = results(store.query(TASK, BY_RANK));
        Scope other = store.openScope("p2");
        settle();
        write(other.create(TASK, new Task("b", "p2", null, 1)));
        assertThat(ids(last(results))).containsExactly("b", "a");
        write(scope.update(TASK, "a", Patch.of("projectId", "p2")));
        assertThat(ids(last(results))).containsExactly("b", "a");

        other.close();
        settle();
        assertThat(ids(last(results))).isEmpty();
        Scope again = store.openScope("p2");
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(ids(last(results))).containsExactly("b", "a");
        assertThat(again.isClosed()).isFalse();
    }

    @Test
    void aQueryOverWhatIsKeptHasClosedScopesAndWhatIsPendingInThem() {
        task("a", 3);
        task("b", 1);
        task("c", 7);
        scope.close();
        time.advanceTimeBy(Duration.ofSeconds(1));
        List<QueryResult<Task>> results =
                results(store.query(TASK, BY_RANK.where("rank", Operator.LT, 5), QueryRange.KEPT));
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(ids(last(results))).containsExactly("b", "a");
        cut();

        Scope again = store.openScope("p1");
        settle();
        write(again.update(TASK, "c", Patch.of("rank", 0)));
        again.close();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(ids(last(results))).containsExactly("c", "b", "a");
        assertThat(last(results).rows().get(0).pending()).isTrue();

        server.broker.connectErrors.clear();
        time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(last(results).rows().get(0).pending())
                .as("the write is settled though its scope is closed")
                .isFalse();
    }

    @Test
    void aTextIsSearchedForInAnyFieldAlsoInClosedScopes() {
        task("a", 3);
        task("b", 1);
        write(scope.create(TASK, new Task("c", "p1", null, 7)));
        ListQuery found =
                BY_RANK.whereAny(new Filter("title", Operator.CONTAINS, "OF A"), new Filter("rank", Operator.EQ, 7));
        List<QueryResult<Task>> here = results(scope.query(TASK, found));
        List<QueryResult<Task>> kept = results(store.query(TASK, found, QueryRange.KEPT));
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(ids(last(here))).isEqualTo(ids(last(kept))).containsExactly("a", "c");

        write(scope.update(TASK, "b", Patch.of("title", "Boat of Ada")));
        assertThat(ids(last(here))).isEqualTo(ids(last(kept))).containsExactly("b", "a", "c");
        write(scope.update(TASK, "a", Patch.of("title", null)));
        assertThat(last(here).changes()).contains(new Removed<>(1));
        scope.close();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(ids(last(kept))).containsExactly("b", "c");
        assertThat(ids(last(results(store.query(TASK, found, QueryRange.KEPT)))))
                .containsExactly("b", "c");
        List<List<Task>> lists = new ArrayList<>();
        store.list(TASK, found.page(0, 1)).subscribe(lists::add);
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(lists)
                .singleElement()
                .satisfies(list -> assertThat(list).extracting(Task::id).containsExactly("b"));
    }

    @Test
    void aWindowOverAHundredThousandRecordsIsRightAfterEachOfAThousandChanges() {
        int size = 100_000;
        int offset = 50_000;
        Random random = new Random(11);
        int[] ranks = random.ints(size, 0, size).toArray();
        TreeSet<Place> model = new TreeSet<>();
        Batch batch = new Batch();
        for (int i = 0; i < size; i++) {
            model.add(new Place(ranks[i], i));
            batch.put(new StoredRecord(
                    new RecordKey("task", numbered(i)),
                    "p9",
                    1,
                    "{\"id\":\"%s\",\"projectId\":\"p9\",\"rank\":%d,\"_version\":1}"
                            .formatted(numbered(i), ranks[i])
                            .getBytes(StandardCharsets.UTF_8)));
        }
        cut();
        disk.apply(batch).subscribe();
        Scope large = store.openScope("p9");
        settle();
        List<RecordRow<Task>> drawn = new ArrayList<>();
        List<Integer> steps = new ArrayList<>();
        large.query(TASK, BY_RANK.page(offset, 50)).subscribe(result -> {
            result.changes().forEach(change -> change.applyTo(drawn));
            steps.add(result.changes().size());
            assertThat(result.count()).isEqualTo(size);
        });
        settle();
        for (int change = 0; change < 1_000; change++) {
            int number = random.nextInt(size);
            model.remove(new Place(ranks[number], number));
            ranks[number] = random.nextInt(size); // Every other one crosses the window, or moves in it.
            model.add(new Place(ranks[number], number));
            write(large.update(TASK, numbered(number), Patch.of("rank", ranks[number])));

            assertThat(drawn)
                    .extracting(row -> row.record().id())
                    .isEqualTo(model.stream()
                            .skip(offset)
                            .limit(50)
                            .map(place -> numbered(place.number()))
                            .toList());
        }
        assertThat(steps.get(0)).isEqualTo(50);
        assertThat(steps.subList(1, steps.size())).isNotEmpty().allMatch(count -> count <= 2);
    }

    private record Place(int rank, int number) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            return rank == other.rank ? Integer.compare(number, other.number) : Integer.compare(rank, other.rank);
        }
    }

    private static String numbered(int number) {
        return "t%06d".formatted(number);
    }

    @Test
    void whatALogoutForgetsLeavesAQueryOverWhatIsKept() {
        task("a", 3);
        List<QueryResult<Task>> results = results(store.query(TASK, BY_RANK, QueryRange.KEPT));
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(last(results).count()).isEqualTo(1);
        store.resetForLogout(true).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(5));

        assertThat(last(results).count()).isZero();
    }

    @Test
    void whatIsForgottenWhileItIsReadIsNotShownToWhoeverComesNext() {
        task("a", 3);
        scope.close();
        time.advanceTimeBy(Duration.ofSeconds(1));
        disk.stallAnswers();
        List<QueryResult<Task>> results = results(store.query(TASK, BY_RANK, QueryRange.KEPT));
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(results).isEmpty();
        store.resetForLogout(true).subscribe();
        time.advanceTimeBy(Duration.ofSeconds(5));
        disk.resumeAnswers();
        time.advanceTimeBy(Duration.ofSeconds(5));

        assertThat(results)
                .singleElement()
                .satisfies(result -> assertThat(result.count()).isZero());
    }

    @Test
    void ofMoreThanIsRememberedWhileTheDiskIsReadNothingIsLeftOut() {
        task("a", 3);
        cut();
        disk.stallReads();
        List<QueryResult<Task>> results = results(store.query(TASK, BY_RANK, QueryRange.KEPT));
        time.advanceTimeBy(Duration.ofSeconds(1));
        store.batch(Flux.range(0, 16_400).map(i -> scope.create(TASK, new Task("t" + i, "p1", null, i))))
                .subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(results).isEmpty();
        disk.resumeReads();
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(results)
                .singleElement()
                .satisfies(result -> assertThat(result.count()).isEqualTo(16_401));
    }

    @Test
    void anEntityWithoutScopesIsAskedAsWell() {
        write(store.collection(PERSON).create(new Person("ada", "Ada")));
        ListQuery query = ListQuery.all().where("name", Operator.LIKE, "A*");
        assertThat(last(results(store.query(PERSON, query))).count()).isEqualTo(1);
        assertThat(last(results(store.query(PERSON, query, QueryRange.KEPT))).count())
                .isEqualTo(1);
        assertThat(last(results(store.collection(PERSON).query(query))).records())
                .containsExactly(new Person("ada", "Ada"));
    }

    @Test
    void objectsThatCouldBeChangedAreMadeAnewForEachResult() {
        task("a", 1);
        EntityType<ObjectNode> json = EntityType.json("task");
        List<QueryResult<ObjectNode>> results =
                results(scope.query(json, ListQuery.all().fields("rank")));
        last(results).records().get(0).put("rank", 99);
        task("b", 2);

        assertThat(last(results).records())
                .extracting(JsonNode::toString)
                .containsExactly("{\"id\":\"a\",\"rank\":1}", "{\"id\":\"b\",\"rank\":2}");
        assertThat(last(results).records().get(0))
                .isSameAs(last(results).rows().get(0).record());
    }

    @Test
    void aRecordThatDoesNotFitIsLeftOutAndReported() {
        List<QueryResult<Task>> results = results(scope.query(TASK, BY_RANK));
        server.put("task", "{'id':'bad','projectId':'p1','rank':'high'}");
        server.announce("task/bad");
        task("a", 1);

        assertThat(ids(last(results))).containsExactly("a");
        assertThat(last(results).count()).isEqualTo(1);
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.UNREADABLE_RECORD, 1L);
    }

    @Test
    void aQueryEndsWithItsHandleAndWithTheStore() {
        Scope second = store.openScope("p1");
        settle();
        List<String> ends = new ArrayList<>();
        scope.query(TASK, BY_RANK).doOnComplete(() -> ends.add("first")).subscribe();
        second.query(TASK, BY_RANK).doOnComplete(() -> ends.add("second")).subscribe();
        store.query(TASK, BY_RANK).doOnComplete(() -> ends.add("open")).subscribe();
        store.query(TASK, BY_RANK, QueryRange.KEPT)
                .doOnComplete(() -> ends.add("kept"))
                .subscribe();
        store.collection(PERSON)
                .query(BY_RANK)
                .doOnComplete(() -> ends.add("people"))
                .subscribe();
        settle();
        scope.close();
        settle();
        assertThat(ends).containsExactly("first");
        store.close().subscribe();
        time.advanceTimeBy(Duration.ofSeconds(10));
        assertThat(ends).containsExactlyInAnyOrder("first", "second", "open", "kept", "people");
        StepVerifier.create(second.query(TASK, BY_RANK)).verifyComplete();
        StepVerifier.create(store.query(TASK, BY_RANK)).verifyComplete();
    }

    @Test
    void whatCannotBeAskedIsRefusedWhereItIsAsked() {
        assertThatExceptionOfType(SchemaException.class).isThrownBy(() -> scope.query(PERSON, BY_RANK));
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> scope.query(TASK, ListQuery.all().where("rank", Operator.EQ, List.of(1))));
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> store.query(TASK, ListQuery.all().where("rank", Operator.EQ, List.of(1))));
        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(() -> store.list(TASK, ListQuery.all().groupBy("rank")))
                .withMessageContaining("query()");
        ListQuery late = ListQuery.all().page(9_500, 1_000);
        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(() -> store.list(TASK, late))
                .withMessageContaining("10000 records");
        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(() -> store.listRoots(PROJECT, late))
                .withMessageContaining("10000 records");
        assertThat(store.list(TASK, ListQuery.all().page(9_500, 500))).isNotNull();
    }

    @Test
    void whatASubscriberPutIntoTheContextIsThereUpstream() {
        List<String> seen = new ArrayList<>();
        Flux.deferContextual(context -> {
                    seen.add(context.get("request"));
                    return scope.query(TASK, BY_RANK);
                })
                .contextWrite(context -> context.put("request", "r1"))
                .subscribe(result -> seen.add("result"));
        settle();

        assertThat(seen).containsExactly("r1", "result");
    }
}
