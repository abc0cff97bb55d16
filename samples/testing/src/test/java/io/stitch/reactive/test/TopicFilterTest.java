package io.stitch.reactive.test;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class TopicFilterTest {
    @ParameterizedTest
    @CsvSource({
        "$DB/project/p1/+/events/#, $DB/project/p1/task/events/created, true",
        "$DB/#, $DB, true",
        "$DB/#, $SYS/a, false",
        "+/project, $DB/project, false",
        "'#', $DB/project, false",
        "'#', a/b, true",
        "a/+, a/b/c, false",
        "a/+, a/, true"
    })
    void aWildcardInFrontDoesNotSeeTopicsWithADollarSign(String filter, String topic, boolean matches) {
        assertThat(TopicFilter.matches(filter, topic)).isEqualTo(matches);
    }
}
