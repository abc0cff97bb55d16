package io.stitch.reactive.peer;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Mosquitto of the system with its default limits, on a free port of the loopback address. */
record MosquittoBroker(Process process, int port) implements TestBroker {
    /** Tests that need it run where it is installed, and always on a build server: there, its absence is a failure. */
    static boolean isExpected() {
        return System.getenv("CI") != null || binary().isPresent();
    }

    static MosquittoBroker start(Path folder) {
        Path binary = binary().orElseThrow(() -> new IllegalStateException("Mosquitto is not installed."));
        try {
            int port = freePort();
            Path configuration = Files.writeString(
                    folder.resolve("mosquitto.conf"),
                    // As root it would otherwise become a user who cannot read a test's folder.
                    "user %s%nlistener %d 127.0.0.1%nallow_anonymous true%n"
                            .formatted(System.getProperty("user.name"), port));
            Process process = new ProcessBuilder(binary.toString(), "-c", configuration.toString())
                    .redirectErrorStream(true)
                    .start();
            awaitRunning(process);
            return new MosquittoBroker(process, port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitRunning(Process process) throws IOException {
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        StringBuilder said = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            said.append(line).append('\n');
            if (line.contains(" running")) {
                // The pipe must be emptied, or the broker would stop when it is full.
                var unused = CompletableFuture.runAsync(() -> output.lines().forEach(ignored -> {}));
                return;
            }
        }
        throw new IllegalStateException("Mosquitto did not start: " + said);
    }

    @Override
    public int port(int peer) {
        return port;
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
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.concat(Stream.of(path.split(File.pathSeparator)), Stream.of("/usr/sbin", "/usr/local/sbin"))
                .map(folder -> Path.of(folder, "mosquitto"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
