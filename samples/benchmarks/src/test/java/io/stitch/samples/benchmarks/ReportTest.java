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
            new Figure("scope-open/10/return", new Sample(0.25, 0.1, 0.5), "ms", 1, "bare 2 ms");
    private static final Figure BAD = new Figure("heap/10", new Sample(3.5, 3.25, 4), "ratio", 3, "");
    private static final Figure COMPARISON =
            Figure.unlimited("list-open/10/first-event", new Sample(7, 6, 812), "ms", "bare");

    @Test
    void theTableHasARowForEachFigureWithMedianExtremesLimitAndVerdict() {
        String[] lines = Table.of(List.of(GOOD, BAD, COMPARISON)).split("\n");

        assertThat(lines).hasSize(5);
        assertThat(lines[2]).matches("scope-open/10/return +0.25 +ms +0.10 +0.50 +1.00 +ok +bare 2 ms");
        assertThat(lines[3]).matches("heap/10 +3.50 +ratio +3.25 +4.00 +3.00 +MISSED");
        assertThat(lines[4]).matches("list-open/10/first-event +7.00 +ms +6.00 +812 +bare");
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

        Results.write(List.of(GOOD, BAD, COMPARISON), file);

        assertThat(JsonMapper.shared().readTree(file))
                .isEqualTo(JsonMapper.shared().readTree("""
                [{"name":"scope-open/10/return","value":0.25,"unit":"ms","limit":1.0,"ok":true},
                 {"name":"heap/10","value":3.5,"unit":"ratio","limit":3.0,"ok":false}]"""));
    }
}
