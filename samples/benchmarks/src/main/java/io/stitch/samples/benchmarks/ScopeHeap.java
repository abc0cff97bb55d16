package io.stitch.samples.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;

/**
 * What the records of an open scope with one subscriber keep on the heap: live bytes after a garbage collection, with the scope
 * open less without it, in a JVM without the server.
 *
 * @param tasks the size of the scope
 * @param server the server
 * @param rounds how often
 */
record ScopeHeap(int tasks, ServerSpec server, Rounds rounds) implements Scenario {
    private static final Limit LIMIT = Limit.atMost(3);
    private static final int MOST_COLLECTIONS = 10;
    private static final long STEADY_BYTES = 64 * 1024;

    @Override
    public String name() {
        return "heap/" + tasks;
    }

    @Override
    public List<Figure> measure(String serverUrl) {
        long json = Workload.jsonBytes(tasks);
        List<Long> grown = rounds.run(index -> grown(serverUrl));
        Sample bytes = Sample.of(grown, Long::doubleValue);
        Sample ratio = new Sample(bytes.median() / json, bytes.min() / json, bytes.max() / json);
        double records = tasks + 1;
        return List.of(new Figure(
                name(),
                ratio,
                "ratio",
                LIMIT,
                String.format(
                        Locale.ROOT,
                        "heap %.0f bytes/record, JSON %.0f bytes/record",
                        bytes.median() / records,
                        json / records)));
    }

    private long grown(String serverUrl) {
        try (StoreClient store = StoreClient.connected(serverUrl)) {
            long before = liveBytes();
            store.open(tasks);
            return liveBytes() - before;
        }
    }

    /** {@return the live heap of this JVM, in bytes, after as many garbage collections as it takes} */
    static long liveBytes() {
        long last = Long.MAX_VALUE;
        for (int i = 0; i < MOST_COLLECTIONS; i++) {
            System.gc();
            long now = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
            if (last - now < STEADY_BYTES) {
                return now;
            }
            last = now;
        }
        return last;
    }
}
