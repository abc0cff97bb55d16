package io.stitch.reactive.docs;

import io.stitch.reactive.wire.DiagnosticCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The guide shows only code that compiles in a test, links that lead somewhere, and every diagnostic. */
class GuideTest {
    private static final Path DOCS = Path.of("..", "docs");
    private static final Path TESTS = Path.of("src", "test", "java");
    /** A chapter about another module is tested there. */
    private static final Set<String> OF_OTHER_MODULES = Set.of("persistence.md", "peer.md", "testing.md");

    private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("]\\(([^)]+)\\)");

    static List<Path> chapters() throws IOException {
        return filesIn(DOCS, ".md");
    }

    private static List<Path> filesIn(Path folder, String end) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(end)).sorted().toList();
        }
    }

    @Test
    void theGuideHasCode() throws IOException {
        assertThat(blocks(DOCS.resolve("writes.md"))).hasSizeGreaterThan(8);
        assertThat(blocks(DOCS.resolve("scopes.md"))).hasSizeGreaterThan(8);
    }

    static List<Path> chaptersOfThisModule() throws IOException {
        return chapters().stream()
                .filter(chapter ->
                        !OF_OTHER_MODULES.contains(chapter.getFileName().toString()))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("chaptersOfThisModule")
    void everyBlockOfJavaIsInATest(Path chapter) throws IOException {
        List<String> sources = filesIn(TESTS, ".java").stream()
                .map(GuideTest::read)
                .map(GuideTest::squeezed)
                .toList();

        for (String block : blocks(chapter)) {
            assertThat(sources)
                    .as("a test source with this code of %s:%n%s", chapter.getFileName(), block)
                    .anyMatch(source -> source.contains(squeezed(block)));
        }
    }

    private static List<String> blocks(Path chapter) {
        return JAVA.matcher(read(chapter))
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    private static String squeezed(String code) {
        return code.replaceAll("\\s+", "");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("chapters")
    void everyLinkLeadsSomewhere(Path chapter) {
        List<String> links = LINK.matcher(read(chapter))
                .results()
                .map(match -> match.group(1))
                .filter(link -> !link.contains("://"))
                .toList();

        assertThat(links).allSatisfy(link -> assertLeads(chapter, link));
    }

    private static void assertLeads(Path chapter, String link) {
        String[] parts = link.split("#", 2);
        Path target =
                parts[0].isEmpty() ? chapter : chapter.resolveSibling(parts[0]).normalize();
        assertThat(target).exists();
        if (parts.length == 2) {
            assertThat(anchors(target)).contains(parts[1]);
        }
    }

    /** The anchors that a heading gets, as the usual sites make them. */
    private static List<String> anchors(Path chapter) {
        return Pattern.compile("^#+ (.*)$", Pattern.MULTILINE)
                .matcher(read(chapter))
                .results()
                .map(MatchResult::group)
                .map(heading -> heading.replaceFirst("^#+ ", "")
                        .toLowerCase(java.util.Locale.ROOT)
                        .replaceAll("[^a-z0-9 _-]", "")
                        .replace(' ', '-'))
                .toList();
    }

    @Test
    void everyDiagramHasItsSourceBesideIt() throws IOException {
        assertThat(filesIn(DOCS, ".svg")).isNotEmpty().allSatisfy(diagram -> {
            Path source = Path.of(diagram.toString().replace(".svg", ".dot"));
            assertThat(source).exists();
            assertThat(textOf(diagram)).containsAll(labels(source));
        });
    }

    private static List<String> textOf(Path diagram) {
        return Pattern.compile("<text[^>]*>(.*?)</text>")
                .matcher(read(diagram))
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
                .matcher(read(source))
                .results()
                .flatMap(match -> Pattern.compile("\\\\[nl]").splitAsStream(match.group(1)))
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .collect(Collectors.toList());
    }

    @ParameterizedTest
    @EnumSource(DiagnosticCode.class)
    void everyDiagnosticIsExplained(DiagnosticCode code) {
        assertThat(read(DOCS.resolve("scopes.md"))).contains("| `" + code + "` |");
    }
}
