package io.stitch.samples.webflux;

import io.stitch.reactive.Patch;
import io.stitch.samples.webflux.Board.Status;
import io.stitch.samples.webflux.Board.Task;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.Arrays;
import java.util.Map;

/** Reads which fields of a task to change. An object of Java would not do: it cannot tell a null from a field that is not there. */
final class TaskPatch {
    static final String FIELDS = "some of title, status and assignee";
    static final int LONGEST_TITLE = 500;
    static final int LONGEST_ASSIGNEE = 100;

    private TaskPatch() {}

    static Patch of(JsonNode body) {
        if (!(body instanceof ObjectNode object) || object.isEmpty()) {
            throw invalid("Send a JSON object with the fields to change, %s.".formatted(FIELDS));
        }
        Patch patch = Patch.none();
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            patch = patch.and(field.getKey(), value(field.getKey(), field.getValue()));
        }
        return patch;
    }

    /** {@return the task with what a patch changes} */
    static Task applied(Patch patch, Task task) {
        Map<String, ?> fields = patch.fields();
        return new Task(
                task.id(),
                task.projectId(),
                fields.get("title") instanceof String title ? title : task.title(),
                fields.get("status") instanceof String status ? Status.valueOf(status) : task.status(),
                fields.containsKey("assignee") ? (String) fields.get("assignee") : task.assignee(),
                task.created(),
                task.version());
    }

    private static @Nullable Object value(String field, JsonNode value) {
        return switch (field) {
            case "title" -> title(value);
            case "status" -> status(value);
            case "assignee" -> value.isNull() ? null : text(field, value, LONGEST_ASSIGNEE);
            default ->
                throw invalid("A task has no field '%s' that can be changed. Send %s."
                        .formatted(Malformed.shown(field), FIELDS));
        };
    }

    private static String title(JsonNode value) {
        String title = text("title", value, LONGEST_TITLE);
        if (title.isBlank()) {
            throw invalid("The title must not be blank. Delete the task if it is not needed.");
        }
        return title;
    }

    private static String status(JsonNode value) {
        return Arrays.stream(Status.values())
                .map(Enum::name)
                .filter(name -> value.isString() && name.equals(value.stringValue()))
                .findFirst()
                .orElseThrow(
                        () -> invalid("The status must be one of %s.".formatted(Arrays.toString(Status.values()))));
    }

    private static String text(String field, JsonNode value, int longest) {
        if (!value.isString() || value.stringValue().length() > longest) {
            throw invalid("The %s must be a text of at most %d characters.".formatted(field, longest));
        }
        if (!Texts.isWellFormed(value.stringValue())) {
            throw invalid("The %s has half of a pair of surrogates in it, which is no letter. Send whole letters."
                    .formatted(field));
        }
        return value.stringValue();
    }

    private static ProblemException invalid(String detail) {
        return new ProblemException(HttpStatus.BAD_REQUEST, "INVALID", detail, Sentences.CANNOT_BE_SO);
    }
}
