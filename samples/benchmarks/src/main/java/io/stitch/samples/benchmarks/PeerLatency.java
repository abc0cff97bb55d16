package io.stitch.samples.benchmarks;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.Scope;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * From a local write at one peer to a subscriber of another one, one write after another, against a bare publish that another bare client
 * receives.
 *
 * @param writes how many writes a round has
 * @param rounds how often
 */
record PeerLatency(int writes, Rounds rounds) implements Scenario {
    private static final Limit LIMIT = Limit.atMost(1.5);
    private static final int TASKS = 100;

    /** Makes a write and tells when it is acknowledged. */
    @FunctionalInterface
    private interface Writer {
        void write(int index, Runnable acknowledged);
    }

    @Override
    public String name() {
        return "peer/latency";
    }

    @Override
    public ServerSpec server() {
        return ServerSpec.BROKER;
    }

    @Override
    public List<Figure> measure(String brokerUrl) {
        WritePlan plan = new WritePlan(TASKS, writes, 1);
        try (StoreClient writer = StoreClient.peer(brokerUrl);
                StoreClient reader = StoreClient.peer(brokerUrl);
                BarePeer bareWriter = BarePeer.connected(brokerUrl);
                BarePeer bareReader = BarePeer.connected(brokerUrl)) {
            writer.fill(TASKS);
            reader.open(TASKS);
            Stopwatch ofStores = new Stopwatch();
            reader.scope()
                    .events()
                    .filter(event -> event.operation() == RecordEvent.Operation.UPDATED)
                    .subscribe(event -> ofStores.stop());
            Stopwatch ofBare = new Stopwatch();
            bareWriter.join(plan.tasks());
            bareReader.watch(plan.tasks(), ofBare::stop);
            List<Mqtt5Publish> messages = bareWriter.updates(plan);
            Scope scope = writer.scope();
            Writer store = (index, acknowledged) -> StoreClient.update(scope, plan, index)
                    .subscribe(result -> {
                        StoreClient.requireSynced(result);
                        acknowledged.run();
                    });
            Writer bare = (index, acknowledged) -> bareWriter.send(messages.get(index), acknowledged);
            List<Pair<Double>> pairs =
                    rounds.run(index -> Pair.inTurn(index, () -> median(ofStores, store), () -> median(ofBare, bare)));
            return List.of(new Figure(
                    name(),
                    Pair.ratio(pairs, millis -> millis),
                    "ratio",
                    LIMIT,
                    "store %s, bare %s"
                            .formatted(
                                    ScopeOpen.millis(Pair.store(pairs, millis -> millis)),
                                    ScopeOpen.millis(Pair.bare(pairs, millis -> millis)))));
        }
    }

    /** The median time of a round's writes, in milliseconds. */
    private double median(Stopwatch stopwatch, Writer writer) {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < writes; i++) {
            times.add(stopwatch.time(i, writer));
        }
        return Sample.of(times, time -> time).median();
    }

    /** Times one write at a time. */
    private static final class Stopwatch {
        private static final long LONGEST_SECONDS = 20;

        private final BlockingQueue<Long> arrivals = new LinkedBlockingQueue<>();
        private final BlockingQueue<Long> acknowledgements = new LinkedBlockingQueue<>();

        /** The write has arrived. */
        void stop() {
            arrivals.add(System.nanoTime());
        }

        double time(int index, Writer writer) {
            long start = System.nanoTime();
            writer.write(index, () -> acknowledgements.add(System.nanoTime()));
            long arrived = next(arrivals);
            next(acknowledgements);
            return (arrived - start) / 1e6;
        }

        private static long next(BlockingQueue<Long> moments) {
            try {
                @Nullable Long moment = moments.poll(LONGEST_SECONDS, TimeUnit.SECONDS);
                if (moment == null) {
                    throw new IllegalStateException(
                            "A write did not arrive, or was not acknowledged, within " + LONGEST_SECONDS + " s.");
                }
                return moment;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Interrupted while a write was under way.", e);
            }
        }
    }
}
