package io.stitch.samples.desktop;

import io.stitch.samples.desktop.Condition.Facts;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** What a window may say of a board, and what it may not say yet. */
class ConditionTest {
    @ParameterizedTest(
            name = "open {0}, refused {1}, root here {2}, root gone {3}, tasks {4}, answered {5}, connected {6}: {7}")
    @CsvSource({
        "false, false, false, false, false, false, true,  NONE",
        "true,  false, false, false, false, false, true,  WAITING",
        "true,  false, false, false, false, false, false, NOT_HERE",
        "true,  false, true,  false, false, false, true,  WAITING",
        "true,  false, true,  false, false, false, false, EMPTY_SO_FAR",
        "true,  false, true,  false, false, true,  false, HERE",
        "true,  false, true,  false, true,  false, false, HERE",
        "true,  false, false, false, true,  true,  true,  HERE",
        "true,  false, false, false, false, true,  true,  WAITING",
        "true,  false, false, true,  true,  true,  true,  DELETED",
        "true,  true,  true,  true,  true,  true,  true,  REFUSED",
    })
    void whatIsKnownDecidesWhatIsSaid(
            boolean open,
            boolean refused,
            boolean rootHere,
            boolean rootGone,
            boolean tasks,
            boolean answered,
            boolean connected,
            Condition condition) {
        assertThat(Condition.of(new Facts(open, refused, rootHere, rootGone, tasks, answered, connected)))
                .isEqualTo(condition);
    }

    @ParameterizedTest
    @EnumSource(Condition.class)
    void onlyABoardThatIsHereHasAnEmptyColumn(Condition condition) {
        assertThat(condition.emptyColumn().equals("Nothing here")).isEqualTo(condition == Condition.HERE);
    }
}
