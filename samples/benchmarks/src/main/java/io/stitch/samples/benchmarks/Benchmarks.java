package io.stitch.samples.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
     */
    private static final String NETWORK_THREADS = "-Dio.netty.eventLoopThreads=64";

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
        List<String> flags = new ArrayList<>(ChildJvm.WARM_GIGABYTE);
        flags.add(NETWORK_THREADS);
        try (ChildJvm measuring = ChildJvm.start(Measuring.class, flags, List.of(mode, results.toString(), only))) {
            measuring.printOutput();
            int code = measuring.waitFor(LONGEST_RUN);
            if (code != 0) {
                throw new IllegalStateException("The measuring JVM ended with code " + code + "; its error is above.");
            }
        }
    }
}
