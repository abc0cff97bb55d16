package io.stitch.samples.desktop;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A virtual display of the system's Xvfb, with a number that it finds free itself, until it is closed. */
final class Xvfb implements AutoCloseable {
    private final Process process;
    private final String display;

    private Xvfb(Process process, String display) {
        this.process = process;
        this.display = display;
    }

    static boolean isInstalled() {
        return binary().isPresent();
    }

    static Xvfb start() {
        String binary = binary().orElseThrow(
                        () -> new IllegalStateException(
                                "The tests of the window need a virtual display, and there is no Xvfb."
                                        + " Install the system packages 'xvfb', 'libgtk-3-0' and 'libxtst6' (apt-get install xvfb libgtk-3-0 libxtst6)."))
                .toString();
        try {
            Process process = new ProcessBuilder(
                            binary, "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
            String number = output.readLine(); // It comes when the display can be used.
            if (number == null) {
                throw new IllegalStateException(
                        "Xvfb ended at once; run '%s -displayfd 1' to see why".formatted(binary));
            }
            return new Xvfb(process, ":" + number.strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String display() {
        return display;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Optional<Path> binary() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(folder -> Path.of(folder, "Xvfb"))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
