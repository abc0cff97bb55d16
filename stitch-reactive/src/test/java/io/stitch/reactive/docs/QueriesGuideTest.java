package io.stitch.reactive.docs;

import io.stitch.reactive.ListQuery;
import io.stitch.reactive.ListQuery.Filter;
import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.QueryChange;
import io.stitch.reactive.QueryRange;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordRow;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ScopeStatus;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.docs.Refit.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import static io.stitch.reactive.docs.Refit.LIMIT;
import static io.stitch.reactive.docs.Refit.SCHEMA;
import static io.stitch.reactive.docs.Refit.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** The code of docs/queries.md, and that it does what the chapter says. */
class QueriesGuideTest {
    private final List<Object> printed = new CopyOnWriteArrayList<>();
    private final List<RecordRow<Task>> drawn = new CopyOnWriteArrayList<>();
    private final StitchStore store = Refit.offline(SCHEMA);
    private final Scope scope = store.replaceScope("apollo");

    @AfterEach
    void close() {
        store.close().block(LIMIT);
    }

    private void print(Object line) {
        printed.add(line);
    }

    // ---- the code of the guide ----

    private Flux<QueryResult<Task>> find() {
        ListQuery ofRavi = ListQuery.all()
                .where("assignee", Operator.EQ, "Ravi")
                .sortBy("title", true)
                .page(0, 50);
        Flux<QueryResult<Task>> found = scope.query(TASK, ofRavi);
        found.subscribe(result -> print(result.records().size() + " of " + result.count()));
        return found;
    }

    private void draw(Flux<QueryResult<Task>> found) {
        found.subscribe(result -> {
            for (QueryChange<Task> change : result.changes()) {
                if (change instanceof QueryChange.Inserted<Task> inserted) {
                    drawn.add(inserted.index(), inserted.row());
                } else if (change instanceof QueryChange.Moved<Task> moved) {
                    drawn.remove(moved.from());
                    drawn.add(moved.to(), moved.row());
                } else if (change instanceof QueryChange.Changed<Task> changed) {
                    drawn.set(changed.index(), changed.row());
                } else if (change instanceof QueryChange.Removed<Task> removed) {
                    drawn.remove(removed.index());
                }
            }
        });
    }

    private Flux<QueryResult<Task>> search(String text) {
        return scope.query(
                TASK,
                ListQuery.all()
                        .whereAny(
                                new Filter("title", Operator.CONTAINS, text),
                                new Filter("assignee", Operator.CONTAINS, text))
                        .sortBy("title", true));
    }

    private void count() {
        scope.query(TASK, ListQuery.all().groupBy("assignee").page(0, 1))
                .subscribe(result -> result.groups().forEach(group -> print(group.value() + ": " + group.count())));
    }

    private void everywhere(ListQuery ofRavi) {
        store.query(TASK, ofRavi).subscribe(result -> print(result.count() + " in open scopes"));
        store.query(TASK, ofRavi, QueryRange.KEPT).subscribe(result -> print(result.count() + " on this device"));
    }

    private Flux<String> says() {
        Flux<String> says = scope.status().map(status -> switch (status.state()) {
            case OPENING -> "Opening …";
            case OFFLINE -> status.isCompared() ? "Offline since " + status.comparedAt() : "Offline: not here yet";
            case COMPARING -> "Asking …";
            case COMPARED, ALONE -> "Nothing here";
            case REFUSED -> "Not yours";
        });
        return says;
    }

    // ---- what the guide says of it ----

    @Test
    void aListIsFoundDrawnAndCounted() {
        Flux<QueryResult<Task>> found = find();
        draw(found);
        count();
        everywhere(ListQuery.all().where("assignee", Operator.EQ, "Ravi"));
        scope.create(TASK, new Task("t1", "apollo", "Weld it", "Ravi")).block(LIMIT);
        scope.create(TASK, new Task("t2", "apollo", "Clean it", "Ravi")).block(LIMIT);
        scope.create(TASK, new Task("t3", "apollo", "Paint it", "Ines")).block(LIMIT);

        StepVerifier.create(found.map(QueryResult::records).next())
                .assertNext(tasks -> assertThat(tasks).extracting(Task::id).containsExactly("t2", "t1"))
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(
                        scope.query(TASK, ListQuery.all().groupBy("assignee").page(0, 1))
                                .map(result -> result.groups().size()))
                .expectNext(2)
                .thenCancel()
                .verify(LIMIT);
        StepVerifier.create(store.query(TASK, ListQuery.all(), QueryRange.KEPT).map(QueryResult::count))
                .expectNext(3)
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void aTextIsSearchedForInAnyOfTheFields() {
        scope.create(TASK, new Task("t1", "apollo", "Weld it", "Ravi")).block(LIMIT);
        scope.create(TASK, new Task("t2", "apollo", "Travel", "Ines")).block(LIMIT);
        scope.create(TASK, new Task("t3", "apollo", "Paint it", "Ines")).block(LIMIT);

        StepVerifier.create(Flux.just("RAV", "*").concatMap(text -> search(text).take(1)))
                .assertNext(found ->
                        assertThat(found.records()).extracting(Task::id).containsExactly("t2", "t1"))
                .assertNext(found -> assertThat(found.records()).isEmpty())
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void offlineNobodySaysThatThereIsNothing() {
        StepVerifier.create(says().filter(says -> !says.startsWith("Opening")))
                .expectNext("Offline: not here yet")
                .thenCancel()
                .verify(LIMIT);
        assertThat(ScopeStatus.State.values()).hasSize(6);
    }
}
