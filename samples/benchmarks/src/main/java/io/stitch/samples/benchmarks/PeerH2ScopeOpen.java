package io.stitch.samples.benchmarks;

import java.util.List;

/**
 * A fresh peer with a new H2 file opens a scope that another peer holds, against a fresh peer that keeps nothing.
 *
 * @param tasks the size of the scope
 * @param rounds how often
 */
record PeerH2ScopeOpen(int tasks, Rounds rounds) implements Scenario {
    private static final Limit LIMIT = Limit.atMost(1.3);

    @Override
    public String name() {
        return "peer/h2/scope-open/" + tasks;
    }

    @Override
    public ServerSpec server() {
        return ServerSpec.BROKER;
    }

    @Override
    public List<Figure> measure(String brokerUrl) {
        List<Pair<OpenTimes>> pairs;
        try (StoreClient holder = StoreClient.peer(brokerUrl)) {
            holder.fill(tasks);
            pairs = rounds.run(index -> round(brokerUrl, index));
        }
        return List.of(new Figure(
                name(),
                Pair.ratio(pairs, OpenTimes::last),
                "ratio",
                LIMIT,
                "last record with H2 %s, without %s"
                        .formatted(
                                ScopeOpen.millis(Pair.store(pairs, OpenTimes::last)),
                                ScopeOpen.millis(Pair.bare(pairs, OpenTimes::last)))));
    }

    private Pair<OpenTimes> round(String brokerUrl, int index) {
        if (index % 2 == 0) {
            OpenTimes without = without(brokerUrl);
            return new Pair<>(kept(brokerUrl), without);
        }
        OpenTimes kept = kept(brokerUrl);
        return new Pair<>(kept, without(brokerUrl));
    }

    private OpenTimes without(String brokerUrl) {
        System.gc();
        try (StoreClient fresh = StoreClient.peer(brokerUrl)) {
            return fresh.open(tasks);
        }
    }

    private OpenTimes kept(String brokerUrl) {
        System.gc();
        try (H2File file = H2File.create(false);
                StoreClient fresh = StoreClient.peer(brokerUrl, file.persistence())) {
            return fresh.open(tasks);
        }
    }
}
