package io.stitch.samples.desktop;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.FieldRules;
import io.stitch.reactive.StitchSchema;
import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.Objects;

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

    /**
     * A board.
     *
     * @param name its name; empty while it is not known here, or if another program wrote it without one
     */
    record Project(String id, String name) {
        Project {
            name = Objects.requireNonNullElse(name, "");
        }
    }

    /**
     * A task. Among peers nobody checks what others write, so what must be there may be missing.
     *
     * @param title its title; empty if another program wrote it without one
     * @param status its column; the first if another program wrote it without one
     */
    record Task(
            String id,
            String projectId,
            String title,
            Status status,
            @Nullable String assignee,
            @Nullable Instant created) {
        Task {
            title = Objects.requireNonNullElse(title, "");
            status = Objects.requireNonNullElse(status, Status.OPEN);
        }
    }
}
