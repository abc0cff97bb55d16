package io.stitch.reactive.docs;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** What docs/architecture.md and the diagrams name is there: classes, their members, modules and what they export. */
class ArchitectureGuideTest {
    private static final String PAGE = Pages.read(Pages.DOCS.resolve("architecture.md"));
    /** A class in its package or alone, and perhaps a member of it. */
    private static final Pattern NAMED =
            Pattern.compile("`((?:[a-z]\\w*\\.)*)([A-Z]\\w*[a-z]\\w*)(?:\\.(\\w+)(?:\\(\\))?)?`");

    private static final Pattern DRAWN = Pattern.compile("[> ]((?:[a-z]+\\.)+)([A-Z]\\w*)");
    private static final Set<String> OF_REACTOR = Set.of("Mono", "Scheduler");

    @SuppressWarnings("NullAway.Init")
    private static List<Path> sources;

    @BeforeAll
    static void findSources() throws IOException {
        sources = Pages.filesIn(Pages.REPOSITORY, ".java");
    }

    @Test
    void everyClassThatIsNamedExistsWithTheMemberThatIsNamed() {
        assertThat(NAMED.matcher(PAGE).results().filter(each -> !OF_REACTOR.contains(each.group(2))))
                .hasSizeGreaterThan(200)
                .allSatisfy(each ->
                        assertThat(sourcesOf(each)).as(each.group()).anyMatch(source -> hasMember(source, each)));
    }

    @Test
    void everyClassInADiagramExists() throws IOException {
        assertThat(Pages.filesIn(Pages.DOCS, ".svg").stream()
                        .flatMap(diagram -> DRAWN.matcher(Pages.read(diagram)).results()))
                .hasSizeGreaterThan(10)
                .allSatisfy(each -> assertThat(sourcesOf(each)).as(each.group()).isNotEmpty());
    }

    private static List<String> sourcesOf(MatchResult name) {
        Path file = Path.of(name.group(1).replace('.', '/') + name.group(2) + ".java");
        return sources.stream()
                .filter(source -> source.endsWith(file))
                .map(Pages::read)
                .toList();
    }

    private static boolean hasMember(String source, MatchResult name) {
        return name.group(3) == null
                || Pattern.compile("\\b" + name.group(3) + "\\b")
                        .matcher(source)
                        .find();
    }

    @Test
    void everyModuleIsThereWithAllThatItExports() {
        assertThat(sources)
                .filteredOn(source -> source.endsWith("module-info.java"))
                .hasSize(3)
                .allSatisfy(source -> {
                    String declared = Pages.read(source);
                    assertThat(Pattern.compile("(?:^module|exports) ([\\w.]+)", Pattern.MULTILINE)
                                    .matcher(declared)
                                    .results()
                                    .map(each -> each.group(1).replace("io.stitch.reactive.internal", "internal")))
                            .isNotEmpty()
                            .allSatisfy(each -> assertThat(PAGE).contains('`' + each + '`'));
                });
    }
}
