package io.stitch.samples.benchmarks;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.StitchSchema;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The records of every benchmark: a project with tasks of about 300 bytes of JSON, the same in every JVM and every run. */
final class Workload {
    static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    static final EntityType<ObjectNode> TASK = EntityType.json("task");
    static final String SCOPE_FIELD = "projectId";
    static final StitchSchema SCHEMA =
            StitchSchema.root(PROJECT).child(TASK, SCOPE_FIELD).build();

    private static final String[] WORDS = {
        "review",
        "the",
        "draft",
        "of",
        "our",
        "annual",
        "report",
        "call",
        "supplier",
        "about",
        "late",
        "order",
        "paint",
        "fence",
        "before",
        "winter",
        "comes",
        "ask",
        "Zoë",
        "for",
        "updated",
        "plan",
        "and",
        "send",
        "it",
        "to",
        "Jürgen"
    };

    private Workload() {}

    /** {@return the scope with this many tasks} */
    static String scope(int tasks) {
        return "project-" + tasks;
    }

    static ObjectNode project(int tasks) {
        return object().put("_version", 1).put("id", scope(tasks)).put("name", "A project with " + tasks + " tasks");
    }

    /** {@return the tasks of a scope, in the order of their ids} */
    static Stream<ObjectNode> tasks(int tasks) {
        return IntStream.range(0, tasks).mapToObj(index -> task(tasks, index));
    }

    /** {@return how many bytes of JSON a scope is} */
    static long jsonBytes(int tasks) {
        return Stream.concat(Stream.of(project(tasks)), tasks(tasks))
                .mapToLong(record -> record.toString().getBytes(StandardCharsets.UTF_8).length)
                .sum();
    }

    /** Ids are unique across scopes, because one server holds several. */
    static String taskId(int tasks, int index) {
        return "task-%d-%07d".formatted(tasks, index);
    }

    static ObjectNode task(int tasks, int index) {
        Random random = new Random(index);
        return object().put("_version", 1)
                .put("assignee", "user-" + random.nextInt(40))
                .put("createdAt", 1_760_000_000_000L + index * 1_000L)
                .put("description", words(random, 18))
                .put("done", random.nextInt(3) == 0)
                .put("id", taskId(tasks, index))
                .put("priority", random.nextInt(5))
                .put(SCOPE_FIELD, scope(tasks))
                .put("title", words(random, 6));
    }

    private static String words(Random random, int count) {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < count; i++) {
            words.append(i == 0 ? "" : " ").append(WORDS[random.nextInt(WORDS.length)]);
        }
        return words.toString();
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
