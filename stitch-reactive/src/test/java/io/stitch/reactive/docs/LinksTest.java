package io.stitch.reactive.docs;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Every page of the repository leads to places that exist, and the guide's table of contents has every chapter. */
class LinksTest {
    static List<Path> pages() throws IOException {
        return Pages.filesIn(Pages.REPOSITORY, ".md");
    }

    static List<Path> chapters() throws IOException {
        return Pages.filesIn(Pages.DOCS, ".md").stream()
                .filter(page -> !page.endsWith("README.md"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyLinkLeadsSomewhere(Path page) {
        List<String> dead = Pages.links(page).stream()
                .filter(link -> !leadsSomewhere(page, link))
                .toList();

        assertThat(dead).as("links of %s that lead nowhere", page).isEmpty();
    }

    private static boolean leadsSomewhere(Path page, String link) {
        String[] parts = link.split("#", 2);
        Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]);
        return Files.exists(target)
                && (parts.length == 1 || Pages.anchors(target).contains(parts[1]));
    }

    @ParameterizedTest
    @MethodSource("chapters")
    void theTableOfContentsHasEveryChapter(Path chapter) {
        assertThat(Pages.links(Pages.DOCS.resolve("README.md")))
                .contains(Pages.DOCS.relativize(chapter).toString());
    }
}
