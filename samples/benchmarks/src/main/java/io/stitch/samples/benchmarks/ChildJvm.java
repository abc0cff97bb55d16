package io.stitch.samples.benchmarks;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * A JVM with this one's classpath. It ends with this one, however that ends: a child calls {@link #endWithParent()}, and its
 * standard input closes when the parent is gone.
 */
final class ChildJvm implements AutoCloseable {
    /**
     * A heap of a gigabyte that was touched beforehand. Otherwise whatever allocated was stopped for 10 to 15 microseconds at a time, for
     * seconds on end, until the collector came back to regions that had been used before.
     */
    static final List<String> WARM_GIGABYTE = List.of("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:+AlwaysPreTouch");

    private static final Duration TIME_TO_END = Duration.ofSeconds(10);

    private final Process process;
    private final BufferedReader output;
    private final String name;

    private ChildJvm(Process process, String name) {
        this.process = process;
        this.output = process.inputReader();
        this.name = name;
    }

    static ChildJvm start(Class<?> main, List<String> flags, List<String> args) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        // Named, because the broker's jar has a logback.xml too.
        command.add("-Dlogback.configurationFile=benchmarks-logback.xml");
        command.addAll(List.of("-cp", classpath(), main.getName()));
        command.addAll(args);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new ChildJvm(process, main.getSimpleName());
    }

    /** Called first by a child's {@code main}. */
    static void endWithParent() {
        Thread watch = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // Nobody writes there: only its end says something.
                        }
                    } catch (IOException e) {
                        // As good as its end.
                    }
                    CompletableFuture.delayedExecutor(TIME_TO_END.toSeconds(), TimeUnit.SECONDS)
                            .execute(() -> Runtime.getRuntime().halt(1));
                    Runtime.getRuntime().exit(0);
                },
                "end-with-parent");
        watch.setDaemon(true);
        watch.start();
    }

    /** The address that the child prints first; a child that prints anything else is ended. */
    String address(String scheme, Duration limit) {
        try {
            String line = firstLine(limit);
            if (!line.startsWith(scheme + "://")) {
                throw new IllegalStateException("%s did not start, it said: %s".formatted(name, line));
            }
            return line;
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** The line that the child prints first. */
    private String firstLine(Duration limit) {
        CompletableFuture<String> line = CompletableFuture.supplyAsync(() -> {
            try {
                return String.valueOf(output.readLine());
            } catch (IOException e) {
                return e.toString();
            }
        });
        try {
            return line.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException(name + " said nothing within " + limit + ".", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("Cannot read what " + name + " says.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for " + name + ".", e);
        }
    }

    /** Prints what the child prints, until it ends. */
    void printOutput() {
        Thread printer = new Thread(() -> output.lines().forEach(System.out::println), "output-of-" + name);
        printer.setDaemon(true);
        printer.start();
    }

    /** {@return the processor time that it has taken until now} */
    Duration processorTime() {
        return process.info()
                .totalCpuDuration()
                .orElseThrow(
                        () -> new IllegalStateException("This system does not tell the processor time of " + name));
    }

    int waitFor(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(name + " was not done within " + limit + ".");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for " + name + ".", e);
        }
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            process.destroy();
        }
        try {
            if (!process.waitFor(TIME_TO_END.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }

    /** {@return this module's {@code target}, wherever the command was given} */
    static Path targetFolder() {
        try {
            Path code = Path.of(ChildJvm.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return code.resolveSibling("");
        } catch (URISyntaxException e) {
            throw new IllegalStateException("Cannot find the folder of the compiled classes.", e);
        }
    }

    /** Maven runs a main class in a class loader of its own, and the system property has Maven's own classpath. */
    private static String classpath() {
        if (ChildJvm.class.getClassLoader() instanceof URLClassLoader loader) {
            return Arrays.stream(loader.getURLs()).map(ChildJvm::path).collect(Collectors.joining(File.pathSeparator));
        }
        return System.getProperty("java.class.path");
    }

    private static String path(URL url) {
        try {
            return Path.of(url.toURI()).toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("Cannot use " + url + " in a classpath.", e);
        }
    }
}
