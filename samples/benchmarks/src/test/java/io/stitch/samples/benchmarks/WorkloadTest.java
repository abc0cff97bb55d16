package io.stitch.samples.benchmarks;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class WorkloadTest {
    @Test
    void recordsAreAbout300BytesOfJson() {
        assertThat(Workload.jsonBytes(1_000) / 1_001).isBetween(280L, 320L);
    }

    @Test
    void everyJvmMakesTheSameRecordsInTheOrderOfTheirIds() {
        assertThat(Workload.tasks(50))
                .containsExactlyElementsOf(Workload.tasks(50).toList());
        assertThat(Workload.tasks(50).map(task -> task.path("id").asString())).isSorted();
    }
}
