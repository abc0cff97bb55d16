package io.stitch.samples.benchmarks;

import io.stitch.reactive.Scope;
import io.stitch.reactive.ServerSync;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Many stores with one scope lose their broker for two seconds, and come back; one record was changed meanwhile. The time runs from the
 * last one's connection until the last one is right.
 *
 * @param stores how many
 * @param tasks the size of the scope
 * @param rounds how often
 */
record Storm(int stores, int tasks, Rounds rounds) implements Scenario {
    private static final Limit MILLIS = Limit.atMost(500);
    private static final Limit BYTES = Limit.atMost(409_600);
    private static final long DOWN_NANOS = TimeUnit.SECONDS.toNanos(2);

    private record Round(double millis, long bytes) {}

    @Override
    public String name() {
        return "storm/%dx%d".formatted(stores, tasks);
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    @Override
    public List<Figure> measure(String noUrl) {
        List<Round> all = new ArrayList<>();
        List<Following> clients = new ArrayList<>();
        try (StitchServer server = Following.server(StitchServerOptions.builder(), tasks);
                Relay relay = Relay.before(server.port())) {
            try {
                List<Scope> scopes = new ArrayList<>();
                for (int i = 0; i < stores; i++) {
                    Following store = Following.start(relay.url(), "storm-" + i, ServerSync.create());
                    clients.add(store);
                    scopes.add(store.store().openScope(Workload.scope(tasks)));
                }
                scopes.forEach(scope -> Following.awaitTasks(scope, tasks));
                all.addAll(rounds.run(index -> round(server, relay, clients, scopes, index)));
            } finally {
                clients.forEach(Following::close);
            }
        }
        return List.of(
                new Figure(name(), Sample.of(all, Round::millis), "ms", MILLIS, "from the last connection"),
                new Figure(
                        name() + "/bytes",
                        Sample.of(all, round -> (double) round.bytes()),
                        "bytes",
                        BYTES,
                        "of all stores, both ways"));
    }

    private Round round(StitchServer server, Relay relay, List<Following> clients, List<Scope> scopes, int index) {
        relay.awaitQuiet();
        clients.forEach(Following::expectConnection);
        List<Following.Seen> seen =
                scopes.stream().map(scope -> Following.seen(scope, 1)).toList();
        long before = relay.bytes();
        relay.cut();
        Following.change(server, tasks, index, "storm " + index);
        LockSupport.parkNanos(DOWN_NANOS);
        relay.heal();
        long connected =
                clients.stream().mapToLong(Following::awaitConnected).max().orElseThrow();
        long right = seen.stream().mapToLong(Following.Seen::await).max().orElseThrow();
        relay.awaitQuiet();
        return new Round((right - connected) / 1e6, relay.bytes() - before);
    }
}
