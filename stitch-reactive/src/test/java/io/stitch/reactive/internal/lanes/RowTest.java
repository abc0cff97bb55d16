package io.stitch.reactive.internal.lanes;

import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.intake.Caller;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.writes.WriteResult;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

class RowTest {
    @Test
    void eachOfSeveralCallersMayChangeTheRecordThatItGets() {
        List<ObjectNode> got = new ArrayList<>();
        Caller one = new Caller(result -> got.add(changed(result)), error -> {});
        Caller other = new Caller(result -> got.add(changed(result)), error -> {});
        PendingWrite write =
                PendingWrite.of(1, new RecordKey("task", "t1"), "p1", WriteKind.CREATE, new byte[] {'{', '}'}, "ada");

        Row.taken(write, List.of(one, other), Set.of())
                .settled(WriteResult.Status.SYNCED, Json.object().put("id", "t1"));

        assertThat(got).hasSize(2).allMatch(record -> record.toString().equals("{\"id\":\"t1\",\"seen\":1}"));
    }

    private static ObjectNode changed(WriteResult result) {
        ObjectNode record = Objects.requireNonNull(result.record());
        return record.put("seen", record.path("seen").asInt(0) + 1);
    }
}
