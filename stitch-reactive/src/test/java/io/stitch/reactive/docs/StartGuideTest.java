package io.stitch.reactive.docs;

import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.docs.TaskBoard.Task;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static io.stitch.reactive.docs.Refit.LIMIT;
import static io.stitch.reactive.docs.TaskBoard.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** The program of docs/start.md, that two of it see each other's edits, and that its pom.xml names what is built here. */
class StartGuideTest {
    private static final Path PAGE = Pages.DOCS.resolve("start.md");

    @Test
    void twoBoardsSeeEachOthersEdits() {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            StitchStore ada = TaskBoard.connect(server.url());
            StitchStore ben = TaskBoard.connect(server.url());
            Scope onAdas = ada.replaceScope("apollo");
            Scope onBens = ben.replaceScope("apollo");

            StepVerifier.create(
                            titles(onBens).filter(titles -> !titles.isEmpty()).next())
                    .then(() -> TaskBoard.edit(onAdas, "add Refit the gimbal"))
                    .expectNext(List.of("Refit the gimbal"))
                    .expectComplete()
                    .verify(LIMIT);
            StepVerifier.create(onAdas.records(TASK)
                            .filter(tasks -> tasks.stream().anyMatch(Task::done))
                            .next())
                    .then(() -> TaskBoard.edit(onBens, "Refit the gimbal"))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            Flux.merge(ada.close(), ben.close()).blockLast(LIMIT);
        }
    }

    private static Flux<List<String>> titles(Scope scope) {
        return scope.records(TASK).map(tasks -> tasks.stream().map(Task::title).toList());
    }

    @Test
    void theCoordinatesAreThoseOfThisBuild() {
        String version = first("<revision>(.*?)</revision>", Pages.read(Path.of("..", "pom.xml")));
        String page = String.join("\n", Pages.blocks(PAGE, "xml"));

        assertThat(Pattern.compile(
                                "<groupId>io\\.stitch</groupId>\\s*<artifactId>(.*?)</artifactId>\\s*<version>(.*?)</version>")
                        .matcher(page)
                        .results())
                .isNotEmpty()
                .allSatisfy(dependency -> {
                    assertThat(artifacts()).contains(dependency.group(1));
                    assertThat(dependency.group(2)).isEqualTo(version);
                });
    }

    /** What this repository makes: the project's own coordinates are those that nothing is around. */
    private static List<String> artifacts() {
        Pattern own = Pattern.compile("^  <artifactId>(.*?)</artifactId>", Pattern.MULTILINE);
        try {
            return Pages.filesIn(Pages.REPOSITORY, "pom.xml").stream()
                    .flatMap(pom -> own.matcher(Pages.read(pom)).results())
                    .map(artifact -> artifact.group(1))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String first(String pattern, String text) {
        Matcher matcher =
                Pattern.compile(pattern, Pattern.DOTALL).matcher(text.substring(text.indexOf("<groupId>io.stitch<")));
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }
}
