package io.stitch.samples.benchmarks;

import java.util.List;

/**
 * Writes to a server that replays, through a store with an open scope, against the bare client that makes the same requests with
 * as many of them in flight.
 *
 * @param plan the writes of one round
 * @param server the server
 * @param rounds how often
 */
record Writes(WritePlan plan, ServerSpec server, Rounds rounds) implements Scenario {
    private static final Limit RATE_LIMIT = Limit.atLeast(0.85);
    private static final Limit LATENCY_LIMIT = Limit.atMost(1.3);

    @Override
    public String name() {
        return "writes/" + plan.inFlight();
    }

    @Override
    public List<Figure> measure(String serverUrl) {
        List<Pair<Double>> pairs = rounds.run(index -> round(serverUrl, index));
        return List.of(plan.inFlight() == 1 ? latency(pairs) : rate(pairs));
    }

    private Figure rate(List<Pair<Double>> pairs) {
        return new Figure(
                name() + "/rate",
                Pair.ratio(pairs, seconds -> plan.writes() / seconds),
                "ratio",
                RATE_LIMIT,
                "store %s writes/s, bare %s"
                        .formatted(
                                Table.number(Pair.store(pairs, seconds -> plan.writes() / seconds)
                                        .median()),
                                Table.number(Pair.bare(pairs, seconds -> plan.writes() / seconds)
                                        .median())));
    }

    private Figure latency(List<Pair<Double>> pairs) {
        return new Figure(
                name() + "/latency",
                Pair.ratio(pairs, seconds -> seconds),
                "ratio",
                LATENCY_LIMIT,
                "store %s, bare %s"
                        .formatted(
                                ScopeOpen.millis(Pair.store(pairs, this::millisPerWrite)),
                                ScopeOpen.millis(Pair.bare(pairs, this::millisPerWrite))));
    }

    private double millisPerWrite(double seconds) {
        return seconds * 1_000 / plan.writes();
    }

    private Pair<Double> round(String serverUrl, int index) {
        return Pair.inTurn(index, () -> store(serverUrl), () -> bare(serverUrl));
    }

    private double bare(String serverUrl) {
        try (BareClient bare = BareClient.connected(serverUrl)) {
            bare.open(plan.tasks());
            System.gc();
            return bare.write(plan);
        }
    }

    private double store(String serverUrl) {
        try (StoreClient store = StoreClient.connected(serverUrl)) {
            store.open(plan.tasks());
            System.gc();
            return store.write(plan);
        }
    }
}
