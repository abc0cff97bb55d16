package io.stitch.reactive.spring;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.FieldRules;
import io.stitch.reactive.StitchSchema;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import java.time.OffsetDateTime;

/** What the tests keep in sync. */
final class Board {
    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);

    private Board() {}

    record Project(String id, String name) {}

    record Task(
            String id,
            String projectId,
            String title,
            @Nullable OffsetDateTime due) {}

    @Configuration(proxyBeanMethods = false)
    static class SchemaOnly {
        @Bean
        StitchSchema schema() {
            return StitchSchema.root(PROJECT)
                    .child(TASK, "projectId", FieldRules.none().required("title"))
                    .build();
        }
    }
}
