package io.stitch.server;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

class HelloLimitsTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    /** Such clocks begin anywhere. */
    private static final long START = Long.MIN_VALUE / 2;

    private final HelloLimits limits = new HelloLimits(4, Duration.ofSeconds(5));

    private long take(long second) {
        return limits.take("c1/p1", null, START + second * SECOND);
    }

    @Test
    void fourAreTakenAtOnceAndThenOneInFiveSeconds() {
        for (int i = 0; i < 4; i++) {
            assertThat(take(0)).isZero();
        }
        assertThat(take(0)).isEqualTo(5 * SECOND);
        assertThat(take(4)).isEqualTo(SECOND);
        assertThat(limits.excess("c1/p1")).isEqualTo(2);
        assertThat(take(5)).isZero();
        assertThat(limits.excess("c1/p1")).isZero();
        assertThat(take(5)).isEqualTo(5 * SECOND);
        assertThat(limits.take("c1/p2", null, START + 5 * SECOND)).isZero();
    }

    @Test
    void afterAWhileThereAreFourAgainAndNotMore() {
        for (int i = 0; i < 4; i++) {
            assertThat(take(0)).isZero();
        }
        for (int i = 0; i < 4; i++) {
            assertThat(take(1000)).isZero();
        }
        assertThat(take(1000)).isPositive();
    }

    @Test
    void oneAtATimeIsASpacing() {
        HelloLimits spacing = new HelloLimits(1, Duration.ofSeconds(5));
        assertThat(spacing.take("a", null, START)).isZero();
        assertThat(spacing.take("a", null, START + SECOND)).isEqualTo(4 * SECOND);
        assertThat(spacing.take("a", null, START + 5 * SECOND)).isZero();
        HelloLimits none = new HelloLimits(1, Duration.ZERO);
        assertThat(none.take("a", null, START)).isZero();
        assertThat(none.take("a", null, START)).isZero();
    }

    @Test
    void aRoundCountsOnceUpToSixtyFourMessages() {
        for (int i = 0; i < HelloLimits.MAX_PARTS; i++) {
            assertThat(limits.take("c1/p1", "r1", START)).isZero();
        }
        for (int i = 0; i < 3 * HelloLimits.MAX_PARTS; i++) {
            assertThat(limits.take("c1/p1", "r1", START)).isZero();
        }
        assertThat(limits.take("c1/p1", "r1", START)).isPositive();
        assertThat(limits.take("c1/p1", "r2", START)).isPositive();
        assertThat(limits.take("c1/p1", "r2", START)).isPositive();
    }
}
