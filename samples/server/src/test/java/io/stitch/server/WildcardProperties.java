package io.stitch.server;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

import java.time.Duration;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

class WildcardProperties {
    @Property
    void aPatternFindsWhatARegularExpressionFinds(@ForAll("patterns") String text, @ForAll("patterns") String pattern) {
        Pattern expected = Pattern.compile(
                Stream.of(pattern.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")),
                Pattern.DOTALL);

        assertThat(new Wildcard(pattern).matches(text))
                .isEqualTo(expected.matcher(text).matches());
    }

    @Example
    void aTextThatNearlyHasEachPartTakesNoLongerThanAnother() {
        String text = "a".repeat(2_000_000);

        for (String pattern : new String[] {"*" + "a".repeat(1_000_000) + "b*", "*a".repeat(1_000_000) + "b"}) {
            assertThat(assertTimeoutPreemptively(Duration.ofSeconds(10), () -> new Wildcard(pattern).matches(text)))
                    .isFalse();
        }
    }

    @Provide
    Arbitrary<String> patterns() {
        return Arbitraries.strings().withChars("ab*\n").ofMaxLength(12);
    }
}
