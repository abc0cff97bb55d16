package io.stitch.samples.consumers;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** All that is published, in the project's build and as the files of a repository. */
public final class PublishedProject {
    /** What goes into applications, with the folder that it is built in. */
    private static final Map<String, String> LIBRARIES = Map.of(
            "stitch-reactive", "stitch-reactive",
            "stitch-reactive-h2", "stitch-reactive-h2",
            "stitch-reactive-peer", "stitch-reactive-peer",
            "stitch-reactive-spring-boot-starter", "samples/spring-boot-starter");

    /** What goes into their tests. */
    private static final Map<String, String> TEST_AIDS =
            Map.of("stitch-reactive-server", "samples/server", "stitch-reactive-test", "samples/testing");

    private static final Pattern RESOLVED =
            Pattern.compile("^ +([^: ]+):([^: ]+):jar:(?:[^: ]+:)?([^: ]+):(?:compile|runtime)", Pattern.MULTILINE);
    /** Metrics are optional, so that no application gets them that does not ask for them. */
    private static final Pattern OPTIONAL = Pattern.compile("(?:io\\.micrometer|org\\.hdrhistogram):.*");

    private PublishedProject() {}

    /**
     * Called by the project's hook when it is built.
     *
     * @param folder the project's
     * @param repository the local repository with this build's artifacts
     * @param root the folder of this build
     * @param version this build's version
     */
    public static void check(File folder, File repository, String root, String version) throws IOException {
        Path published = repository.toPath().resolve("io/stitch");
        Path built = Path.of(root);
        Set<String> resolved = resolved(new Project(folder));
        for (Map.Entry<String, String> library : LIBRARIES.entrySet()) {
            Pom pom = Pom.read(pom(published, library.getKey(), version));
            checkPom(pom, version);
            Set<String> components = components(built.resolve(library.getValue()), library.getKey(), version, pom);
            components.removeIf(OPTIONAL.asMatchPredicate());
            assertThat(resolved).as("what an application gets").containsAll(components);
        }
        for (Map.Entry<String, String> aid : TEST_AIDS.entrySet()) {
            Pom pom = Pom.read(pom(published, aid.getKey(), version));
            checkPom(pom, version);
            assertThat(components(built.resolve(aid.getValue()), aid.getKey(), version, pom))
                    .isNotEmpty();
        }
        checkExclusions(Pom.read(pom(published, "stitch-reactive", version)));
        checkVersions(Pom.read(pom(published, "stitch-reactive-bom", version)), version);
    }

    private static void checkVersions(Pom bom, String version) {
        checkPom(bom, version);
        assertThat(bom.texts("/project/dependencyManagement//artifactId"))
                .containsExactlyInAnyOrderElementsOf(Stream.of(LIBRARIES, TEST_AIDS)
                        .flatMap(artifacts -> artifacts.keySet().stream())
                        .toList());
        assertThat(bom.texts("/project/dependencyManagement//version")).containsOnly(version);
    }

    private static Path pom(Path published, String artifact, String version) {
        return published.resolve(artifact).resolve(version).resolve(artifact + "-" + version + ".pom");
    }

    /** What a public repository asks of each pom, and that it can be read without any other. */
    private static void checkPom(Pom pom, String version) {
        assertThat(pom.text()).doesNotContain("${");
        assertThat(pom.texts("/project/parent")).isEmpty();
        assertThat(pom.texts("/project/version")).containsExactly(version);
        assertThat(Stream.of("name", "description", "url", "developers/developer/name", "scm/connection", "scm/url"))
                .allSatisfy(element -> assertThat(pom.texts("/project/" + element))
                        .as(element)
                        .hasSize(1)
                        .noneMatch(String::isBlank));
        assertThat(pom.texts("/project/licenses/license/name")).containsExactly("Apache-2.0");
        assertThat(pom.texts("//dependency/scope")).isSubsetOf("compile", "runtime", "provided");
        assertThat(pom.texts("//dependency/version")).hasSameSizeAs(pom.texts("//dependency"));
    }

    /** What keeps two versions of Netty, and metrics that nobody asked for, out of applications. */
    private static void checkExclusions(Pom core) {
        assertThat(core.texts("//dependency[artifactId='hivemq-mqtt-client']//exclusion/groupId"))
                .containsExactly("io.netty", "org.reactivestreams");
        assertThat(core.texts("//dependency[artifactId='reactor-netty-core']//exclusion/artifactId"))
                .containsExactly("*");
        assertThat(core.texts("//dependency[optional='true']/artifactId"))
                .containsExactly("micrometer-core", "context-propagation");
    }

    /** What the bill of materials beside a jar names, which is at least what the jar's pom asks for. */
    private static Set<String> components(Path module, String artifact, String version, Pom pom) {
        Path target = module.resolve("target");
        String name = artifact + "-" + version;
        assertThat(target.resolve(name + "-sources.jar")).isNotEmptyFile();
        Path file = target.resolve(name + "-cyclonedx.json");
        assertThat(file).as("the bill of materials, which Maven makes online").isNotEmptyFile();
        JsonNode bill = JsonMapper.shared().readTree(file.toFile());
        assertThat(bill.path("bomFormat").asString()).isEqualTo("CycloneDX");
        assertThat(coordinates(bill.path("metadata").path("component")))
                .isEqualTo("io.stitch:" + artifact + ":" + version);
        Set<String> components = bill.path("components")
                .valueStream()
                .map(PublishedProject::coordinates)
                .collect(Collectors.toCollection(TreeSet::new));
        List<String> named = pom.texts("//dependency[not(scope='provided')]").stream()
                .map(dependency -> dependency.strip().split("\\s+"))
                .map(parts -> parts[0] + ":" + parts[1] + ":" + parts[2])
                .toList();
        assertThat(components).containsAll(named);
        return components;
    }

    private static String coordinates(JsonNode component) {
        return Stream.of("group", "name", "version")
                .map(part -> component.path(part).asString())
                .collect(Collectors.joining(":"));
    }

    private static Set<String> resolved(Project project) throws IOException {
        return RESOLVED.matcher(Files.readString(project.target().resolve("dependencies.txt")))
                .results()
                .map(PublishedProject::coordinates)
                .collect(Collectors.toSet());
    }

    private static String coordinates(MatchResult artifact) {
        return artifact.group(1) + ":" + artifact.group(2) + ":" + artifact.group(3);
    }
}
