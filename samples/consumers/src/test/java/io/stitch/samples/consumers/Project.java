package io.stitch.samples.consumers;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A project that was built, with the jars that it needs at run time in {@code target/dependency}.
 *
 * @param folder where it is
 */
record Project(Path folder) {
    Project(File folder) {
        this(folder.toPath());
    }

    Path target() {
        return folder.resolve("target");
    }

    Path classes() {
        return target().resolve("classes");
    }

    Path dependencies() {
        return target().resolve("dependency");
    }

    List<Path> jars() {
        try (Stream<Path> files = Files.list(dependencies())) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a main class on the class path. */
    Program run(String mainClass, String... arguments) {
        List<String> command = new ArrayList<>(
                List.of("-cp", classes() + File.pathSeparator + dependencies().resolve("*"), mainClass));
        command.addAll(List.of(arguments));
        return java(JavaHome.own(), command);
    }

    /** Runs Java. */
    Program java(JavaHome home, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(home.command()));
        command.addAll(arguments);
        return Program.start(folder, command);
    }
}
