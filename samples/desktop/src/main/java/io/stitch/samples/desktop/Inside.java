package io.stitch.samples.desktop;

import io.stitch.server.EntitySchema;
import io.stitch.server.ForeignKey;
import io.stitch.server.PlainBroker;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What runs inside the application so that one command is enough to see it: the reference server and a plain broker, each unless the
 * command line names another. Blocks; not for the JavaFX thread.
 */
final class Inside implements AutoCloseable {
    static final String SAMPLE = "apollo";

    private static final int SAMPLE_TASKS = 36;
    private static final List<String> VERBS = List.of("Inspect", "Replace", "Leak-test", "Calibrate", "Paint");
    private static final List<String> PARTS = List.of(
            "gimbal",
            "ascent valve",
            "landing strut",
            "hatch seal",
            "fuel line",
            "heat shield",
            "radio mast",
            "docking ring");
    private static final List<String> STATUSES = List.of("OPEN", "DOING", "OPEN", "DONE", "OPEN", "DONE", "DOING");
    private static final List<String> CREW = List.of("Ada", "Ben", "Ines", "Mara", "Ravi");

    private final @Nullable StitchServer server;
    private final @Nullable PlainBroker broker;
    private final String serverUrl;
    private final String brokerUrl;

    private Inside(Options options, @Nullable StitchServer server, @Nullable PlainBroker broker) {
        this.server = server;
        this.broker = broker;
        this.serverUrl = server == null ? String.valueOf(options.server()) : server.url();
        this.brokerUrl = broker == null ? String.valueOf(options.broker()) : broker.url();
    }

    /**
     * Starts what the options do not name.
     *
     * @throws IllegalStateException if the server's database is in use, by this application in another process for example
     */
    static Inside start(Options options) {
        StitchServer server = options.server() == null ? server(options.data().resolve("inside")) : null;
        PlainBroker broker = options.broker() == null ? PlainBroker.start() : null;
        return new Inside(options, server, broker);
    }

    String serverUrl() {
        return serverUrl;
    }

    String brokerUrl() {
        return brokerUrl;
    }

    private static StitchServer server(Path data) {
        StitchServer server = StitchServer.start(rules().data(data).build());
        if (server.records("project").isEmpty()) {
            server.seed("project", List.of(project(SAMPLE, "Apollo refit")));
            server.seed("task", tasks(SAMPLE, SAMPLE_TASKS));
        }
        return server;
    }

    /** How the server behaves: it refuses a second task with the same title, so that a refusal can be seen. */
    static StitchServerOptions.Builder rules() {
        return StitchServerOptions.builder()
                .schema(EntitySchema.of("project").withNotNull("name"))
                .schema(EntitySchema.of("task")
                        .withNotNull("title")
                        .withUnique("title")
                        .withForeignKey("projectId", "project", ForeignKey.OnDelete.CASCADE));
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
                .put("title", title(n))
                .put("status", STATUSES.get(n % STATUSES.size()))
                .put(
                        "created",
                        Instant.parse("2026-01-01T08:00:00Z")
                                .plusSeconds(60L * n)
                                .toString());
        if (n % 3 != 0) {
            task.put("assignee", CREW.get(n / 2 % CREW.size()));
        }
        return task;
    }

    private static String title(int n) {
        String title = "%s the %s".formatted(VERBS.get(n % VERBS.size()), PARTS.get(n % PARTS.size()));
        int round = n / (VERBS.size() * PARTS.size());
        return round == 0 ? title : title + " (" + (round + 1) + ")";
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
        if (broker != null) {
            broker.close();
        }
    }
}
