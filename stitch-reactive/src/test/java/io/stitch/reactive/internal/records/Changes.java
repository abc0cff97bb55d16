package io.stitch.reactive.internal.records;

import io.stitch.reactive.RecordEvent.Operation;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.spi.RecordChange;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/** Records and changes for the tests. */
final class Changes {
    private Changes() {}

    static StoredRecord task(String id, long version) {
        return new StoredRecord(new RecordKey("task", id), "p1", version, "{}".getBytes(StandardCharsets.UTF_8));
    }

    static List<StoredRecord> tasks(int count) {
        return IntStream.range(0, count).mapToObj(i -> task("t" + i, 1)).toList();
    }

    static RecordChange created(String id, long version) {
        return new RecordChange(Operation.CREATED, task(id, version), Origin.REMOTE, false);
    }

    static RecordChange updated(String id, long version) {
        return new RecordChange(Operation.UPDATED, task(id, version), Origin.REMOTE, false);
    }

    static RecordChange deleted(String id, long version) {
        return new RecordChange(Operation.DELETED, task(id, version), Origin.REMOTE, false);
    }

    /** A change as text: {@code "UPDATED t1 v3"}. */
    static String text(RecordChange change) {
        return change.operation() + " " + change.record().id() + " v"
                + change.record().version();
    }
}
