package io.stitch.samples.webflux;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.FieldRules;
import io.stitch.reactive.StitchSchema;
import org.jspecify.annotations.Nullable;

import java.time.Instant;

/** What is kept in sync: a project is a board, and its tasks are on it. The project is the root, so its id names the scope. */
final class Board {
    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);

    static final StitchSchema SCHEMA = StitchSchema.root(
                    PROJECT, FieldRules.none().required("name"))
            .child(TASK, "projectId", FieldRules.none().required("title", "status"))
            .build();

    private Board() {}

    enum Status {
        OPEN,
        DOING,
        DONE
    }

    record Project(String id, String name) {}

    record Task(
            String id,
            String projectId,
            String title,
            Status status,
            @Nullable String assignee,
            @Nullable Instant created) {}
}
