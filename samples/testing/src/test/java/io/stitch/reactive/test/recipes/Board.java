package io.stitch.reactive.test.recipes;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.List;

/** The application that the recipes test. */
final class Board {
    record Project(String id, String name) {}

    record Task(String id, String projectId, String title, boolean done) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    static final StitchSchema SCHEMA =
            StitchSchema.root(PROJECT).child(TASK, "projectId").build();

    private final Scope scope;

    Board(Scope scope) {
        this.scope = scope;
    }

    Mono<Task> add(String id, String title) {
        return scope.create(TASK, new Task(id, scope.id(), title, false));
    }

    Mono<Task> finish(String id) {
        return scope.update(TASK, id, Patch.of("done", true));
    }

    Flux<Long> openTasks() {
        return scope.records(TASK).map(Board::countOpen).distinctUntilChanged();
    }

    private static long countOpen(List<Task> tasks) {
        return tasks.stream().filter(task -> !task.done()).count();
    }
}
