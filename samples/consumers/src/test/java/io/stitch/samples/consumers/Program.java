package io.stitch.samples.consumers;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A program in a process of its own: what it prints is kept, each wait for it has a limit, and it is ended when this is closed, with all that
 * it started.
 */
final class Program implements AutoCloseable {
    /** For what takes a second on a quiet machine. */
    static final Duration LIMIT = Duration.ofSeconds(60);

    /** Behind the last line. */
    private static final Optional<String> END = Optional.empty();

    private final String name;
    private final Process process;
    private final BufferedWriter input;
    private final Thread atShutdown = new Thread(this::kill, "end of a program");
    private final StringBuilder output = new StringBuilder();
    private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();

    private Program(List<String> command, Path folder, Map<String, String> environment) throws IOException {
        this.name = String.join(" ", command);
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        this.process = builder.start();
        Runtime.getRuntime().addShutdownHook(atShutdown);
        this.input = process.outputWriter(StandardCharsets.UTF_8);
        Thread reader = new Thread(this::read, "output of " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    static Program start(Path folder, List<String> command) {
        return start(folder, command, Map.of());
    }

    static Program start(Path folder, List<String> command, Map<String, String> environment) {
        try {
            return new Program(command, folder, environment);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                printed(line);
            }
        } catch (IOException e) {
            printed(e.toString());
        }
        lines.add(END);
    }

    private void printed(String line) {
        synchronized (output) {
            output.append(line).append('\n');
        }
        lines.add(Optional.of(line));
    }

    /** Types a line. */
    void type(String line) {
        try {
            input.write(line);
            input.newLine();
            input.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Types Ctrl-D. */
    void endInput() {
        try {
            input.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Waits until it prints a line with a text in it, behind the line that was waited for before.
     *
     * @return the line
     */
    String expect(String text) {
        return expect(line -> line.contains(text), text);
    }

    /** The same, of a line that is this text. */
    String expectLine(String text) {
        return expect(text::equals, text);
    }

    private String expect(Predicate<String> wanted, String text) {
        long end = System.nanoTime() + LIMIT.toNanos();
        Optional<String> line = next(end, text);
        while (!line.filter(wanted).isPresent()) {
            if (line.isEmpty()) {
                lines.add(END);
                throw new AssertionError(report("ended without printing '" + text + "'"));
            }
            line = next(end, text);
        }
        return line.get();
    }

    private Optional<String> next(long end, String text) {
        try {
            Optional<String> line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null) {
                throw new AssertionError(report("did not print '" + text + "' within " + LIMIT));
            }
            return line;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(report("was waited for in vain"), e);
        }
    }

    /** Tells it to end, as whoever stops a service does. */
    void tellToEnd() {
        process.destroy();
    }

    /**
     * Waits until it has ended by itself, and well.
     *
     * @param limit how long that may take from now
     * @return how long it took
     */
    Duration expectEnd(Duration limit) {
        return expectEnd(limit, 0);
    }

    /**
     * Waits until it has ended.
     *
     * @param limit how long that may take from now
     * @param exitValue how it should end
     * @return how long it took
     */
    Duration expectEnd(Duration limit, int exitValue) {
        long begin = System.nanoTime();
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(report("had not ended after " + limit));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(report("was waited for in vain"), e);
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        if (process.exitValue() != exitValue) {
            throw new AssertionError(report("ended with " + process.exitValue()));
        }
        return took;
    }

    boolean isRunning() {
        return process.isAlive();
    }

    /** All that it has printed so far. */
    String output() {
        synchronized (output) {
            return output.toString();
        }
    }

    private String report(String what) {
        return name + "\n" + what + ". Its output:\n" + output();
    }

    @Override
    public void close() {
        kill();
        Runtime.getRuntime().removeShutdownHook(atShutdown);
    }

    private void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
