package io.stitch.samples.quickstart;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.StitchSchema;
import org.jspecify.annotations.Nullable;

import java.time.LocalDate;

/**
 * What the two clients keep in sync: a project with its tasks and notes. The project is the root, so its id names the
 * scope; tasks and notes belong to it by their field {@code projectId}.
 */
final class Board {
    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    static final EntityType<Note> NOTE = EntityType.of("note", Note.class);

    static final StitchSchema SCHEMA = StitchSchema.root(PROJECT)
            .child(TASK, "projectId")
            .child(NOTE, "projectId")
            .build();

    private Board() {}

    enum Status {
        OPEN,
        DOING,
        DONE
    }

    record Project(String id, String name, String lead, LocalDate due) {}

    record Task(
            String id,
            String projectId,
            String title,
            Status status,
            @Nullable String assignee,
            LocalDate due) {}

    record Note(String id, String projectId, String author, String text) {}
}
