package io.stitch.samples.benchmarks;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchStore;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A store that is to see what happened on a server without it: how long that takes from the moment when it is connected. */
final class Following implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(60);

    private final StitchStore store;
    private volatile long connectedAt;
    private volatile CountDownLatch connected = new CountDownLatch(1);

    private Following(StitchStore store) {
        this.store = store;
        store.connection().filter(ConnectionStatus::isConnected).subscribe(status -> {
            connectedAt = System.nanoTime();
            connected.countDown();
        });
    }

    static Following start(String url, String clientId, ServerSync mode) {
        Following following = new Following(StitchStore.builder()
                .schema(Workload.SCHEMA)
                .remote(RemoteOptions.to(url))
                .clientId(clientId)
                .syncMode(mode)
                .build());
        following.store.start().block(LIMIT);
        following.awaitConnected();
        return following;
    }

    /** A server whose scopes have so many tasks, as Workload has them. */
    static StitchServer server(StitchServerOptions.Builder options, int tasks) {
        StitchServer server = StitchServer.start(options.root(Workload.PROJECT.name())
                .scopeField(Workload.SCOPE_FIELD)
                .build());
        seed(server, tasks);
        return server;
    }

    static void seed(StitchServer server, int tasks) {
        server.seed(Workload.PROJECT.name(), List.of(Workload.project(tasks)));
        server.seed(Workload.TASK.name(), Workload.tasks(tasks).toList());
    }

    /** Changes a task as another client would. */
    static void change(StitchServer server, int tasks, int index, String title) {
        server.put(
                Workload.TASK.name(),
                "{\"id\":\"%s\",\"title\":\"%s\"}".formatted(Workload.taskId(tasks, index), title));
    }

    StitchStore store() {
        return store;
    }

    /** Waits until the scope has so many tasks. */
    static void awaitTasks(Scope scope, int tasks) {
        scope.records(Workload.TASK).filter(all -> all.size() == tasks).blockFirst(LIMIT);
    }

    /** Before a connection ends: what is waited for is the next one. */
    void expectConnection() {
        connected = new CountDownLatch(1);
    }

    /** {@return when it was connected, by the clock of {@link System#nanoTime}} */
    long awaitConnected() {
        await(connected, "connected");
        return connectedAt;
    }

    static void await(CountDownLatch latch, String what) {
        try {
            if (!latch.await(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("Not " + what + " within " + LIMIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted before it was " + what, e);
        }
    }

    /** Counts the changes of tasks from now on. */
    static Seen seen(Scope scope, int changes) {
        Seen seen = new Seen(changes);
        scope.mutations()
                .filter(event -> event.entity().equals(Workload.TASK.name()))
                .subscribe(event -> seen.one());
        return seen;
    }

    static String title(ObjectNode task) {
        return task.path("title").asString();
    }

    /** So many changes that are waited for. */
    static final class Seen {
        private final CountDownLatch latch;
        private volatile long lastAt;

        Seen(int changes) {
            latch = new CountDownLatch(changes);
        }

        void one() {
            lastAt = System.nanoTime();
            latch.countDown();
        }

        /** {@return when the last one came} */
        long await() {
            Following.await(latch, "right");
            return lastAt;
        }
    }

    @Override
    public void close() {
        store.close().block(LIMIT);
    }
}
