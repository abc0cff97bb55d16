package io.stitch.samples.benchmarks;

import java.util.List;

/**
 * Opens a scope on a server that replays, against the bare client that takes the same replay.
 *
 * @param tasks the size of the scope
 * @param server the server
 * @param rounds how often
 */
record ScopeOpen(int tasks, ServerSpec server, Rounds rounds) implements Scenario {
    private static final Limit RETURN_LIMIT_MS = Limit.atMost(1);
    private static final Limit FIRST_EVENT_LIMIT_MS = Limit.atMost(20);
    private static final Limit LAST_RECORD_LIMIT = Limit.atMost(1.5);

    private record StoreRound(OpenTimes times, double replacing, double offline) {}

    private record Round(StoreRound store, OpenTimes bare) {
        Pair<OpenTimes> pair() {
            return new Pair<>(store.times(), bare);
        }
    }

    @Override
    public String name() {
        return "scope-open/" + tasks;
    }

    @Override
    public List<Figure> measure(String serverUrl) {
        List<Round> all = rounds.run(index -> round(serverUrl, index));
        List<Pair<OpenTimes>> pairs = all.stream().map(Round::pair).toList();
        return List.of(
                new Figure(
                        name() + "/return",
                        Pair.store(pairs, OpenTimes::returned),
                        "ms",
                        RETURN_LIMIT_MS,
                        "connected; bare subscribe() " + millis(Pair.bare(pairs, OpenTimes::returned))),
                new Figure(
                        name() + "/return-replacing",
                        Sample.of(all, round -> round.store().replacing()),
                        "ms",
                        RETURN_LIMIT_MS,
                        "connected, closing the full scope"),
                new Figure(
                        name() + "/return-offline",
                        Sample.of(all, round -> round.store().offline()),
                        "ms",
                        RETURN_LIMIT_MS,
                        "not connected"),
                new Figure(
                        name() + "/first-event",
                        Pair.store(pairs, OpenTimes::first),
                        "ms",
                        FIRST_EVENT_LIMIT_MS,
                        "connected; bare " + millis(Pair.bare(pairs, OpenTimes::first))),
                new Figure(
                        name() + "/last-record",
                        Pair.ratio(pairs, OpenTimes::last),
                        "ratio",
                        LAST_RECORD_LIMIT,
                        lastRecordNote(pairs, tasks)));
    }

    private Round round(String serverUrl, int index) {
        // Whoever comes second finds a warmer server, so they take turns.
        if (index % 2 == 0) {
            OpenTimes bare = bare(serverUrl);
            return new Round(store(serverUrl), bare);
        }
        StoreRound store = store(serverUrl);
        return new Round(store, bare(serverUrl));
    }

    private OpenTimes bare(String serverUrl) {
        System.gc();
        try (BareClient bare = BareClient.connected(serverUrl)) {
            return bare.open(tasks);
        }
    }

    private StoreRound store(String serverUrl) {
        double offline;
        try (StoreClient store = StoreClient.offline()) {
            offline = store.replace(Workload.scope(tasks));
        }
        System.gc();
        try (StoreClient store = StoreClient.connected(serverUrl)) {
            OpenTimes times = store.open(tasks);
            return new StoreRound(times, store.replace("another"), offline);
        }
    }

    static String lastRecordNote(List<Pair<OpenTimes>> pairs, int tasks) {
        Sample store = Pair.store(pairs, OpenTimes::last);
        double microsPerRecord = store.median() * 1_000 / (tasks + 1);
        return "store %s = %s us/record, bare %s"
                .formatted(millis(store), Table.number(microsPerRecord), millis(Pair.bare(pairs, OpenTimes::last)));
    }

    static String millis(Sample sample) {
        return "%s ms (%s-%s)"
                .formatted(Table.number(sample.median()), Table.number(sample.min()), Table.number(sample.max()));
    }
}
