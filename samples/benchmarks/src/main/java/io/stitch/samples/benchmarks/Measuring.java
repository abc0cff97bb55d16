package io.stitch.samples.benchmarks;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/** The JVM that measures: runs the scenarios, each against its server, prints the table and writes the results. */
final class Measuring {
    private Measuring() {}

    /**
     * The child's entry.
     *
     * @param args {@code quick} or {@code full}, the file to write, and what the names of the scenarios to run begin with
     * @throws IOException if a server cannot be started or the file cannot be written
     */
    public static void main(String[] args) throws IOException {
        ChildJvm.endWithParent();
        try {
            List<Scenario> scenarios = args[0].equals("quick") ? quick() : full();
            List<Figure> figures = new ArrayList<>();
            List<String> failed = run(
                    scenarios.stream()
                            .filter(scenario -> scenario.name().startsWith(args[2]))
                            .toList(),
                    figures);
            System.out.println(Table.of(figures));
            System.out.println(
                    "Ratio: the store's median to the bare client's, with the extremes of single pairs of rounds.");
            Path file = Path.of(args[1]);
            Results.write(figures, file);
            System.out.println("Written to " + file);
            if (!failed.isEmpty()) {
                throw new IllegalStateException("Not measured, for what is said above: " + failed);
            }
        } catch (RuntimeException e) {
            e.printStackTrace();
            System.exit(1);
        }
        // The threads of MQTT clients would keep the JVM alive for a while.
        System.exit(0);
    }

    private static List<Scenario> full() {
        ServerSpec server = new ServerSpec(ServerSpec.Kind.NEW, List.of(1_000, 10_000, 100_000));
        return List.of(
                new ScopeOpen(1_000, server, new Rounds(40, 15)),
                new ScopeOpen(10_000, server, new Rounds(8, 11)),
                new ScopeOpen(100_000, server, new Rounds(2, 7)),
                new ScopeHeap(100_000, server, new Rounds(1, 5)),
                writes(20_000, 256, server, new Rounds(3, 7)),
                writes(1_000, 1, server, new Rounds(2, 7)),
                new H2ScopeOpen(10_000, server, new Rounds(5, 9)),
                new H2BatchRate(100_000, new Rounds(4, 7)),
                new H2Start(1_000, 100_000, new Rounds(3, 7)),
                listOpen(1_000, new Rounds(30, 15)),
                listOpen(10_000, new Rounds(8, 11)),
                listOpen(25_000, new Rounds(3, 7)),
                listOpen(100_000, new Rounds(1, 5)),
                // Two peers are measured, and what they run is compiled after 20 rounds and not before.
                new PeerScopeOpen(10_000, PeerProtection.PLAIN, new Rounds(20, 15)),
                new PeerScopeOpen(10_000, PeerProtection.ENCRYPTED, new Rounds(10, 15)),
                new PeerScopeOpen(10_000, PeerProtection.SIGNED, new Rounds(6, 9)),
                new PeerH2ScopeOpen(10_000, new Rounds(6, 11)),
                // What runs once in a while is compiled late: 4 000 writes were too few, for the bare client too. The
                // rounds are short and many, because how fast threads are woken changes from second to second.
                new PeerLatency(250, new Rounds(80, 41)),
                new TenPeers(1_000, new Rounds(0, 5)),
                new FieldMerge(1_000, new Rounds(1, 5)),
                new Viewers(
                        1_000,
                        500,
                        Duration.ofSeconds(15),
                        new ServerSpec(
                                ServerSpec.Kind.NEW,
                                IntStream.range(20, 70).boxed().toList())),
                new ViewersJoin(1_500, new ServerSpec(ServerSpec.Kind.NEW, List.of(20)), new Rounds(1, 3)),
                new HostileFields(16 << 20, new Rounds(5, 7)),
                new HelloFlood(50_000, 400, new Rounds(1, 5)),
                new ManyPending(20_000, 200, new Rounds(2, 7)),
                new Reconnect(100_000, 0, new Rounds(5, 11)),
                new Reconnect(100_000, 100, new Rounds(5, 11)),
                new PeerReconnect(10_000, new Rounds(1, 5)),
                new ShortCuts(new Rounds(2, 5)),
                new Storm(100, 1_000, new Rounds(1, 5)),
                new ManyScopes(1_000, 100, 30),
                new QueryUpdate(10_000, 20_000, new Rounds(3, 7)),
                new QueryUpdate(100_000, 20_000, new Rounds(2, 5)),
                new LocalApply(2, new Rounds(15, 10)));
    }

    /** What needs one server only, and that not for long: each further one takes seconds to start. */
    private static List<Scenario> quick() {
        ServerSpec server = new ServerSpec(ServerSpec.Kind.NEW, List.of(1_000, 10_000));
        return List.of(
                new ScopeOpen(1_000, server, new Rounds(4, 5)),
                new ScopeHeap(10_000, server, new Rounds(0, 5)),
                writes(2_000, 256, server, new Rounds(1, 5)),
                writes(100, 1, server, new Rounds(1, 5)),
                new H2BatchRate(5_000, new Rounds(2, 5)),
                new H2Start(1_000, 10_000, new Rounds(1, 5)),
                new HostileFields(16 << 20, new Rounds(1, 3)),
                new HelloFlood(2_000, 50, new Rounds(0, 1)),
                new ManyPending(5_000, 200, new Rounds(1, 5)),
                new Reconnect(10_000, 0, new Rounds(2, 5)),
                new Reconnect(10_000, 100, new Rounds(2, 5)),
                new PeerReconnect(1_000, new Rounds(1, 3)),
                new Storm(10, 100, new Rounds(0, 5)),
                new ManyScopes(100, 20, 1),
                new QueryUpdate(10_000, 5_000, new Rounds(1, 3)),
                new LocalApply(1, new Rounds(4, 5)));
    }

    private static Writes writes(int writes, int inFlight, ServerSpec server, Rounds rounds) {
        return new Writes(new WritePlan(1_000, writes, inFlight), server, rounds);
    }

    /** An old server looks through all tasks for a page of one scope, so each size has a server of its own. */
    private static ListOpen listOpen(int tasks, Rounds rounds) {
        return new ListOpen(tasks, new ServerSpec(ServerSpec.Kind.OLD, List.of(tasks)), rounds);
    }

    /** {@return the scenarios that failed} They cost nobody the figures of the others. */
    private static List<String> run(List<Scenario> scenarios, List<Figure> figures) throws IOException {
        List<String> failed = new ArrayList<>();
        @Nullable ServerSpec running = null;
        @Nullable ServerJvm server = null;
        try {
            for (Scenario scenario : scenarios) {
                System.out.println("measuring " + scenario.name() + " ...");
                ServerSpec wanted = scenario.server();
                if (server != null && !Objects.equals(running, wanted)) {
                    server.close();
                    server = null;
                }
                if (server == null && wanted != null) {
                    server = ServerJvm.start(wanted);
                }
                running = wanted;
                try {
                    figures.addAll(scenario.measure(server == null ? "" : server.url()));
                } catch (RuntimeException e) {
                    e.printStackTrace();
                    failed.add(scenario.name());
                }
            }
        } finally {
            if (server != null) {
                server.close();
            }
        }
        return failed;
    }
}
