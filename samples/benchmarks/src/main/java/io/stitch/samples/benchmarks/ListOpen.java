package io.stitch.samples.benchmarks;

import java.util.List;

/**
 * Opens a scope on an old server, which the store lists page by page, against the bare client that asks for the same pages.
 *
 * @param tasks the size of the scope
 * @param server the server
 * @param rounds how often
 */
record ListOpen(int tasks, ServerSpec server, Rounds rounds) implements Scenario {
    private static final Limit RETURN_LIMIT_MS = Limit.atMost(1);
    private static final Limit LAST_RECORD_LIMIT = Limit.atMost(1.5);
    /** A page or two are there in a few milliseconds, most of which are changes of threads; shown, but no measure of the work. */
    private static final int FEWEST_TASKS_WITH_A_LIMIT = 10_000;

    @Override
    public String name() {
        return "list-open/" + tasks;
    }

    @Override
    public List<Figure> measure(String serverUrl) {
        List<Pair<OpenTimes>> pairs = rounds.run(index -> round(serverUrl, index));
        return List.of(
                new Figure(
                        name() + "/return",
                        Pair.store(pairs, OpenTimes::returned),
                        "ms",
                        RETURN_LIMIT_MS,
                        "connected; bare subscribe() " + ScopeOpen.millis(Pair.bare(pairs, OpenTimes::returned))),
                new Figure(
                        name() + "/first-event",
                        Pair.store(pairs, OpenTimes::first),
                        "ms",
                        Limit.NONE,
                        "connected; bare " + ScopeOpen.millis(Pair.bare(pairs, OpenTimes::first))),
                new Figure(
                        name() + "/last-record",
                        Pair.ratio(pairs, OpenTimes::last),
                        "ratio",
                        tasks < FEWEST_TASKS_WITH_A_LIMIT ? Limit.NONE : LAST_RECORD_LIMIT,
                        ScopeOpen.lastRecordNote(pairs, tasks)));
    }

    private Pair<OpenTimes> round(String serverUrl, int index) {
        return Pair.inTurn(index, () -> store(serverUrl), () -> bare(serverUrl));
    }

    private OpenTimes bare(String serverUrl) {
        System.gc();
        try (BareClient bare = BareClient.connected(serverUrl)) {
            return bare.list(tasks);
        }
    }

    private OpenTimes store(String serverUrl) {
        System.gc();
        try (StoreClient store = StoreClient.connected(serverUrl)) {
            return store.open(tasks);
        }
    }
}
