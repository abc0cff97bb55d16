package io.stitch.samples.benchmarks;

import io.stitch.reactive.Scope;
import io.stitch.reactive.ServerSync;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A large scope that is compared after a reconnect: nothing has changed, or a little has. The bytes are all that goes through the socket,
 * the connecting among them; the time runs from the moment when the store says that it is connected.
 *
 * @param tasks the size of the scope
 * @param changed how many tasks have changed meanwhile; 0 for none
 * @param rounds how often
 */
record Reconnect(int tasks, int changed, Rounds rounds) implements Scenario {
    private static final Limit UNCHANGED_BYTES = Limit.atMost(1_024);
    private static final Limit UNCHANGED_MS = Limit.atMost(20);
    private static final Limit CHANGED_BYTES = Limit.atMost(153_600);
    private static final Limit CHANGED_MS = Limit.atMost(150);

    private record Round(double millis, long bytes) {}

    @Override
    public String name() {
        return "reconnect/%d/%s".formatted(tasks, changed == 0 ? "unchanged" : changed + "-changed");
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    @Override
    public List<Figure> measure(String noUrl) {
        List<Round> all = new ArrayList<>();
        try (StitchServer server =
                        Following.server(StitchServerOptions.builder().helloSpacing(Duration.ZERO), tasks);
                Relay relay = Relay.before(server.port());
                Following store = Following.start(
                        relay.url(),
                        "reconnecting",
                        ServerSync.builder().helloSpacing(Duration.ofMillis(1)).build())) {
            Scope scope = store.store().openScope(Workload.scope(tasks));
            Following.awaitTasks(scope, tasks);
            relay.awaitQuiet();
            all.addAll(rounds.run(index -> round(server, relay, store, scope, index)));
        }
        return List.of(
                new Figure(
                        name(),
                        Sample.of(all, Round::millis),
                        "ms",
                        changed == 0 ? UNCHANGED_MS : CHANGED_MS,
                        changed == 0 ? "to the last byte" : "to the last change at a subscriber"),
                new Figure(
                        name() + "/bytes",
                        Sample.of(all, round -> (double) round.bytes()),
                        "bytes",
                        changed == 0 ? UNCHANGED_BYTES : CHANGED_BYTES,
                        "both ways, CONNECT and SUBSCRIBE among them"));
    }

    private Round round(StitchServer server, Relay relay, Following store, Scope scope, int index) {
        store.expectConnection();
        store.store().disconnect().block(Following.LIMIT);
        for (int i = 0; i < changed; i++) {
            Following.change(server, tasks, (i * 7_919 + index) % tasks, "round " + index);
        }
        relay.awaitQuiet();
        Following.Seen seen = Following.seen(scope, changed);
        long before = relay.bytes();
        store.store().reconnect().block(Following.LIMIT);
        long connected = store.awaitConnected();
        long right = changed == 0 ? 0 : seen.await();
        relay.awaitQuiet();
        return new Round(((changed == 0 ? relay.lastAt() : right) - connected) / 1e6, relay.bytes() - before);
    }
}
