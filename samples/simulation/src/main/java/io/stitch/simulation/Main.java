package io.stitch.simulation;

import io.stitch.simulation.peer.PeerSimulation;
import io.stitch.simulation.peer.Protection;
import io.stitch.simulation.server.ServerSimulation;
import io.stitch.simulation.server.Size;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs simulations from the command line. */
public final class Main {
    private static final long MANY = 1_000;
    private static final Duration FOREVER = Duration.ofDays(1_000);
    private static final int SHOWN_SEEDS = 6;

    private Main() {}

    /**
     * Runs many seeds, or one of them again.
     *
     * @param args {@code --mode=server|peer}, {@code --seeds=N}, {@code --first=N}, {@code --threads=N}, {@code --known=KIND,…},
     *     {@code --short}, with a server {@code --stores=N} and {@code --scopes=N} for a large world, among peers
     *     {@code --protection=plain|signed|members|encrypted|both} for worlds of one kind; or {@code --replay=…}, with {@code --kind=…} to have it made short
     */
    public static void main(String... args) {
        Map<String, String> options = new LinkedHashMap<>();
        for (String arg : args) {
            int equals = arg.indexOf('=');
            options.put(equals < 0 ? arg : arg.substring(0, equals), equals < 0 ? "true" : arg.substring(equals + 1));
        }
        Simulation<?> simulation =
                options.getOrDefault("--mode", "server").equals("peer") ? peers(options) : server(options);
        String replay = options.get("--replay");
        if (replay != null) {
            String kind = options.get("--kind");
            Replay what = kind == null ? Replay.parse(replay) : Shrinker.shrink(simulation, Replay.parse(replay), kind);
            System.out.println(simulation.describe(what));
            System.out.println(what);
            simulation.run(what, !options.containsKey("--short")).problems().forEach(System.out::println);
            return;
        }
        Runner runner = new Runner(
                simulation, Set.of(options.getOrDefault("--known", "").split(",", -1)), System.out);
        runner.run(
                Long.parseLong(options.getOrDefault("--first", "1")),
                Long.parseLong(options.getOrDefault("--seeds", Long.toString(MANY))),
                Integer.parseInt(options.getOrDefault(
                        "--threads", Integer.toString(Runtime.getRuntime().availableProcessors()))),
                FOREVER);
        System.out.println(runner.figures());
        System.out.println(options.containsKey("--short") ? kinds(runner) : runner.report());
    }

    private static PeerSimulation peers(Map<String, String> options) {
        String protection = options.get("--protection");
        return protection == null ? new PeerSimulation() : new PeerSimulation(Protection.named(protection));
    }

    private static ServerSimulation server(Map<String, String> options) {
        return new ServerSimulation(new Size(
                Integer.parseInt(options.getOrDefault("--stores", Integer.toString(Size.SMALL.stores()))),
                Integer.parseInt(options.getOrDefault("--scopes", Integer.toString(Size.SMALL.scopes())))));
    }

    private static String kinds(Runner runner) {
        StringBuilder text = new StringBuilder();
        runner.failures().forEach((kind, replays) -> {
            List<Replay> some = replays.subList(0, Math.min(SHOWN_SEEDS, replays.size()));
            text.append("%6d  %s %s%n        %s%n"
                    .formatted(
                            replays.size(),
                            kind,
                            some,
                            runner.example(kind).lines().findFirst().orElse("")));
        });
        return text.toString();
    }
}
