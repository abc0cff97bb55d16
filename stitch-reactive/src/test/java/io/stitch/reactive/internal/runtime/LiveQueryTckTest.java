package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.records.FieldIndex;
import io.stitch.reactive.internal.records.RecordLog;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.StoredRecord;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterClass;
import org.testng.annotations.Test;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** A live query against the Reactive Streams TCK: one change follows each result, for those in between would be one. */
@Test
public class LiveQueryTckTest extends PublisherVerification<QueryResult<ObjectNode>> {
    private static final EntityType<ObjectNode> TASK = EntityType.json("task");
    private static final long PATIENCE_MS = 10_000;
    private static final long NO_SIGNAL_MS = 50;
    private static final RecordLog NOT_KEPT = new RecordLog() {
        @Override
        public void put(StoredRecord record) {}

        @Override
        public void remove(RecordKey key) {}

        @Override
        public void commit() {}
    };

    private final Scheduler serial = Schedulers.newSingle("tck-query");

    public LiveQueryTckTest() {
        super(new TestEnvironment(PATIENCE_MS, NO_SIGNAL_MS, NO_SIGNAL_MS));
    }

    @AfterClass
    public void stopWorker() {
        serial.dispose();
    }

    private RecordStore store() {
        ScopeKeys keys = new ScopeKeys(new WireSchema("project", Map.of("task", "projectId"), Set.of()), false);
        return new RecordStore(keys, NOT_KEPT, new FieldIndex(Map.of()), StoreObserver.NONE);
    }

    private RecordViews views(RecordStore store) {
        return new RecordViews(
                store, new RecordMapper(JsonMapper.shared()), serial, Schedulers.parallel(), new Diagnostics(serial));
    }

    @Override
    public Publisher<QueryResult<ObjectNode>> createPublisher(long elements) {
        return Flux.defer(() -> {
            RecordStore store = store();
            ScopeRecords scope = store.open("p1");
            if (elements == 0) {
                store.close();
            }
            AtomicLong left = new AtomicLong(elements);
            return views(store)
                    .query(scope, TASK, ListQuery.all())
                    .doOnNext(result -> serial.schedule(() -> next(store, left.decrementAndGet())));
        });
    }

    private static void next(RecordStore store, long left) {
        if (left == 0) {
            store.close();
            return;
        }
        String json = "{\"id\":\"t%d\",\"projectId\":\"p1\"}".formatted(left % 100);
        store.put(
                new StoredRecord(
                        new RecordKey("task", "t" + left % 100), "p1", left, json.getBytes(StandardCharsets.UTF_8)),
                Origin.REMOTE);
        store.flush();
    }

    @Override
    public Publisher<QueryResult<ObjectNode>> createFailedPublisher() {
        return views(store())
                .watching(
                        () -> {
                            throw new IllegalStateException("nothing can be watched");
                        },
                        touched -> Flux.empty(),
                        touched -> {});
    }
}
