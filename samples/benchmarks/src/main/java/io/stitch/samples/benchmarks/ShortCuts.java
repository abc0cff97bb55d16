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
 * What happens to a store every day, with all its usual pauses and its server's: its connection is cut for a second, it is started anew
 * under the same client id, a scope is opened again and again, an event gets lost.
 *
 * @param rounds how often
 */
record ShortCuts(Rounds rounds) implements Scenario {
    private static final int TASKS = 1_000;
    private static final Limit FLAP_MS = Limit.atMost(100);
    private static final Limit RESTART_MS = Limit.atMost(200);
    private static final Limit FOURTH_MS = Limit.atMost(100);
    private static final Limit NOTICED_MS = Limit.atMost(2_000);
    private static final long CUT_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** A fourth opening finds one hello more than three in six seconds. */
    private static final long BETWEEN_OPENINGS_NANOS = TimeUnit.MILLISECONDS.toNanos(2_100);

    @Override
    public String name() {
        return "flap";
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    @Override
    public List<Figure> measure(String noUrl) {
        try (StitchServer server = Following.server(StitchServerOptions.builder(), TASKS);
                Relay relay = Relay.before(server.port())) {
            List<Figure> figures = new ArrayList<>();
            add(figures, "flap/short-cut", FLAP_MS, "one write of another meanwhile", index -> flap(server, relay, index));
            add(figures, "restart/same-client-id", RESTART_MS, "to the last record", index -> restart(relay, index));
            add(figures, "open/fourth-time", FOURTH_MS, "2.1 s after the one before", index -> fourth(relay, index));
            add(figures, "lost-event/noticed", NOTICED_MS, "from the next event", index -> lost(server, relay, index));
            return figures;
        }
    }

    private interface Round {
        double millis(int index);
    }

    private void add(List<Figure> figures, String name, Limit limit, String note, Round round) {
        List<Double> all = rounds.run(round::millis);
        figures.add(new Figure(name, Sample.of(all, Double::doubleValue), "ms", limit, note));
    }

    private static double flap(StitchServer server, Relay relay, int index) {
        try (Following store = Following.start(relay.url(), "flapping-" + index, ServerSync.create())) {
            Scope scope = open(store);
            Following.Seen seen = Following.seen(scope, 1);
            store.expectConnection();
            relay.cut();
            Following.change(server, TASKS, index, "flap " + index);
            LockSupport.parkNanos(CUT_NANOS);
            relay.heal();
            long connected = store.awaitConnected();
            return (seen.await() - connected) / 1e6;
        }
    }

    private static double restart(Relay relay, int index) {
        try (Following first = Following.start(relay.url(), "restarted-" + index, ServerSync.create())) {
            open(first);
        }
        try (Following second = Following.start(relay.url(), "restarted-" + index, ServerSync.create())) {
            long start = System.nanoTime();
            open(second);
            return (System.nanoTime() - start) / 1e6;
        }
    }

    private static double fourth(Relay relay, int index) {
        try (Following store = Following.start(relay.url(), "opening-" + index, ServerSync.create())) {
            for (int i = 0; i < 3; i++) {
                open(store).close();
                LockSupport.parkNanos(BETWEEN_OPENINGS_NANOS);
            }
            long start = System.nanoTime();
            open(store);
            return (System.nanoTime() - start) / 1e6;
        }
    }

    private static double lost(StitchServer server, Relay relay, int index) {
        try (Following store = Following.start(relay.url(), "losing-" + index, ServerSync.create())) {
            Scope scope = open(store);
            String title = "lost " + index;
            server.dropEvents(true);
            Following.change(server, TASKS, 1, title);
            server.dropEvents(false);
            long start = System.nanoTime();
            Following.change(server, TASKS, 2, "next " + index);
            scope.records(Workload.TASK)
                    .filter(tasks -> tasks.stream().map(Following::title).anyMatch(title::equals))
                    .blockFirst(Following.LIMIT);
            return (System.nanoTime() - start) / 1e6;
        }
    }

    private static Scope open(Following store) {
        Scope scope = store.store().openScope(Workload.scope(TASKS));
        Following.awaitTasks(scope, TASKS);
        return scope;
    }
}
