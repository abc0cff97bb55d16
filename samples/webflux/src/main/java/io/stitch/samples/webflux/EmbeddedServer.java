package io.stitch.samples.webflux;

import io.stitch.server.EntitySchema;
import io.stitch.server.ForeignKey;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/** The reference server inside the service, so that one command is enough to see the board. */
final class EmbeddedServer {
    static final String SAMPLE = "apollo";

    private static final List<String> VERBS =
            List.of("Inspect", "Replace", "Leak-test", "Calibrate", "Paint", "Document");
    private static final List<String> PARTS =
            List.of("gimbal", "ascent valve", "landing strut", "hatch seal", "fuel line", "heat shield", "radio mast");
    private static final List<String> CREW = List.of("Ada", "Ben", "Ines", "Mara", "Ravi");

    private EmbeddedServer() {}

    /** How the server behaves: it refuses a second task with the same title, so that a refusal can be seen. */
    static StitchServerOptions.Builder options() {
        return StitchServerOptions.builder()
                .schema(EntitySchema.of("project").withNotNull("name"))
                .schema(EntitySchema.of("task")
                        .withNotNull("title")
                        .withUnique("title")
                        .withForeignKey("projectId", "project", ForeignKey.OnDelete.CASCADE));
    }

    static StitchServer start(BoardProperties.Embedded settings) {
        StitchServer server = StitchServer.start(
                options().port(settings.port()).data(settings.data()).build());
        if (settings.sampleTasks() > 0 && server.records("project").isEmpty()) {
            server.seed("project", List.of(project(SAMPLE, "Apollo refit")));
            server.seed("task", tasks(SAMPLE, settings.sampleTasks()));
        }
        return server;
    }

    static ObjectNode project(String id, String name) {
        return JsonMapper.shared().createObjectNode().put("id", id).put("name", name);
    }

    static List<ObjectNode> tasks(String project, int count) {
        return IntStream.range(0, count).mapToObj(n -> task(project, n)).toList();
    }

    private static ObjectNode task(String project, int n) {
        ObjectNode task = JsonMapper.shared()
                .createObjectNode()
                .put("id", "%s-%05d".formatted(project, n))
                .put("projectId", project)
                .put("title", "%s the %s #%d".formatted(VERBS.get(n % 6), PARTS.get(n % 7), n))
                .put("status", List.of("OPEN", "OPEN", "DOING", "DONE").get(n % 4))
                .put(
                        "created",
                        Instant.parse("2026-01-01T08:00:00Z")
                                .plusSeconds(60L * n)
                                .toString());
        if (n % 3 != 0) {
            task.put("assignee", CREW.get(n % 5));
        }
        return task;
    }
}
