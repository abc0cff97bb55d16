package io.stitch.samples.interop;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

/** Projects and their tasks, as all clients here have them. */
final class Board {
    record Project(String id, String name) {}

    record Task(String id, String projectId, String title) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    /** Of each wait: nothing here takes as long, also on a machine that others use. */
    static final Duration LIMIT = Duration.ofSeconds(90);

    static final String SCOPE = "apollo";

    /** With it the server finds a scope's tasks without reading those of all others, as {@code docs/servers.md} tells its users to have it. */
    static final String INDEX = "--index=task:projectId";
    /** A root takes its children along. */
    static final String CASCADE = "--references=task:projectId>project:cascade";

    private Board() {}

    static StitchStore store(RemoteOptions remote) {
        return StitchStore.builder().schema(schema()).remote(remote).build();
    }

    static StitchSchema schema() {
        return StitchSchema.root(PROJECT).child(TASK, "projectId").build();
    }

    /** A store that is connected. */
    static StitchStore connected(String url) {
        return connected(RemoteOptions.to(url));
    }

    static StitchStore connected(RemoteOptions remote) {
        StitchStore store = store(remote);
        store.start().block(LIMIT);
        awaitConnected(store);
        return store;
    }

    static void awaitConnected(StitchStore store) {
        store.connection().filter(ConnectionStatus::isConnected).blockFirst(LIMIT);
    }

    /** A scope that holds what the server has. */
    static Scope open(StitchStore store, String id) {
        Scope scope = store.openScope(id);
        store.loadScope(id).block(LIMIT);
        return scope;
    }

    static void makeProject(StitchStore store, String id) {
        Scope scope = store.openScope(id);
        scope.create(PROJECT, new Project(id, "Project " + id)).block(LIMIT);
        settle(store);
    }

    static Task task(String id) {
        return new Task(id, SCOPE, "Task " + id);
    }

    /** The list of tasks as soon as it is so. */
    static List<Task> await(Scope scope, Predicate<List<Task>> wanted) {
        return scope.records(TASK).filter(wanted).blockFirst(LIMIT);
    }

    static Task awaitTitle(Scope scope, String id, String title) {
        return await(
                        scope,
                        tasks -> tasks.stream()
                                .anyMatch(task ->
                                        task.id().equals(id) && task.title().equals(title)))
                .stream()
                .filter(task -> task.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    /** Waits until the server has all that was written. */
    static void settle(StitchStore store) {
        store.pendingCount().filter(count -> count == 0).blockFirst(LIMIT);
    }

    static void close(StitchStore... stores) {
        Mono.whenDelayError(List.of(stores).stream().map(StitchStore::close).toList())
                .block(LIMIT);
    }
}
