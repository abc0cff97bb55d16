package io.stitch.reactive.spring;

import io.stitch.reactive.LastWill;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;

import static org.assertj.core.api.Assertions.assertThat;

/** The README has every property, and editors know them, too. */
class ReadmeTest {
    private static String readme() throws IOException {
        return Files.readString(Path.of("README.md"));
    }

    private static List<JsonNode> properties() throws IOException {
        try (InputStream metadata =
                ReadmeTest.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            JsonNode all = JsonMapper.shared().readTree(Objects.requireNonNull(metadata));
            return StreamSupport.stream(all.path("properties").spliterator(), false)
                    .toList();
        }
    }

    private static String name(JsonNode property) {
        return property.path("name").asString("");
    }

    /** Two beans of the README. */
    static class Beans {
        @Bean
        StitchRemoteCustomizer lastWill() {
            return remote -> remote.lastWill(LastWill.of("presence/board", "gone"));
        }

        @Bean
        StitchJsonMapper records(JsonMapper applications) {
            return new StitchJsonMapper(applications
                    .rebuild()
                    .disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
                    .enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build());
        }
    }

    @Test
    void itHasEveryPropertyWithItsDefault() throws IOException {
        String readme = readme();
        assertThat(properties())
                .hasSizeGreaterThan(50)
                .allSatisfy(property -> assertThat(readme).contains("`" + name(property) + "`"));
        assertThat(properties())
                .filteredOn(property -> property.has("defaultValue"))
                .allSatisfy(property -> assertThat(readme.lines()
                                .filter(line -> line.startsWith("| `") && line.contains("`" + name(property) + "`")))
                        .as("the line of %s", name(property))
                        .anySatisfy(line -> assertThat(line.split("\\|", -1)[2])
                                .contains(property.path("defaultValue").asString())));
    }

    @Test
    void editorsKnowEachPropertyBySentencesAndItsUnit() throws IOException {
        assertThat(properties()).allSatisfy(property -> {
            String description = property.path("description").asString("");
            assertThat(description).as("of %s", name(property)).matches("[A-Z].*\\.");
            switch (property.path("type").asString("")) {
                case "java.time.Duration" -> assertThat(description).contains("seconds unless a unit is given");
                case "org.springframework.util.unit.DataSize" ->
                    assertThat(description).contains("bytes unless a unit is given");
                default -> assertThat(description).doesNotContain("unless a unit is given");
            }
        });
    }
}
