package io.stitch.samples.desktop;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import org.junit.jupiter.api.Test;

import java.text.Bidi;

import static org.assertj.core.api.Assertions.assertThat;

/** What users wrote, inside of other text. */
class WordsTest {
    private static final String OVERRIDE = "\u202E";

    @Test
    void anOverrideInATitleTurnsNothing() {
        String sentence = Words.quoted("weld" + OVERRIDE + "tfel") + " was not saved.";
        assertThat(sentence).isEqualTo("“\u2068weldtfel\u2069” was not saved.");
        assertThat(new Bidi(sentence, Bidi.DIRECTION_DEFAULT_LEFT_TO_RIGHT).isLeftToRight())
                .isTrue();
    }

    @Test
    void aTitleInAnotherDirectionKeepsItForItself() {
        String sentence = Words.quoted("ריתוך 1") + " 2 was not saved.";
        Bidi bidi = new Bidi(sentence, Bidi.DIRECTION_LEFT_TO_RIGHT);
        int after = sentence.indexOf('\u2069');
        assertThat(bidi.getLevelAt(sentence.indexOf('ר'))).isOdd();
        for (int i = after; i < sentence.length(); i++) {
            assertThat(bidi.getLevelAt(i)).as("the level at %d", i).isZero();
        }
    }

    @Test
    void anEndOfAnIsolateInATitleEndsNothing() {
        assertThat(Words.quoted("a\u2069b\u202Cc\u2066d")).isEqualTo("“\u2068abcd\u2069”");
    }

    @Test
    void linesAndControlCharactersBecomeSpaces() {
        assertThat(Words.line("\ta\nb\u0000c\u0085d\u2028e\r")).isEqualTo("a b c d e");
        assertThat(Words.line("a\uD800b")).as("half a pair").isEqualTo("a b");
    }

    @Test
    void whatIsLongIsShortenedWithoutBreakingACharacter() {
        assertThat(Words.quoted("x".repeat(61))).isEqualTo("“\u2068" + "x".repeat(60) + "…\u2069”");
        assertThat(Words.quoted("😀".repeat(100))).isEqualTo("“\u2068" + "😀".repeat(60) + "…\u2069”");
        assertThat(Words.line("y".repeat(1_000_000))).hasSize(501);
    }

    @Test
    void whatIsShortAndPlainStaysAsItIs() {
        assertThat(Words.line("Leak-test the hatch 👩‍🚀 – שלום")).isEqualTo("Leak-test the hatch 👩‍🚀 – שלום");
    }

    @Property
    void whateverATitleIsTheWordsAroundItAreReadAsTheyAre(
            @ForAll
                    @CharRange(from = '\u2000', to = '\u2070')
                    @CharRange(from = '\u05D0', to = '\u05EA')
                    @CharRange(from = '\u0000', to = '\u00FF')
                    String title) {
        String sentence = Words.quoted(title) + " was not saved.";
        Bidi bidi = new Bidi(sentence, Bidi.DIRECTION_LEFT_TO_RIGHT);
        int after = sentence.lastIndexOf('\u2069');
        assertThat(sentence.chars().filter(each -> each == '\u2069').count()).isEqualTo(1);
        for (int i = after; i < sentence.length(); i++) {
            assertThat(bidi.getLevelAt(i)).isZero();
        }
        assertThat(sentence.lines().count()).isEqualTo(1);
    }
}
