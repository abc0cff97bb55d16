package io.stitch.simulation;

import io.stitch.simulation.peer.PeerSimulation;
import io.stitch.simulation.server.ServerSimulation;
import io.stitch.simulation.server.Size;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Some thousand lives of stores. A failure names its seed; {@code -Dseed=N} runs that again and shows what happens, {@code -Dseeds=N} runs
 * more, and {@code -Dfirst=N} begins elsewhere.
 */
class SimulationTest {
    private static final int SEEDS = Integer.getInteger("seeds", 2_000);
    private static final long FIRST = Long.getLong("first", 1);
    private static final Duration LIMIT = Duration.ofSeconds(80);

    @Test
    void whateverHappensAStoreWithAServerTellsTheTruth() {
        assertThat(problems(
                        new ServerSimulation(),
                        SEEDS,
                        // The simulation simulates what it says.
                        List.of("create SYNCED", "create QUEUED", "create LOCAL", "update SYNCED", "delete SYNCED"),
                        List.of("create ValidationException", "update RequestRefusedException", "rejected REFUSED")))
                .isEmpty();
    }

    @Test
    void whateverHappensAllPeersHoldTheSameInTheEndAndNothingThatCountsIsLost() {
        assertThat(problems(
                        new PeerSimulation(),
                        SEEDS / 2,
                        List.of("create SYNCED", "create QUEUED", "update SYNCED", "update QUEUED", "delete SYNCED"),
                        List.of(
                                "delete QUEUED",
                                "move SYNCED",
                                "move QUEUED",
                                "scope closed",
                                "a stranger's task deleted",
                                "a stranger's hello",
                                "a grant",
                                "trust withdrawn",
                                "create KeyMissingException",
                                "create NotTrustedException",
                                "by a relay: said again",
                                "by a relay: moved",
                                "by a relay: an event changed",
                                "by a relay: a comparison changed",
                                "by a relay: a ciphertext changed",
                                "a number was compared",
                                "an element was compared")))
                .isEmpty();
    }

    @Test
    void aHundredStoresComeBackAtOnce() {
        assertThat(problems(new ServerSimulation(new Size(100, 3)), 6, List.of(), List.of()))
                .isEmpty();
    }

    @Test
    void aThousandScopesOfAStoreComeBackAtOnce() {
        assertThat(problems(new ServerSimulation(new Size(1, 1_000)), 4, List.of(), List.of()))
                .isEmpty();
    }

    private static String problems(
            Simulation<?> simulation, long seeds, List<String> happens, List<String> happensToo) {
        String one = System.getProperty("seed");
        if (one != null) {
            Replay replay = Replay.parse(one);
            System.out.println(simulation.describe(replay));
            return String.join(
                    "\n",
                    simulation.run(replay, true).problems().stream()
                            .map(Problem::toString)
                            .toList());
        }
        Runner runner = new Runner(simulation, Set.of(), System.out);
        runner.run(FIRST, seeds, Runtime.getRuntime().availableProcessors(), LIMIT);
        if (runner.done() >= 500) {
            assertThat(runner.figures().keySet()).containsAll(happens).containsAll(happensToo);
        }
        return runner.report();
    }
}
