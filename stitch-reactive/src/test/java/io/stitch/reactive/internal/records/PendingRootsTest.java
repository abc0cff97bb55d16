package io.stitch.reactive.internal.records;

import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class PendingRootsTest {
    private static final RecordKey KEY = new RecordKey("project", "p1");
    private static final StoredRecord MADE_HERE =
            new StoredRecord(KEY, "p1", 0, "{\"id\":\"p1\"}".getBytes(StandardCharsets.UTF_8));

    private final PendingRoots roots = new PendingRoots("project");

    @Test
    void whatIsSettledWhileTheListIsReadIsShownOnceMore() {
        roots.changed(KEY, MADE_HERE, true);

        assertThat(roots.over(
                        () -> {
                            List<StoredRecord> beforeItWasListed = List.of();
                            roots.changed(KEY, MADE_HERE, false);
                            return beforeItWasListed;
                        },
                        record -> true))
                .containsExactly(MADE_HERE);
    }
}
