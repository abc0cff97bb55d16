package io.stitch.reactive;

import io.stitch.server.StitchServer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The schema that the tests on real brokers share, and ways to fill a server with it. */
final class Board {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    record Note(String id, @Nullable String text) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    static final EntityType<Note> NOTE = EntityType.of("note", Note.class);
    static final StitchSchema SCHEMA =
            StitchSchema.root(PROJECT).child(TASK, "projectId").topLevel(NOTE).build();
    /** Long enough for a slow machine; only a failing test waits for it. */
    static final Duration LIMIT = Duration.ofSeconds(60);

    private Board() {}

    static StitchStoreBuilder store(String url) {
        return StitchStore.builder().schema(SCHEMA).remote(RemoteOptions.to(url));
    }

    /** Starts a store and waits until it is connected. */
    static StitchStore connect(StitchStoreBuilder builder) {
        StitchStore store = builder.build();
        store.start().block(LIMIT);
        store.connection().filter(ConnectionStatus::isConnected).blockFirst(LIMIT);
        return store;
    }

    static StitchStore connect(StitchServer server, String clientId) {
        return connect(store(server.url()).clientId(clientId));
    }

    static void close(StitchStore... stores) {
        for (StitchStore store : stores) {
            store.close().block(LIMIT);
        }
    }

    static void seedProject(StitchServer server, String id, int tasks) {
        server.seed("project", List.of(json().put("id", id).put("name", "Project " + id)));
        List<ObjectNode> records = new ArrayList<>();
        for (int i = 0; i < tasks; i++) {
            records.add(json().put("id", "%s-t%06d".formatted(id, i))
                    .put("projectId", id)
                    .put("title", "Task " + i));
        }
        server.seed("task", records);
    }

    /** Waits until the scope's tasks are as many as this. */
    static Mono<List<Task>> tasks(Scope scope, int count) {
        return scope.records(TASK).filter(tasks -> tasks.size() == count).next();
    }

    static ObjectNode json() {
        return JsonMapper.shared().createObjectNode();
    }
}
