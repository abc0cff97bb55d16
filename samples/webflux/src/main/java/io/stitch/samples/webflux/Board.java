package io.stitch.samples.webflux;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.FieldRules;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.ListQuery.Filter;
import io.stitch.reactive.ListQuery.Operator;
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

    private static final String VERSION = "_version";

    private Board() {}

    /**
     * {@return the query for the tasks that have a text in their title or in the name of whoever does them, whatever its case; for all of them if
     * there is no text}
     */
    static ListQuery withText(String text) {
        return text.isBlank()
                ? ListQuery.all()
                : ListQuery.all()
                        .whereAny(
                                new Filter("title", Operator.CONTAINS, text.strip()),
                                new Filter("assignee", Operator.CONTAINS, text.strip()));
    }

    enum Status {
        OPEN,
        DOING,
        DONE
    }

    /**
     * A board.
     *
     * @param version the server's version of it, which is read and never written; {@code null} while the server has never had it
     */
    record Project(
            String id,
            String name,

            @JsonProperty(value = VERSION, access = JsonProperty.Access.WRITE_ONLY) @Nullable
            Long version) {
        Project(String id, String name) {
            this(id, name, null);
        }
    }

    /**
     * A task.
     *
     * @param version the server's version of it, which is read and never written; {@code null} while the server has never had it
     */
    record Task(
            String id,
            String projectId,
            String title,
            Status status,
            @Nullable String assignee,
            @Nullable Instant created,

            @JsonProperty(value = VERSION, access = JsonProperty.Access.WRITE_ONLY) @Nullable
            Long version) {
        Task(
                String id,
                String projectId,
                String title,
                Status status,
                @Nullable String assignee,
                @Nullable Instant created) {
            this(id, projectId, title, status, assignee, created, null);
        }
    }
}
