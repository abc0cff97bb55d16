package io.stitch.samples.benchmarks;

import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Applies writes to memory and emits them, with JMH in JVMs of its own; no server is involved.
 *
 * @param forks how many JVMs
 * @param rounds how often in each
 */
record LocalApply(int forks, Rounds rounds) implements Scenario {
    private static final Limit LIMIT = Limit.atLeast(350_000);
    // One processor also means the collector that takes no second one.
    private static final String[] JVM_FLAGS = {
        "-Xms1g",
        "-Xmx1g",
        "-Xmn768m",
        "-XX:ActiveProcessorCount=1",
        "-Dlogback.configurationFile=benchmarks-logback.xml"
    };

    @Override
    public String name() {
        return "writes/local-apply";
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    @Override
    public List<Figure> measure(String serverUrl) {
        List<IterationResult> iterations = run().stream()
                .flatMap(result -> result.getBenchmarkResults().stream())
                .flatMap(fork -> fork.getIterationResults().stream())
                .toList();
        Sample processor = Sample.of(iterations, LocalApply::writesPerProcessorSecond);
        return List.of(new Figure(
                name(),
                Sample.of(
                        iterations,
                        iteration -> 1 / iteration.getPrimaryResult().getScore()),
                "1/s",
                LIMIT,
                "JMH, one thread, 1000 records, one subscriber; %s per second of the thread's processor time"
                        .formatted(Table.number(processor.median()))));
    }

    private static double writesPerProcessorSecond(IterationResult iteration) {
        Result<?> nanos = Objects.requireNonNull(iteration.getSecondaryResults().get("nanosPerWrite"));
        return 1e9 / nanos.getScore();
    }

    private Collection<RunResult> run() {
        try {
            return new Runner(new OptionsBuilder()
                            .include(LocalWrites.class.getName())
                            .mode(Mode.SingleShotTime)
                            .timeUnit(TimeUnit.SECONDS)
                            .forks(forks)
                            .warmupIterations(rounds.warmUp())
                            .measurementIterations(rounds.counted())
                            .jvmArgs(JVM_FLAGS)
                            .shouldFailOnError(true)
                            .verbosity(VerboseMode.SILENT)
                            .build())
                    .run();
        } catch (RunnerException e) {
            throw new IllegalStateException("JMH could not measure " + name(), e);
        }
    }
}
