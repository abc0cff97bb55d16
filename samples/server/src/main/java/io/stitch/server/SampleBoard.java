package io.stitch.server;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/** Boards of tasks to show clients with: the same records and rules for every sample, so that they can share a server. */
public final class SampleBoard {
    /** The id of the project that {@link #seed} makes. */
    public static final String PROJECT = "apollo";

    private static final Instant BEGUN = Instant.parse("2026-01-01T08:00:00Z");
    private static final List<String> VERBS =
            List.of("Inspect", "Replace", "Leak-test", "Calibrate", "Paint", "Document");
    private static final List<String> PARTS =
            List.of("gimbal", "ascent valve", "landing strut", "hatch seal", "fuel line", "heat shield", "radio mast");
    private static final List<String> STATUSES = List.of("OPEN", "OPEN", "DOING", "DONE");
    private static final List<String> CREW = List.of("Ada", "Ben", "Ines", "Mara", "Ravi");

    private SampleBoard() {}

    /**
     * How a server of boards behaves: it refuses a second task with the same title, so that a refusal can be seen.
     *
     * @return options to add to
     */
    public static StitchServerOptions.Builder rules() {
        return StitchServerOptions.builder()
                .schema(EntitySchema.of("project").withNotNull("name"))
                .schema(EntitySchema.of("task")
                        .withNotNull("title")
                        .withUnique("title")
                        .withForeignKey("projectId", "project", ForeignKey.OnDelete.CASCADE));
    }

    /**
     * Gives a server that has no project yet one with tasks. Blocks.
     *
     * @param server the server
     * @param tasks how many tasks
     */
    public static void seed(StitchServer server, int tasks) {
        if (server.records("project").isEmpty()) {
            server.seed("project", List.of(project(PROJECT, "Apollo refit")));
            server.seed("task", tasks(PROJECT, tasks));
        }
    }

    /**
     * A project.
     *
     * @param id its id
     * @param name its name
     * @return the record
     */
    public static ObjectNode project(String id, String name) {
        return JsonMapper.shared().createObjectNode().put("id", id).put("name", name);
    }

    /**
     * Tasks, always the same ones: each with a title of its own, half of them open, two of three given to somebody.
     *
     * @param project their project's id
     * @param count how many
     * @return the records, the oldest first
     */
    public static List<ObjectNode> tasks(String project, int count) {
        return IntStream.range(0, count).mapToObj(n -> task(project, n)).toList();
    }

    private static ObjectNode task(String project, int n) {
        ObjectNode task = JsonMapper.shared()
                .createObjectNode()
                .put("id", "%s-%05d".formatted(project, n))
                .put("projectId", project)
                .put("title", "%s the %s #%d".formatted(of(VERBS, n), of(PARTS, n), n))
                .put("status", of(STATUSES, n))
                .put("created", BEGUN.plusSeconds(60L * n).toString());
        if (n % 3 != 0) {
            task.put("assignee", of(CREW, n));
        }
        return task;
    }

    private static String of(List<String> words, int n) {
        return words.get(n % words.size());
    }
}
