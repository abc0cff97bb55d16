package io.stitch.reactive.h2;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.Patch;
import io.stitch.reactive.QueryRange;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordRow;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** A live query has what is on disk of closed scopes, and what is written to them since. */
class LiveQueriesOnDiskTest {
    record Project(String id) {}

    record Task(String id, String projectId, int rank) {}

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final ListQuery LOW =
            ListQuery.all().where("rank", Operator.LT, 10).sortBy("rank", true).groupBy("projectId");

    @TempDir
    Path folder;

    private StitchStore start() {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtt://127.0.0.1:1"))
                .autoConnect(false)
                .persistence(H2Persistence.file(folder.resolve("db")))
                .build();
        store.start().block(LIMIT);
        return store;
    }

    private static List<String> ids(QueryResult<Task> result) {
        return result.records().stream().map(Task::id).toList();
    }

    @Test
    void closedScopesAreFoundAfterARestartAndFollowed() {
        StitchStore before = start();
        for (String project : List.of("p1", "p2")) {
            try (Scope scope = before.openScope(project)) {
                scope.create(TASK, new Task("a-" + project, project, 5)).block(LIMIT);
                scope.create(TASK, new Task("b-" + project, project, 50)).block(LIMIT);
            }
        }
        before.close().block(LIMIT);

        StitchStore store = start();
        List<RecordRow<Task>> drawn = new ArrayList<>();
        QueryResult<Task> last = store.query(TASK, LOW, QueryRange.KEPT)
                .doOnNext(result -> result.changes().forEach(change -> change.applyTo(drawn)))
                .doOnNext(result -> {
                    if (ids(result).equals(List.of("a-p1", "a-p2"))) {
                        Scope scope = store.openScope("p2");
                        scope.update(TASK, "b-p2", Patch.of("rank", 1)).subscribe(updated -> scope.close());
                    }
                })
                .filter(result -> result.count() == 3)
                .blockFirst(LIMIT);

        assertThat(last).isNotNull().satisfies(result -> {
            assertThat(ids(result)).containsExactly("b-p2", "a-p1", "a-p2");
            assertThat(result.groups()).extracting(group -> group.count()).containsExactly(1, 2);
            assertThat(drawn).isEqualTo(result.rows());
        });
        store.close().block(LIMIT);
    }
}
