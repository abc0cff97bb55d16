package io.stitch.samples.benchmarks;

import io.stitch.server.PlainBroker;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * Two peers that are offline, and each write a field of their own in every record of a scope: how long it takes after both came back until both have
 * what both wrote. That they do is asserted.
 *
 * @param tasks how many records the scope has
 * @param rounds how often
 */
record FieldMerge(int tasks, Rounds rounds) implements Scenario {
    private static final Limit LIMIT = Limit.NONE;

    @Override
    public String name() {
        return "peer/field-merge";
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    @Override
    public List<Figure> measure(String noUrl) {
        List<Double> times = new ArrayList<>();
        try (PlainBroker broker = PlainBroker.start();
                StoreClient one = StoreClient.peer(broker.url());
                StoreClient other = StoreClient.peer(broker.url())) {
            one.fill(tasks);
            other.open(tasks);
            times.addAll(rounds.run(round -> {
                one.disconnect();
                other.disconnect();
                one.edit("title", "title " + round);
                other.edit("note", "note " + round);
                long start = System.nanoTime();
                one.reconnect();
                other.reconnect();
                one.awaitEdits("title " + round, "note " + round, tasks);
                other.awaitEdits("title " + round, "note " + round, tasks);
                return (System.nanoTime() - start) / 1e6;
            }));
        }
        return List.of(new Figure(
                name(),
                Sample.of(times, Double::doubleValue),
                "ms",
                LIMIT,
                "two peers, each with %d updates of another field".formatted(tasks)));
    }
}
