package io.stitch.samples.consumers;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class StartProjectTest {
    private static final String PAGE = "# Page\n\n```sh\nmvn one\n```\n\n```sh\nmvn two\nmvn three\n```\n";

    @Test
    void aBlockIsFoundByItsLanguageAndWhatIsInIt() {
        assertThat(StartProject.block(PAGE, "sh", "three")).isEqualTo("mvn two\nmvn three\n");
    }

    @Test
    void thePageNamesTheAnnotationsThatTheProjectOnSpringBoot3Has() throws IOException {
        Path root = Path.of("..", "..");
        Matcher version = Pattern.compile("<jackson-annotations\\.version>(.*?)<")
                .matcher(Files.readString(root.resolve("pom.xml")));
        assertThat(version.find()).isTrue();
        assertThat(StartProject.block(
                        Files.readString(root.resolve("docs/start.md")), "xml", "<artifactId>jackson-annotations"))
                .contains("<version>" + version.group(1) + "</version>");
    }

    @Test
    void thePageNamesTheVersionThatIsBuiltWhenNobodyNamesAnother() throws IOException {
        Path root = Path.of("..", "..");
        String version = Pom.read(root.resolve("pom.xml"))
                .texts("/project/properties/revision")
                .get(0);
        assertThat(StartProject.PAGES_VERSION).isEqualTo("<version>" + version + "<");
        assertThat(StartProject.block(Files.readString(root.resolve("docs/start.md")), "xml", "<artifactId>task-board"))
                .containsOnlyOnce(StartProject.PAGES_VERSION);
    }

    @Test
    void aBlockThatIsGoneIsReported() {
        assertThatThrownBy(() -> StartProject.block(PAGE, "java", "one")).hasMessageContaining("java with 'one'");
    }
}
