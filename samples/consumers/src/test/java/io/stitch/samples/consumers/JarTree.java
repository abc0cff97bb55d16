package io.stitch.samples.consumers;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** What an application gets that asks for the library and nothing else. */
public final class JarTree {
    private static final long LARGEST = 14_500_000;
    private static final Pattern ARTIFACT =
            Pattern.compile("^ +([^: ]+):([^: ]+):jar:(?:[^: ]+:)?([^: ]+):(?:compile|runtime)", Pattern.MULTILINE);
    private static final Pattern NATIVE = Pattern.compile(".*\\.(?:so|dll|dylib|jnilib)");

    private JarTree() {}

    /** Called by the project's hook; that no two versions of anything are asked for has been checked by its build. */
    public static void check(File folder) {
        Project project = new Project(folder);
        List<MatchResult> artifacts = ARTIFACT.matcher(text(project.target().resolve("dependencies.txt")))
                .results()
                .toList();
        assertThat(artifacts).hasSameSizeAs(project.jars());
        assertThat(versions(artifacts))
                .allSatisfy((group, versions) ->
                        assertThat(versions).as("the versions of %s", group).hasSize(1));
        assertThat(project.jars())
                .allSatisfy(jar -> assertThat(jar.getFileName().toString())
                        .doesNotContainPattern("http[23]|quic|epoll|kqueue|uring|-native-(?!unix-common)"))
                .allSatisfy(JarTree::assertNothingNative);
        long size = project.jars().stream().mapToLong(JarTree::size).sum();
        System.out.println(project.jars().size() + " jars, " + size + " bytes");
        assertThat(size).isLessThan(LARGEST);
        assertThat(Linkage.missing(project.jars())).isEmpty();
    }

    private static Map<String, Set<String>> versions(List<MatchResult> artifacts) {
        Map<String, Set<String>> versions = new TreeMap<>();
        artifacts.forEach(artifact -> versions.computeIfAbsent(artifact.group(1), group -> new TreeSet<>())
                .add(artifact.group(3)));
        return versions;
    }

    private static void assertNothingNative(Path path) {
        try (JarFile jar = new JarFile(path.toFile())) {
            assertThat(jar.stream())
                    .noneMatch(entry -> NATIVE.matcher(entry.getName()).matches());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
