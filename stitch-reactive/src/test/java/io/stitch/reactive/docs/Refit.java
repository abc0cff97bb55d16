package io.stitch.reactive.docs;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/** The entities that the guide is about. */
final class Refit {
    /** Long enough for a slow machine; only a failing test waits for it. */
    static final Duration LIMIT = Duration.ofSeconds(60);

    /** Where nobody listens. */
    static final RemoteOptions NOWHERE = RemoteOptions.to("mqtt://127.0.0.1:1");

    private Refit() {}

    record Project(String id, String name) {}

    record Task(
            String id,
            String projectId,
            String title,
            @Nullable String assignee) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);

    static final StitchSchema SCHEMA =
            StitchSchema.root(PROJECT).child(TASK, "projectId").build();

    /** A store that does not even try to connect. */
    static StitchStore offline(StitchSchema schema) {
        StitchStore store = StitchStore.builder()
                .schema(schema)
                .remote(NOWHERE)
                .autoConnect(false)
                .build();
        store.start().block(LIMIT);
        return store;
    }

    static StitchStore connected(String url, StitchSchema schema) {
        StitchStore store = StitchStore.builder()
                .schema(schema)
                .remote(RemoteOptions.to(url))
                .build();
        store.start().block(LIMIT);
        store.connection().filter(ConnectionStatus::isConnected).blockFirst(LIMIT);
        return store;
    }
}
