package io.stitch.samples.desktop;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.FieldRules;
import io.stitch.reactive.StitchSchema;
import org.jspecify.annotations.Nullable;

import java.time.Instant;

/** What is kept in sync, the same as on the task board in the browser: both can share a server. */
final class Board {
    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);

    static final StitchSchema SCHEMA = StitchSchema.root(
                    PROJECT, FieldRules.none().required("name"))
            .child(TASK, "projectId", FieldRules.none().required("title", "status"))
            .build();

    private Board() {}

    enum Status {
        OPEN("Open"),
        DOING("Doing"),
        DONE("Done");

        private final String text;

        Status(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
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
