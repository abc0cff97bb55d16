package io.stitch.reactive.internal.connection;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

class BackoffTest {
    private final Backoff backoff = new Backoff(() -> 0);

    private List<Long> secondsAfterFailures(Backoff tested, int count) {
        return Stream.generate(() -> {
                    tested.failed(Duration.ZERO);
                    return tested.delay().toMillis();
                })
                .limit(count)
                .toList();
    }

    @Test
    void withoutJitterTheWaitsDoubleFiveTimesAndAreSteadyThen() {
        assertThat(secondsAfterFailures(backoff, 8))
                .containsExactly(1_000L, 2_000L, 4_000L, 8_000L, 16_000L, 15_000L, 15_000L, 15_000L);
    }

    @Test
    void theMostJitterIsAQuarter() {
        assertThat(secondsAfterFailures(new Backoff(() -> 1), 6))
                .containsExactly(1_250L, 2_500L, 5_000L, 10_000L, 20_000L, 15_000L);
    }

    @Test
    void onlyAConnectionOfTenSecondsBeginsTheWaitsAnew() {
        secondsAfterFailures(backoff, 3);

        assertThat(backoff.failed(Duration.ofMillis(9_999))).isFalse();
        assertThat(backoff.delay()).hasSeconds(8);
        assertThat(backoff.failed(Duration.ofSeconds(10))).isTrue();
        assertThat(backoff.delay()).hasSeconds(1);
    }

    @Test
    void clientsThatThrowEachOtherOutWaitLongerEachTimeUntilOneHasPeace() {
        assertThat(Stream.generate(() -> takenOverAfter(Duration.ofMinutes(5)))
                        .limit(6)
                        .map(Duration::toSeconds))
                .containsExactly(30L, 60L, 120L, 240L, 300L, 300L);
        assertThat(takenOverAfter(Duration.ofMinutes(10))).hasSeconds(30);
    }

    private Duration takenOverAfter(Duration lasted) {
        backoff.failed(lasted);
        backoff.takenOver();
        return backoff.delay();
    }

    @Test
    void afterATakeoverOtherFailuresWaitAsUsual() {
        takenOverAfter(Duration.ofMinutes(1));

        backoff.failed(Duration.ZERO);

        assertThat(backoff.delay()).hasSeconds(2);
    }

    @Test
    void whoAsksForPatienceGetsItUpToTwoMinutes() {
        backoff.failed(Duration.ZERO);
        backoff.demand(Duration.ofSeconds(40));
        assertThat(backoff.delay()).hasSeconds(40);

        backoff.failed(Duration.ZERO);
        assertThat(backoff.delay()).as("once").hasSeconds(2);
        backoff.demand(Duration.ofDays(1));
        assertThat(backoff.delay()).hasMinutes(2);
        backoff.demand(Duration.ofMillis(1));
        assertThat(backoff.delay()).as("never less than usual").hasSeconds(2);
    }

    @Test
    void aNewLoginBeginsAnew() {
        secondsAfterFailures(backoff, 5);

        backoff.reset();
        backoff.failed(Duration.ZERO);

        assertThat(backoff.delay()).hasSeconds(1);
    }
}
