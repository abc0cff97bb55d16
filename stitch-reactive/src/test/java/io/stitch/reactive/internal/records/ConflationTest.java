package io.stitch.reactive.internal.records;

import io.stitch.reactive.RecordEvent.Operation;
import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.spi.RecordChange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class ConflationTest {
    @ParameterizedTest(name = "{0} then {1} is {2}")
    @CsvSource(
            nullValues = "nothing",
            value = {
                "CREATED, CREATED, CREATED",
                "CREATED, UPDATED, CREATED",
                "CREATED, DELETED, nothing",
                "UPDATED, CREATED, UPDATED",
                "UPDATED, UPDATED, UPDATED",
                "UPDATED, DELETED, DELETED",
                "DELETED, CREATED, UPDATED",
                "DELETED, UPDATED, UPDATED",
                "DELETED, DELETED, DELETED"
            })
    void twoChangesBecomeOneWithTheNewerRecordAndOrigin(Operation first, Operation second, Operation expected) {
        RecordChange pending = new RecordChange(first, Changes.task("t1", 1), Origin.STORED, false);
        RecordChange next = new RecordChange(second, Changes.task("t1", 2), Origin.ROLLBACK, false);

        RecordChange folded = Conflation.fold(pending, next);

        if (expected == null) {
            assertThat(folded).isNull();
        } else {
            assertThat(folded).isEqualTo(new RecordChange(expected, next.record(), Origin.ROLLBACK, false));
        }
    }

    @Test
    void aChangeThatStaysAsItIsIsNotCopied() {
        RecordChange next = Changes.updated("t1", 2);

        assertThat(Conflation.fold(Changes.updated("t1", 1), next)).isSameAs(next);
    }
}
