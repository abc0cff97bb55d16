package io.stitch.samples.quickstart;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Where Ada keeps her files, for as long as the story lasts. */
final class AdasFolder implements AutoCloseable {
    private final Path path;

    private AdasFolder(Path path) {
        this.path = path;
    }

    static AdasFolder create() {
        try {
            return new AdasFolder(Files.createTempDirectory("stitch-quickstart"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path file(String name) {
        return path.resolve(name);
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
