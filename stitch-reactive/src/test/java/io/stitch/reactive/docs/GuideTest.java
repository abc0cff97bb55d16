package io.stitch.reactive.docs;

import io.stitch.reactive.DiagnosticCode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The guide shows only code that compiles in a test, with the imports that it needs, diagrams that were made from their sources, and every
 * diagnostic.
 */
class GuideTest {
    private static final String TESTS = Path.of("src", "test", "java").toString();

    static List<Path> pagesWithJava() throws IOException {
        return Pages.filesIn(Pages.REPOSITORY, ".md").stream()
                .filter(page -> !Pages.blocks(page, "java").isEmpty())
                .toList();
    }

    @Test
    void theGuideHasCode() throws IOException {
        assertThat(pagesWithJava())
                .map(page -> page.getFileName().toString())
                .contains(
                        "README.md",
                        "start.md",
                        "scopes.md",
                        "writes.md",
                        "connection.md",
                        "persistence.md",
                        "peer.md");
        assertThat(Pages.blocks(Pages.DOCS.resolve("scopes.md"), "java")).hasSizeGreaterThan(8);
    }

    @ParameterizedTest
    @MethodSource("pagesWithJava")
    void everyBlockOfJavaIsInATest(Path page) throws IOException {
        List<String> sources = testSources().stream().map(GuideTest::squeezed).toList();

        for (String block : Pages.blocks(page, "java")) {
            String strange = firstLineThatIsInNone(sources, Imports.without(block));
            if (strange != null) {
                throw new AssertionError(
                        "No test source has this code of %s. The first line that is in none, with all before it:%n%n%s%n%nThe block:%n%n%s"
                                .formatted(page, strange, block));
            }
        }
    }

    /** Of any module: a chapter may be about several. */
    private static List<String> testSources() throws IOException {
        return Pages.filesIn(Pages.REPOSITORY, ".java").stream()
                .filter(file -> file.toString().contains(TESTS))
                .map(Pages::read)
                .toList();
    }

    private static @Nullable String firstLineThatIsInNone(List<String> sources, String block) {
        StringBuilder soFar = new StringBuilder();
        for (String line : block.lines().toList()) {
            String begun = soFar.append(squeezed(line)).toString();
            if (sources.stream().noneMatch(source -> source.contains(begun))) {
                return line;
            }
        }
        return null;
    }

    private static String squeezed(String code) {
        return code.replaceAll("\\s+", "");
    }

    static List<Path> chaptersWithJava() throws IOException {
        return pagesWithJava().stream()
                .filter(page -> page.startsWith(Pages.DOCS))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("chaptersWithJava")
    void everyChapterImportsATypeWhereItIsUsedFirst(Path chapter) throws IOException {
        assertThat(new Imports(testSources()).problems(Pages.blocks(chapter, "java")))
                .as("what is wrong with the imports of %s", chapter)
                .isEmpty();
    }

    @Test
    void everyDiagramHasItsSourceBesideIt() throws IOException {
        assertThat(Pages.filesIn(Pages.DOCS, ".svg")).isNotEmpty().allSatisfy(diagram -> {
            Path source = Path.of(diagram.toString().replace(".svg", ".dot"));
            assertThat(source).exists();
            assertThat(textOf(diagram)).containsAll(labels(source));
        });
    }

    private static List<String> textOf(Path diagram) {
        return Pattern.compile("<text[^>]*>(.*?)</text>")
                .matcher(Pages.read(diagram))
                .results()
                .map(match -> unescaped(match.group(1)).strip())
                .toList();
    }

    private static String unescaped(String text) {
        return text.replace("&#45;", "-")
                .replace("&#39;", "'")
                .replace("&#160;", " ")
                .replace("&quot;", "\"")
                .replace("&amp;", "&");
    }

    private static List<String> labels(Path source) {
        return Pattern.compile("label=\"([^\"]*)\"")
                .matcher(Pages.read(source))
                .results()
                .flatMap(match -> Pattern.compile("\\\\[nl]").splitAsStream(match.group(1)))
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .collect(Collectors.toList());
    }

    @ParameterizedTest
    @EnumSource(DiagnosticCode.class)
    void everyDiagnosticIsExplained(DiagnosticCode code) {
        assertThat(Pages.read(Pages.DOCS.resolve("scopes.md"))).contains("| `" + code + "` |");
    }
}
