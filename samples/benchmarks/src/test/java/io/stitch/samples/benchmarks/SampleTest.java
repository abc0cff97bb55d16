package io.stitch.samples.benchmarks;

import org.junit.jupiter.api.Test;

import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

class SampleTest {
    @Test
    void theMedianOfAnOddNumberOfRoundsIsTheMiddleOne() {
        assertThat(Sample.of(List.of(9.0, 1.0, 2.0), value -> value)).isEqualTo(new Sample(2, 1, 9));
    }

    @Test
    void theMedianOfAnEvenNumberOfRoundsIsBetweenTheMiddleTwo() {
        assertThat(Sample.of(List.of(9.0, 1.0, 2.0, 4.0), value -> value)).isEqualTo(new Sample(3, 1, 9));
    }

    @Test
    void noRoundsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Sample.of(List.<Double>of(), value -> value));
    }

    @Test
    void aRatioIsThatOfTheMediansWithTheExtremesOfPairs() {
        List<Pair<OpenTimes>> pairs = List.of(pair(30, 10), pair(20, 20), pair(60, 40));

        Sample ratio = Pair.ratio(pairs, OpenTimes::last);

        assertThat(ratio.median()).isCloseTo(30.0 / 20, within(1e-9));
        assertThat(ratio.min()).isCloseTo(1.0, within(1e-9));
        assertThat(ratio.max()).isCloseTo(3.0, within(1e-9));
    }

    private static Pair<OpenTimes> pair(double store, double bare) {
        return new Pair<>(new OpenTimes(0, 0, store), new OpenTimes(0, 0, bare));
    }
}
