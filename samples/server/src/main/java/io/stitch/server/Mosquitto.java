package io.stitch.server;

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

/**
 * The system's Mosquitto on a free port of the loopback address, for tests on a broker that people really have. Thread-safe; the methods
 * block until done. Close it to stop it.
 */
public final class Mosquitto implements AutoCloseable {
    private static final int LONGEST_STOP_SECONDS = 10;

    private final Process process;
    private final int port;

    private Mosquitto(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Tells whether tests on it should run: where it is installed, and always on a build server ({@code CI} is set), where its absence is a
     * failure.
     *
     * @return whether they should
     */
    public static boolean isExpected() {
        return System.getenv("CI") != null || binary().isPresent();
    }

    /**
     * Starts a broker; it accepts connections on return.
     *
     * @param folder where its configuration is written
     * @param settings further lines of its configuration, such as {@code allow_anonymous true}
     * @return the running broker
     * @throws IllegalStateException if it is not installed, or ends at once; the message says why
     */
    public static Mosquitto start(Path folder, String... settings) {
        Path binary = binary().orElseThrow(
                        () -> new IllegalStateException("Mosquitto is not installed (the package 'mosquitto')."));
        try {
            int port = freePort();
            Path configuration = Files.writeString(
                    folder.resolve("mosquitto.conf"),
                    // As root it would otherwise become a user who cannot read a test's folder.
                    "user %s%nlistener %d 127.0.0.1%n%s%n"
                            .formatted(
                                    System.getProperty("user.name"),
                                    port,
                                    String.join(System.lineSeparator(), settings)));
            Process process = new ProcessBuilder(binary.toString(), "-c", configuration.toString())
                    .redirectErrorStream(true)
                    .start();
            awaitRunning(process);
            return new Mosquitto(process, port);
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

    /**
     * Where it listens.
     *
     * @return the port
     */
    public int port() {
        return port;
    }

    /**
     * Where it is.
     *
     * @return its address, such as {@code mqtt://127.0.0.1:40123}
     */
    public String url() {
        return "mqtt://127.0.0.1:" + port;
    }

    /** Returns when it has ended. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(LONGEST_STOP_SECONDS, TimeUnit.SECONDS)) {
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
