package io.stitch.samples.benchmarks;

import java.util.List;

/**
 * Opens a scope on a server with a store that keeps it on disk, against a store that does not.
 *
 * @param tasks the size of the scope
 * @param server the server
 * @param rounds how often
 */
record H2ScopeOpen(int tasks, ServerSpec server, Rounds rounds) implements Scenario {
    private static final Limit LIMIT = Limit.atMost(1.2);

    private record Round(OpenTimes without, OpenTimes kept, OpenTimes encrypted) {}

    @Override
    public String name() {
        return "h2/scope-open/" + tasks;
    }

    @Override
    public List<Figure> measure(String serverUrl) {
        List<Round> all = rounds.run(index -> round(serverUrl, index));
        return List.of(
                figure(
                        name(),
                        all.stream()
                                .map(each -> new Pair<>(each.kept(), each.without()))
                                .toList()),
                figure(
                        name() + "/encrypted",
                        all.stream()
                                .map(each -> new Pair<>(each.encrypted(), each.without()))
                                .toList()));
    }

    /** What H2 costs: the time to the last record with it and without. */
    static Figure figure(String name, List<Pair<OpenTimes>> pairs) {
        return new Figure(
                name,
                Pair.ratio(pairs, OpenTimes::last),
                "ratio",
                LIMIT,
                "last record with H2 %s, without %s"
                        .formatted(
                                ScopeOpen.millis(Pair.store(pairs, OpenTimes::last)),
                                ScopeOpen.millis(Pair.bare(pairs, OpenTimes::last))));
    }

    private Round round(String serverUrl, int index) {
        // Whoever comes second finds a warmer server, so they take turns.
        if (index % 2 == 0) {
            OpenTimes without = without(serverUrl);
            return new Round(without, kept(serverUrl, false), kept(serverUrl, true));
        }
        OpenTimes encrypted = kept(serverUrl, true);
        OpenTimes kept = kept(serverUrl, false);
        return new Round(without(serverUrl), kept, encrypted);
    }

    private OpenTimes without(String serverUrl) {
        System.gc();
        try (StoreClient store = StoreClient.connected(serverUrl)) {
            return store.open(tasks);
        }
    }

    private OpenTimes kept(String serverUrl, boolean encrypted) {
        System.gc();
        try (H2File file = H2File.create(encrypted);
                StoreClient store = StoreClient.connected(serverUrl, file.persistence())) {
            return store.open(tasks);
        }
    }
}
