package io.stitch.samples.benchmarks;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.Patch;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordCollection;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What an update costs the store's worker while a query is live over many records, of which a window of 50 is shown: the processor time of
 * that one thread, with the write itself. The records are local only, so that nothing waits for a server.
 *
 * @param records how many records the query matches
 * @param updates how many updates a round has
 * @param rounds how often
 */
record QueryUpdate(int records, int updates, Rounds rounds) implements Scenario {
    private static final Limit LIMIT = Limit.atMost(20);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int WINDOW = 50;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    record Project(String id) {}

    record Item(String id, String title, int rank) {}

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final EntityType<Item> ITEM = EntityType.of("item", Item.class);

    @Override
    public String name() {
        return "query/%d/update".formatted(records);
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    @Override
    public List<Figure> measure(String serverUrl) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).localOnly(ITEM).build())
                .remote(RemoteOptions.to("mqtt://127.0.0.1:1"))
                .autoConnect(false)
                .build();
        store.start().block(PATIENCE);
        try {
            RecordCollection<Item> items = store.collection(ITEM);
            Flux.range(0, records)
                    .concatMap(i -> items.create(new Item(id(i), "title of " + i, i)))
                    .blockLast(PATIENCE);
            AtomicReference<QueryResult<Item>> last = new AtomicReference<>();
            AtomicReference<Thread> worker = new AtomicReference<>();
            Disposable watching = items.query(
                            ListQuery.all().sortBy("rank", true).page(records / 2, WINDOW))
                    .subscribe(last::set);
            Disposable events = items.mutations(updates + 1).subscribe(event -> worker.set(Thread.currentThread()));
            List<Double> micros = rounds.run(round -> update(items, worker, round));
            events.dispose();
            watching.dispose();
            if (Objects.requireNonNull(last.get(), "a query has a first result").count() != records) {
                throw new IllegalStateException("The query counts %s, not %d.".formatted(last.get(), records));
            }
            return List.of(new Figure(
                    name(),
                    Sample.of(micros, Double::doubleValue),
                    "us",
                    LIMIT,
                    "processor time of the worker for an update, with a live window of %d".formatted(WINDOW)));
        } finally {
            store.close().block(PATIENCE);
        }
    }

    private double update(RecordCollection<Item> items, AtomicReference<Thread> worker, int round) {
        items.update(id(0), Patch.of("title", "round " + round)).block(PATIENCE);
        long thread =
                Objects.requireNonNull(worker.get(), "an update has an event").getId();
        long before = THREADS.getThreadCpuTime(thread);
        Flux.range(0, updates)
                .concatMap(i -> items.update(
                        id((int) (i * 7_919L % records)), Patch.of("rank", (int) (i * 104_729L % records) + round)))
                .blockLast(PATIENCE);
        return (THREADS.getThreadCpuTime(thread) - before) / 1e3 / updates;
    }

    private static String id(int number) {
        return "i%07d".formatted(number);
    }
}
