package io.stitch.samples.benchmarks;

import io.stitch.reactive.spi.Batch;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * Keeps new records in a new database, batch after batch, each of them durable before the next.
 *
 * @param records how many
 * @param rounds how often
 */
record H2BatchRate(int records, Rounds rounds) implements Scenario {
    private static final int OF_A_SCOPE = 1_000;
    private static final Limit LIMIT = Limit.atLeast(50_000);

    @Override
    public String name() {
        return "h2/batch-rate";
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    @Override
    public List<Figure> measure(String serverUrl) {
        List<Figure> figures = new ArrayList<>();
        List<Batch> batches = H2File.batches(records, OF_A_SCOPE);
        for (boolean encrypted : new boolean[] {false, true}) {
            List<Double> seconds = rounds.run(index -> seconds(batches, encrypted));
            figures.add(new Figure(
                    encrypted ? name() + "/encrypted" : name(),
                    Sample.of(seconds, each -> records / each),
                    "records/s",
                    LIMIT,
                    "%d new records of 300 bytes, %d in a batch".formatted(records, H2File.BATCH)));
        }
        return figures;
    }

    private static double seconds(List<Batch> batches, boolean encrypted) {
        System.gc();
        try (H2File file = H2File.create(encrypted)) {
            return file.keep(batches);
        }
    }
}
