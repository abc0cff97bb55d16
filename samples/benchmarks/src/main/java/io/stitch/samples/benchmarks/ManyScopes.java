package io.stitch.samples.benchmarks;

import io.stitch.reactive.Scope;
import io.stitch.reactive.ServerSync;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One store with many scopes: until all are there, what it says when nothing happens, and until the last is right after a cut.
 *
 * @param scopes how many
 * @param tasks the size of each
 * @param idleSeconds how long nothing happens
 */
record ManyScopes(int scopes, int tasks, int idleSeconds) implements Scenario {
    private static final Limit OPEN_MS = Limit.atMost(2_500);
    private static final Limit IDLE = Limit.atMost(0);
    private static final Limit CUT_MS = Limit.atMost(1_000);

    @Override
    public String name() {
        return "scopes/%dx%d".formatted(scopes, tasks);
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    @Override
    public List<Figure> measure(String noUrl) {
        try (StitchServer server = StitchServer.start(StitchServerOptions.builder()
                        .root(Workload.PROJECT.name())
                        .scopeField(Workload.SCOPE_FIELD)
                        .build());
                Relay relay = Relay.before(server.port());
                Following store = Following.start(relay.url(), "many-scopes", ServerSync.create())) {
            for (int i = 0; i < scopes; i++) {
                seed(server, i);
            }
            long start = System.nanoTime();
            List<Scope> open = new ArrayList<>();
            for (int i = 0; i < scopes; i++) {
                open.add(store.store().openScope("scope-" + i));
            }
            open.forEach(scope -> Following.awaitTasks(scope, tasks));
            double opened = (System.nanoTime() - start) / 1e6;
            relay.awaitQuiet();
            long before = relay.packets();
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(idleSeconds));
            long idle = relay.packets() - before;
            double cut = cut(server, relay, store, open);
            return List.of(
                    one(name() + "/open", opened, "ms", OPEN_MS, "to the last record of the last scope"),
                    one(name() + "/idle-messages", (double) idle, "messages", IDLE, "in %d s".formatted(idleSeconds)),
                    one(name() + "/cut", cut, "ms", CUT_MS, "from the connection, one write of another in each scope"));
        }
    }

    private static Figure one(String name, double value, String unit, Limit limit, String note) {
        return new Figure(name, new Sample(value, value, value), unit, limit, note);
    }

    private double cut(StitchServer server, Relay relay, Following store, List<Scope> open) {
        store.expectConnection();
        List<Following.Seen> seen =
                open.stream().map(scope -> Following.seen(scope, 1)).toList();
        relay.cut();
        for (int i = 0; i < scopes; i++) {
            server.put(Workload.TASK.name(), "{\"id\":\"s%d-t0\",\"title\":\"changed\"}".formatted(i));
        }
        relay.heal();
        long connected = store.awaitConnected();
        long right = seen.stream().mapToLong(Following.Seen::await).max().orElseThrow();
        return (right - connected) / 1e6;
    }

    private void seed(StitchServer server, int scope) {
        ObjectNode root = Workload.project(tasks).put("id", "scope-" + scope);
        server.seed(Workload.PROJECT.name(), List.of(root));
        List<ObjectNode> records = new ArrayList<>();
        for (int i = 0; i < tasks; i++) {
            records.add(Workload.task(tasks, i)
                    .put("id", "s%d-t%d".formatted(scope, i))
                    .put(Workload.SCOPE_FIELD, "scope-" + scope));
        }
        server.seed(Workload.TASK.name(), records);
    }
}
