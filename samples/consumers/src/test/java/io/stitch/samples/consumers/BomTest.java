package io.stitch.samples.consumers;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/** The bill of materials inherits nothing, so that what it repeats of the parent is compared here. */
class BomTest {
    private static final Path ROOT = Path.of("..", "..");
    private static final Pom BOM = Pom.read(ROOT.resolve("samples/bom/pom.xml"));
    private static final Pom PARENT = Pom.read(ROOT.resolve("pom.xml"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "groupId",
                "version",
                "url",
                "inceptionYear",
                "licenses//*",
                "developers//*",
                "properties/revision",
                "properties/stitch.home"
            })
    void itSaysOfTheProjectWhatTheParentSays(String path) {
        assertThat(BOM.texts("/project/" + path))
                .isNotEmpty()
                .map(text -> text.replaceAll("\\s+", " "))
                .isEqualTo(PARENT.texts("/project/" + path).stream()
                        .map(text -> text.replaceAll("\\s+", " "))
                        .toList());
    }

    @Test
    void itHasNoParentAndManagesNothingButThisProjectsArtifactsInTheirOwnVersion() {
        String managed = "/project/dependencyManagement/dependencies/dependency";
        assertThat(BOM.texts("/project/parent")).isEmpty();
        assertThat(BOM.texts("//dependency")).hasSameSizeAs(BOM.texts(managed));
        assertThat(BOM.texts(managed + "/groupId"))
                .hasSameSizeAs(BOM.texts(managed))
                .containsOnly("io.stitch");
        assertThat(BOM.texts(managed + "/version"))
                .hasSameSizeAs(BOM.texts(managed))
                .containsOnly("${project.version}");
        assertThat(BOM.texts(managed + "/artifactId"))
                .containsExactlyInAnyOrder(
                        "stitch-reactive",
                        "stitch-reactive-h2",
                        "stitch-reactive-peer",
                        "stitch-reactive-test",
                        "stitch-reactive-server",
                        "stitch-reactive-spring-boot-starter");
    }

    @Test
    void itsPluginsAreTheParents() {
        for (String plugin : BOM.texts("//plugin/artifactId")) {
            String version = "//plugin[artifactId='" + plugin + "']/version";
            assertThat(BOM.texts(version))
                    .as(plugin)
                    .isEqualTo(PARENT.texts(version).stream()
                            .map(BomTest::withoutProperty)
                            .toList());
        }
    }

    @Test
    void theProfileForReleasesIsTheParents() {
        String goals = "/project/profiles/profile[id='release']//execution/*";
        assertThat(BOM.texts(goals)).isNotEmpty().isEqualTo(PARENT.texts(goals));
    }

    private static String withoutProperty(String version) {
        return version.startsWith("${")
                ? PARENT.texts("/project/properties/" + version.substring(2, version.length() - 1))
                        .get(0)
                : version;
    }
}
