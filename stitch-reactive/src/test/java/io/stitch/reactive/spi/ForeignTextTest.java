package io.stitch.reactive.spi;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class ForeignTextTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Not authorized.",
                "Größe überschritten – 太大了",
                "שלום",
                "می\u200cخواهم",
                "\uD83D\uDC69\u200D\uD83D\uDE80",
                "100 % “quoted” …"
            })
    void ordinaryTextIsShownAsItIs(String text) {
        assertThat(ForeignText.quoted(text)).isSameAs(text);
    }

    @ParameterizedTest
    @CsvSource({
        "'a\nERROR b',a ERROR b",
        "'a\r\n\tb',a   b",
        "a\u001b[31mb,a\uFFFD[31mb",
        "a\u0000b,a\uFFFDb",
        "a\u007fb,a\uFFFDb",
        "a\u009bb,a\uFFFDb",
        "a\u2028b,a b",
        "a\u202eb,a\uFFFDb",
        "a\u2066b,a\uFFFDb",
        "a\u200fb,a\uFFFDb",
        "a\u061cb,a\uFFFDb",
        "a\u200bb,a\uFFFDb",
        "a\ufeffb,a\uFFFDb",
        "a\uFFFEb,a\uFFFDb"
    })
    void whatCannotBeSeenOrTurnsTextAroundIsReplaced(String text, String shown) {
        assertThat(ForeignText.quoted(text)).isEqualTo(shown);
    }

    @Test
    void halfAPairOfSurrogatesIsReplaced() {
        assertThat(ForeignText.quoted("a\uD83Db")).isEqualTo("a\uFFFDb");
    }

    @Test
    void whatIsTooLongIsCutBetweenLetters() {
        assertThat(ForeignText.quoted("x".repeat(60_000))).isEqualTo("x".repeat(256) + "…");
        assertThat(ForeignText.quoted("x".repeat(256))).isEqualTo("x".repeat(256));
        assertThat(ForeignText.quoted("x".repeat(255) + "\uD83D\uDE80")).isEqualTo("x".repeat(255) + "…");
        assertThat(ForeignText.message("\u0007".repeat(60_000))).isEqualTo("\uFFFD".repeat(4_096) + "…");
    }

    @Test
    void nothingIsQuotedAsNothing() {
        assertThat(ForeignText.quoted(null)).isEmpty();
        assertThat(ForeignText.messageOrNull(null)).isNull();
    }
}
