package io.stitch.samples.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Runs the benchmarks in a JVM of their own, which prints the table and writes {@code target/results.json}. With
 * {@code --quick}: fewer sizes and rounds; with {@code --only=scope-open/1000}: the rows whose names begin so.
 */
public final class Benchmarks {
    private static final Duration LONGEST_RUN = Duration.ofMinutes(20);
    private static final String ONLY = "--only=";
    /**
     * The clients of a round get network threads of their own, as they would have in processes of their own. Netty hands its threads out
     * in turn, so with as few as it has by default a client would share one with its counterpart in every other round.
     *
     * <p>The heap is touched beforehand: memory that is touched for the first time stops a thread for 10 to 15 microseconds a page, which
     * slowed a store's rounds for seconds, until the collector came back to the same regions.
     */
    private static final List<String> JVM_FLAGS =
            List.of("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:+AlwaysPreTouch", "-Dio.netty.eventLoopThreads=64");

    private Benchmarks() {}

    /**
     * Runs them.
     *
     * @param args {@code --quick}, {@code --only=…}, both or nothing
     * @throws IOException if a JVM cannot be started or the result cannot be written
     */
    public static void main(String[] args) throws IOException {
        String mode = "full";
        String only = "";
        for (String arg : args) {
            if (arg.equals("--quick")) {
                mode = "quick";
            } else if (arg.startsWith(ONLY)) {
                only = arg.substring(ONLY.length());
            } else {
                throw new IllegalArgumentException("The options are --quick and --only=…, not " + arg);
            }
        }
        Path results = Files.createDirectories(ChildJvm.targetFolder()).resolve("results.json");
        try (ChildJvm measuring = ChildJvm.start(Measuring.class, JVM_FLAGS, List.of(mode, results.toString(), only))) {
            measuring.printOutput();
            int code = measuring.waitFor(LONGEST_RUN);
            if (code != 0) {
                throw new IllegalStateException("The measuring JVM ended with code " + code + "; its error is above.");
            }
        }
    }
}
