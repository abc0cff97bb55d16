package io.stitch.samples.benchmarks;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class ReportTest {
    private static final Figure GOOD =
            new Figure("scope-open/10/return", new Sample(0.25, 0.1, 0.5), "ms", Limit.atMost(1), "bare 2 ms");
    private static final Figure BAD = new Figure("heap/10", new Sample(3.5, 3.25, 4), "ratio", Limit.atMost(3), "");
    private static final Figure RATE =
            new Figure("writes/10/rate", new Sample(0.75, 0.5, 1), "ratio", Limit.atLeast(0.8), "");
    private static final Figure COMPARISON =
            new Figure("list-open/10/first-event", new Sample(7, 6, 812), "ms", Limit.NONE, "bare");

    @Test
    void theTableHasARowForEachFigureWithMedianExtremesLimitAndVerdict() {
        String[] lines = Table.of(List.of(GOOD, BAD, RATE, COMPARISON)).split("\n");

        assertThat(lines).hasSize(6);
        assertThat(lines[2]).matches("scope-open/10/return +0.25 +ms +0.10 +0.50 +<= 1.00 +ok +bare 2 ms");
        assertThat(lines[3]).matches("heap/10 +3.50 +ratio +3.25 +4.00 +<= 3.00 +MISSED");
        assertThat(lines[4]).matches("writes/10/rate +0.75 +ratio +0.50 +1.00 +>= 0.80 +MISSED");
        assertThat(lines[5]).matches("list-open/10/first-event +7.00 +ms +6.00 +812 +bare");
    }

    @Test
    void aFigureIsOkOnTheGoodSideOfItsLimit() {
        assertThat(Limit.atMost(3).admits(3)).isTrue();
        assertThat(Limit.atMost(3).admits(3.01)).isFalse();
        assertThat(Limit.atLeast(0.8).admits(0.8)).isTrue();
        assertThat(Limit.atLeast(0.8).admits(0.79)).isFalse();
    }

    @Test
    void numbersHaveAboutThreeDigits() {
        assertThat(List.of(1234.5, 12.34, 1.234, 0.01234))
                .map(Table::number)
                .containsExactly("1235", "12.3", "1.23", "0.0123");
    }

    @Test
    void theFileHasWhatHasALimit(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("results.json");

        Results.write(List.of(GOOD, BAD, RATE, COMPARISON), file);

        assertThat(JsonMapper.shared().readTree(file))
                .isEqualTo(JsonMapper.shared().readTree("""
                [{"name":"scope-open/10/return","value":0.25,"unit":"ms","limit":1.0,"ok":true},
                 {"name":"heap/10","value":3.5,"unit":"ratio","limit":3.0,"ok":false},
                 {"name":"writes/10/rate","value":0.75,"unit":"ratio","limit":0.8,"ok":false}]"""));
    }
}
