package io.stitch.reactive.docs;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** Where a comment cites a section of the protocol, docs/protocol.md has a heading with that number. */
class ProtocolSectionsTest {
    private static final String SOURCES = Path.of("src", "main", "java").toString();
    private static final String TESTS = Path.of("src", "test", "java").toString();

    private static final Pattern HEADING = Pattern.compile("^#+ (\\d+(?:\\.\\d+)*)\\.? ", Pattern.MULTILINE);
    private static final Pattern LINE_OF_A_COMMENT = Pattern.compile("\\s*\n\\s*(?:\\*|//)\\s*");
    /** What is cited, and where in it: one section, or several. */
    private static final Pattern CITATION = Pattern.compile(
            "(\\b\\w+,? )?\\bsections? (\\d+(?:\\.\\d+)*(?:(?:, | and )\\d+(?:\\.\\d+)*)*)", Pattern.CASE_INSENSITIVE);

    private static final Pattern BETWEEN = Pattern.compile(", | and ");
    private static final String PROTOCOL = "protocol ";
    private static final String MQTT_5 = "5, ";

    private static List<String> sections() {
        return HEADING.matcher(Pages.read(Pages.DOCS.resolve("protocol.md")))
                .results()
                .map(heading -> heading.group(1))
                .toList();
    }

    /** Each citation of a text, as the name of what is cited and the numbers. */
    private static List<MatchResult> citations(String source) {
        return CITATION.matcher(LINE_OF_A_COMMENT.matcher(source).replaceAll(" "))
                .results()
                .toList();
    }

    /** Those of the citations in a source that lead nowhere: without a section, or without a word on whose section it is. */
    private static List<String> dead(String source, List<String> sections) {
        List<String> dead = new ArrayList<>();
        for (MatchResult citation : citations(source)) {
            String whose = citation.group(1);
            boolean known =
                    PROTOCOL.equalsIgnoreCase(whose) && sections.containsAll(List.of(BETWEEN.split(citation.group(2))));
            if (!known && !MQTT_5.equals(whose)) {
                dead.add(citation.group());
            }
        }
        return dead;
    }

    @Test
    void everyCitedSectionIsThere() throws IOException {
        List<String> sections = sections();
        List<String> dead = new ArrayList<>();
        long cited = 0;
        for (Path file : Pages.filesIn(Pages.REPOSITORY, ".java")) {
            boolean isThis = file.endsWith(Path.of("docs", "ProtocolSectionsTest.java"));
            if (!isThis && (file.toString().contains(SOURCES) || file.toString().contains(TESTS))) {
                String source = Pages.read(file);
                cited += citations(source).size();
                dead(source, sections).forEach(citation -> dead.add(file + ": " + citation));
            }
        }

        assertThat(dead)
                .as("citations that are not in the words 'protocol section 4.7', or of a section that is not there")
                .isEmpty();
        assertThat(cited).as("citations, so that this test looks at something").isGreaterThan(20);
    }

    @Test
    void eachNumberIsThereOnce() {
        assertThat(sections()).hasSizeGreaterThan(20).doesNotHaveDuplicates();
    }

    @Test
    void aCitationIsFoundAcrossLinesAndInNumbers() {
        List<String> sections = List.of("2", "2.1", "4.8");

        assertThat(dead("/** As it must (protocol section\n     * 2.1). */", sections))
                .isEmpty();
        assertThat(dead("// protocol sections 2, 2.1 and 4.8", sections)).isEmpty();
        assertThat(dead("// MQTT 5, section 3.1.3.2.2", sections)).isEmpty();
        assertThat(dead("// protocol sections 2 and 4.9", sections)).containsExactly("protocol sections 2 and 4.9");
        assertThat(dead("/** See protocol section\n * 4.10. */", sections)).containsExactly("protocol section 4.10");
        assertThat(dead("/** The code (section 2.1). */", sections)).containsExactly("section 2.1");
        assertThat(dead("/** Names (protocol, section 2). */", sections)).containsExactly("protocol, section 2");
    }
}
