package io.stitch.reactive;

import io.stitch.reactive.Board.Task;
import io.stitch.reactive.ListQuery.Operator;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

import static io.stitch.reactive.Board.LIMIT;
import static io.stitch.reactive.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A server cuts every list at 10 000 records before it sorts them. What an application gets is whole, and right, all the same. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WholeListsTest {
    private static final int TASKS = 12_345;

    private final StitchServer server =
            StitchServer.start(StitchServerOptions.builder().build());
    private StitchStore store;

    /** A task of which only some fields were asked for. */
    record Loose(
            String id, @Nullable String projectId, @Nullable String title) {}

    @BeforeAll
    void connect() {
        Board.seedProject(server, "p1", TASKS);
        Board.seedProject(server, "p2", 3);
        store = Board.connect(server, "ada");
    }

    @AfterAll
    void close() {
        Board.close(store);
        server.close();
    }

    private List<Task> list(ListQuery query) {
        return store.list(TASK, query).block(LIMIT);
    }

    @Test
    void aListWithoutAPartIsWhole() {
        List<Task> all = list(ListQuery.all().where("projectId", Operator.EQ, "p1"));

        assertThat(all)
                .extracting(Task::id)
                .isEqualTo(IntStream.range(0, TASKS)
                        .mapToObj("p1-t%06d"::formatted)
                        .toList());
    }

    @Test
    void aListInAnotherOrderIsWholeAndInThatOrder() {
        List<Task> all = list(ListQuery.all().sortBy("projectId", false).sortBy("title", false));

        assertThat(all)
                .hasSize(TASKS + 3)
                .isSortedAccordingTo(Comparator.comparing(Task::projectId)
                        .thenComparing(Task::title)
                        .reversed());
    }

    @Test
    void theFirstOfManyAreTheFirstOfAll() {
        List<Task> last = list(ListQuery.all()
                .where("projectId", Operator.EQ, "p1")
                .sortBy("id", false)
                .page(1, 2));

        assertThat(last)
                .extracting(Task::id)
                .containsExactly("p1-t%06d".formatted(TASKS - 2), "p1-t%06d".formatted(TASKS - 3));
    }

    @Test
    void aPartInTheOrderOfIdsIsAskedForAsItIs() {
        List<Task> part = list(ListQuery.all().sortBy("id", true).page(9_990, 10));

        assertThat(part).hasSize(10).last().extracting(Task::id).isEqualTo("p1-t009999");
    }

    @Test
    void asManyFiltersAsAQueryTakesAreAllHeeded() {
        ListQuery query = ListQuery.all();
        for (int i = 0; i < 14; i++) {
            query = query.where("id", Operator.GTE, "p1-t%06d".formatted(12_000 + i));
        }
        query = query.where("projectId", Operator.EQ, "p1").where("title", Operator.NEQ, "Task 12344");

        assertThat(list(query)).hasSize(TASKS - 12_013 - 1).extracting(Task::id).doesNotContain("p1-t012344");
    }

    @Test
    void whatNoServerKnowsIsLookedAtHereInAllThatItHas() {
        ListQuery found = ListQuery.all()
                .where("projectId", Operator.EQ, "p1")
                .whereAny(
                        new ListQuery.Filter("title", Operator.CONTAINS, "tASK 1234"),
                        new ListQuery.Filter("id", Operator.EQ, "p1-t000007"),
                        new ListQuery.Filter("id", Operator.EQ, "p2-t000001"));

        assertThat(list(found))
                .extracting(Task::id)
                .containsExactly(
                        "p1-t000007",
                        "p1-t001234",
                        "p1-t012340",
                        "p1-t012341",
                        "p1-t012342",
                        "p1-t012343",
                        "p1-t012344");
        assertThat(list(found.page(1, 2))).extracting(Task::id).containsExactly("p1-t001234", "p1-t012340");
        assertThat(list(found.sortBy("id", false).fields("title").page(0, 1)))
                .extracting(Task::id)
                .containsExactly("p1-t012344");
    }

    @Test
    void fieldsThatAreOnlyComparedAreNotReturned() {
        EntityType<Loose> loose = EntityType.of("task", Loose.class);

        List<Loose> titles = store.list(
                        loose,
                        ListQuery.all()
                                .sortBy("projectId", false)
                                .sortBy("id", true)
                                .fields("title"))
                .block(LIMIT);

        assertThat(titles)
                .hasSize(TASKS + 3)
                .allSatisfy(task -> assertThat(task.projectId()).isNull());
        assertThat(titles.get(0).id()).isEqualTo("p2-t000000");
    }

    @Test
    void whatTheServerRefusesIsToldAsBefore() {
        store.disconnect().block(LIMIT);
        try {
            assertThatThrownBy(() -> list(ListQuery.all())).isInstanceOf(RequestFailedException.class);
        } finally {
            store.connect().block(LIMIT);
        }
    }
}
