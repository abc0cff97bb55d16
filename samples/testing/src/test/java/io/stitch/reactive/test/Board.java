package io.stitch.reactive.test;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.StitchSchema;
import org.jspecify.annotations.Nullable;

/** The entities of the tests. */
final class Board {
    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    static final StitchSchema SCHEMA =
            StitchSchema.root(PROJECT).child(TASK, "projectId").build();

    private Board() {}

    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title, boolean done) {}

    static Task task(String id) {
        return new Task(id, "apollo", "Refit the gimbal", false);
    }

    static String json(String id) {
        return "{\"id\":\"%s\",\"projectId\":\"apollo\",\"title\":\"Refit the gimbal\",\"done\":false}".formatted(id);
    }
}
