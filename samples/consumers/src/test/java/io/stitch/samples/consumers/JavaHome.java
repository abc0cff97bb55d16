package io.stitch.samples.consumers;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * A JDK on this machine.
 *
 * @param folder where it is
 * @param feature its version, such as 17
 */
record JavaHome(Path folder, int feature) {
    private static final int NEWER = 21;

    /** The one that runs this. */
    static JavaHome own() {
        return new JavaHome(
                Path.of(System.getProperty("java.home")), Runtime.version().feature());
    }

    /** This one and, where there is any, the newest of those from 21 on: what a program does with one, it must do with the other. */
    static List<JavaHome> ownAndNewer() {
        Optional<JavaHome> newer = newer();
        if (newer.isEmpty() && System.getenv("CI") != null) {
            System.out.println("There is no Java " + NEWER + " or later here, besides the one of the build.");
        }
        return Stream.concat(Stream.of(own()), newer.stream()).toList();
    }

    private static Optional<JavaHome> newer() {
        Path systems = Path.of("/usr/lib/jvm");
        if (!Files.isDirectory(systems)) {
            return Optional.empty();
        }
        try (Stream<Path> folders = Files.list(systems)) {
            return folders.filter(folder -> Files.isExecutable(folder.resolve("bin/javac")))
                    .map(folder -> new JavaHome(folder, feature(folder)))
                    .filter(home -> home.feature >= NEWER && home.feature != own().feature)
                    .max(Comparator.comparing(JavaHome::feature));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int feature(Path folder) {
        Properties release = new Properties();
        try (Reader reader = Files.newBufferedReader(folder.resolve("release"))) {
            release.load(reader);
            return Runtime.Version.parse(release.getProperty("JAVA_VERSION", "").replace("\"", ""))
                    .feature();
        } catch (IOException | IllegalArgumentException e) {
            return 0;
        }
    }

    String command() {
        return folder.resolve("bin").resolve("java").toString();
    }
}
