package io.stitch.samples.interop;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The crate {@code stitch-sync} in a process of its own, which does as it is told. */
final class OtherClient implements AutoCloseable {
    /** It wrote the 10 000 records of a scope to its disk in 20 to 47 s. */
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private final Child process = new Child(Programs.client(), List.of());

    private OtherClient() {}

    /** A connected client with a local database below a folder: without one it shows nothing of a scope, and nothing of what others write. */
    static OtherClient connected(String url, String clientId, Path folder) {
        OtherClient client = new OtherClient();
        String path = folder.resolve(clientId).toString();
        JsonNode status = client.tell("open", Map.of("url", url, "clientId", clientId, "path", path));
        if (!status.asString().equals("connected")) {
            throw new AssertionError("The other client is not connected, but " + status);
        }
        return client;
    }

    /** Gives a command, and returns what it answers. */
    JsonNode tell(String command, Map<String, ?> arguments) {
        JsonNode answer = ask(command, arguments);
        if (!answer.has("ok")) {
            throw new AssertionError(command + " " + arguments + ": " + answer);
        }
        return answer.path("ok");
    }

    /** Gives a command that may fail, and returns the answer with its {@code ok} or {@code error}. */
    JsonNode ask(String command, Map<String, ?> arguments) {
        ObjectNode line = JsonMapper.shared().valueToTree(arguments);
        process.say(line.put("do", command));
        return process.next(LIMIT);
    }

    JsonNode open(String scope) {
        return tell("scope", Map.of("scope", scope));
    }

    void create(String entity, String scope, Object record) {
        tell("create", Map.of("entity", entity, "scope", scope, "data", record));
    }

    void update(String entity, String id, Map<String, ?> fields) {
        tell("update", Map.of("entity", entity, "id", id, "data", fields));
    }

    void delete(String entity, String id) {
        tell("delete", Map.of("entity", entity, "id", id));
    }

    int tasks(String scope) {
        return tell("count", Map.of("entity", "task", "scope", scope)).asInt();
    }

    /** Waits until it shows so many tasks. */
    void awaitTasks(String scope, int count) {
        awaited(Map.of("entity", "task", "scope", scope, "count", count));
    }

    /** Waits until it shows a task with this title. */
    void awaitTitle(String id, String title) {
        awaited(Map.of("entity", "task", "id", id, "data", Map.of("title", title)));
    }

    /** Waits until it does not show a task any more. */
    void awaitGone(String id) {
        awaited(Map.of("entity", "task", "id", id));
    }

    private void awaited(Map<String, ?> what) {
        if (tell("shown", what).isNull()) {
            throw new AssertionError("The other client never showed " + what);
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
