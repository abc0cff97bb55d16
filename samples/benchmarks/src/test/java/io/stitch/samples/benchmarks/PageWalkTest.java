package io.stitch.samples.benchmarks;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;

import static org.assertj.core.api.Assertions.assertThat;

class PageWalkTest {
    private static final String TWO_RECORDS =
            "{\"data\":[{\"id\":\"t1\",\"projectId\":\"p1\"},{\"id\":\"t2\",\"projectId\":\"p1\"}],\"status\":\"ok\"}";

    @Test
    void theNextPageBeginsAfterTheLastIdAndGrowsWhileRepliesAreSmall() {
        PageWalk walk = new PageWalk(1_500);

        assertThat(walk.take(bytes(TWO_RECORDS))).isEqualTo(1_000);
        assertThat(walk.done()).isFalse();
        assertThat(walk.after()).isEqualTo("t2");
        assertThat(walk.size()).isEqualTo(2_000);

        assertThat(walk.take(bytes("{}"))).isEqualTo(500);
        assertThat(walk.done()).isTrue();
    }

    @Test
    void aPageAboveTheComfortableSizeIsHalved() {
        PageWalk walk = new PageWalk(5_000);

        walk.take(bytes(" ".repeat(1024 * 1024) + TWO_RECORDS));

        assertThat(walk.size()).isEqualTo(500);
    }

    @Test
    void aFullPageIsFollowedByAnEmptyOne() {
        PageWalk walk = new PageWalk(1_000);

        walk.take(bytes(TWO_RECORDS));

        assertThat(walk.done()).isFalse();
        assertThat(walk.take(bytes("{\"data\":[]}"))).isZero();
        assertThat(walk.done()).isTrue();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
