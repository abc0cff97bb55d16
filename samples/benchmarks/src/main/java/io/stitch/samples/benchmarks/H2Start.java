package io.stitch.samples.benchmarks;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * Starts a store on a small and on a large database, with no server, and opens a scope of it.
 *
 * @param few the records of the small one
 * @param many the records of the large one
 * @param rounds how often
 */
record H2Start(int few, int many, Rounds rounds) implements Scenario {
    private static final int OF_A_SCOPE = 1_000;
    private static final double GROWTH = 2;
    private static final Limit FIRST_EVENT_LIMIT_MS = Limit.atMost(50);

    private record Times(double start, double firstEvent) {}

    @Override
    public String name() {
        return "h2/start";
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    @Override
    public List<Figure> measure(String serverUrl) {
        List<Figure> figures = new ArrayList<>();
        for (boolean encrypted : new boolean[] {false, true}) {
            String suffix = encrypted ? "/encrypted" : "";
            List<Times> small = times(few, encrypted);
            List<Times> large = times(many, encrypted);
            Sample start = Sample.of(small, Times::start);
            figures.add(new Figure(name() + "/" + few + suffix, start, "ms", Limit.NONE, "start() until it completes"));
            figures.add(new Figure(
                    name() + "/" + many + suffix,
                    Sample.of(large, Times::start),
                    "ms",
                    Limit.atMost(GROWTH * start.median()),
                    "at most twice as long as with " + few));
            figures.add(new Figure(
                    "h2/first-event" + suffix,
                    Sample.of(large, Times::firstEvent),
                    "ms",
                    FIRST_EVENT_LIMIT_MS,
                    "after start(), from disk; %d records in %d scopes".formatted(many, many / OF_A_SCOPE)));
        }
        return figures;
    }

    private List<Times> times(int records, boolean encrypted) {
        try (H2File file = H2File.create(encrypted)) {
            file.keep(H2File.batches(records, OF_A_SCOPE));
            return rounds.run(index -> open(file, index % (records / OF_A_SCOPE)));
        }
    }

    private static Times open(H2File file, int scope) {
        var persistence = file.persistence();
        long start = System.nanoTime();
        try (StoreClient store = StoreClient.offline(persistence)) {
            double started = (System.nanoTime() - start) / 1e6;
            return new Times(started, store.firstEvent(H2File.scope(scope)));
        }
    }
}
