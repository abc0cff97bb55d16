package io.stitch.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.JsonBounds;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A store on a database of which a record and a pending write say what nobody wrote there. An input is the JSON of both, with a zero byte between
 * them.
 */
class StoreRowsFuzzTest {
    private static final EntityType<ObjectNode> TASK = EntityType.json("task");
    private static final byte[] GOOD =
            "{\"id\":\"good\",\"projectId\":\"p1\",\"title\":\"one\",\"_version\":1}".getBytes(StandardCharsets.UTF_8);

    @FuzzTest
    void rows(byte[] input) {
        int end = 0;
        while (end < input.length && input[end] != 0) {
            end++;
        }
        byte[] record = Arrays.copyOf(input, end);
        byte[] written = Arrays.copyOfRange(input, Math.min(end + 1, input.length), input.length);
        InMemoryPersistence kept = new InMemoryPersistence();
        kept.open(OpenRequest.of("server")).block();
        Batch batch = new Batch();
        batch.put(stored("bad", record));
        batch.put(stored("good", GOOD));
        batch.put(PendingWrite.of(1, new RecordKey("task", "bad"), "p1", WriteKind.UPDATE, written, null));
        batch.put(PendingWrite.of(2, new RecordKey("task", "new"), "p1", WriteKind.CREATE, GOOD, null));
        kept.apply(batch).block();
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(EntityType.json("project"))
                        .child(TASK, "projectId")
                        .build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .persistence(kept)
                .autoConnect(false)
                .scheduler(time)
                .build();
        try {
            Cost.bounded(65_536 + input.length, () -> {
                store.start().subscribe();
                time.advanceTime();
                return store.openScope("p1");
            });
            time.advanceTime();
            List<ObjectNode> shown = store.openScope("p1").snapshot(TASK);
            assertThat(shown)
                    .extracting(task -> task.path("title").asString(""))
                    .contains("one");
            boolean recordReads = JsonBounds.problem(record) == null;
            boolean writtenReads = JsonBounds.problem(written) == null;
            assertThat(store.diagnosticCounts().getOrDefault(DiagnosticCode.SET_ASIDE, 0L) > 0)
                    .isEqualTo(!recordReads || !writtenReads);
        } finally {
            store.close().subscribe();
            time.advanceTime();
            time.dispose();
        }
    }

    private static StoredRecord stored(String id, byte[] json) {
        return new StoredRecord(new RecordKey("task", id), "p1", 1, json);
    }
}
