package io.stitch.samples.benchmarks;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RoundsTest {
    @Test
    void warmUpRoundsRunFirstAndDoNotCount() {
        assertThat(new Rounds(2, 3).run(index -> index)).containsExactly(2, 3, 4);
    }
}
