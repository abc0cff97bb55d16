package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.InMemoryPersistence;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many peers, a bad network and wrong clocks, over and over, each time with another seed. A failure names its seed; run it again with
 * {@code -Dstitch.simulation.seed=N}. {@code -Dstitch.simulation.runs=N} runs more, {@code -Dstitch.simulation.first=N} begins elsewhere.
 */
class SimulationTest {
    private static final int RUNS = Integer.getInteger("stitch.simulation.runs", 1_000);
    private static final long FIRST = Long.getLong("stitch.simulation.first", 1);
    private static final long ONE = Long.getLong("stitch.simulation.seed", -1);
    private static final long HOUR = Duration.ofHours(1).toMillis();

    @Test
    void whateverHappensAllPeersHoldTheSameInTheEndAndNothingThatCountsIsLost() {
        if (ONE >= 0) {
            run(ONE);
            return;
        }
        Map<String, Integer> outcomes = new TreeMap<>();
        for (long seed = FIRST; seed < FIRST + RUNS; seed++) {
            run(seed).forEach((what, count) -> outcomes.merge(what, count, Integer::sum));
        }
        // The simulation simulates what it says.
        assertThat(outcomes)
                .containsKeys("create SYNCED", "create QUEUED", "update SYNCED", "update QUEUED", "delete SYNCED")
                .containsKeys("delete QUEUED", "move SYNCED", "move QUEUED", "root SYNCED", "scope closed");
    }

    private static Map<String, Integer> run(long seed) {
        Simulation simulation = new Simulation(seed);
        try {
            simulation.run();
            return simulation.outcomes();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("The simulation failed with seed " + seed + ": " + e.getMessage(), e);
        } finally {
            simulation.close();
        }
    }

    /** One run. */
    private static final class Simulation {
        private final Random random;
        private final SimulatedNetwork network;
        private final List<SimulatedPeer> peers = new ArrayList<>();
        private final Ledger ledger = new Ledger();

        Simulation(long seed) {
            this.random = new Random(seed);
            this.network = new SimulatedNetwork(random.nextLong());
            network.time.advanceTimeBy(Duration.ofDays(1000));
            network.acknowledged = ledger::acknowledged;
            int count = 2 + random.nextInt(6);
            for (int i = 0; i < count; i++) {
                add("peer" + i, new InMemoryPersistence());
            }
        }

        private SimulatedPeer add(String name, InMemoryPersistence disk) {
            SkewedTime clock = new SkewedTime(network.time, skew());
            SimulatedPeer peer = new SimulatedPeer(name, network, clock, disk, random.nextLong());
            peers.add(peer);
            peer.start();
            return peer;
        }

        private long skew() {
            return random.nextInt(3) == 0 ? 0 : (long) ((random.nextDouble() - 0.5) * 20 * HOUR);
        }

        void run() {
            pass(2_000);
            network.loss = random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.3;
            network.repetition = random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.3;
            network.longestDelayMillis = random.nextInt(3) == 0 ? 0 : random.nextInt(2_000);
            int steps = 30 + random.nextInt(60);
            for (int step = 0; step < steps; step++) {
                SimulatedPeer peer = peers.get(random.nextInt(peers.size()));
                int choice = random.nextInt(100);
                if (choice < 76) {
                    peer.act(step);
                } else {
                    happen(choice, peer);
                }
                pass(random.nextInt(4) == 0 ? random.nextInt(5_000) : random.nextInt(300));
            }
            trace(() -> "the network heals");
            network.heal();
            peers.forEach(peer -> {
                peer.openAll();
                if (random.nextBoolean()) {
                    peer.clock.offset(skew());
                }
            });
            pass(Duration.ofMinutes(25).toMillis());
            verify();
        }

        private void happen(int choice, SimulatedPeer peer) {
            trace(() -> "happens to " + peer.name + ": " + choice);
            if (choice < 80) {
                peer.turn(SimulatedPeer.SCOPES.get(random.nextInt(SimulatedPeer.SCOPES.size())));
            } else if (choice < 83) {
                peer.clock.offset(skew());
            } else if (choice < 85) {
                peer.clock.stop();
            } else if (choice < 88) {
                network.island(peer.name, random.nextInt(2));
            } else if (choice < 91) {
                network.cut(peer.name);
            } else if (choice < 94) {
                network.reconnect(peer.name);
            } else if (choice < 96) {
                network.breakConnection(peer.name);
            } else if (choice < 98) {
                if (random.nextBoolean()) {
                    peer.stop();
                } else {
                    peer.crash();
                }
                peer.start();
            } else if (peers.size() < 8) {
                peer.stop();
                InMemoryPersistence copy = Disks.copy(peer.disk, List.of("project", "task"), SimulatedPeer.SCOPES);
                peer.start();
                add(peer.name + "copy" + peers.size(), copy);
            }
        }

        /** Shows what happens when one seed is run again. */
        private void trace(Supplier<String> what) {
            if (ONE >= 0) {
                System.out.println(network.time.now(TimeUnit.MILLISECONDS) + " " + what.get());
            }
        }

        private void pass(long millis) {
            network.time.advanceTimeBy(Duration.ofMillis(millis));
            network.published.forEach(message ->
                    trace(() -> message.topic() + ' ' + new String(message.payload(), StandardCharsets.UTF_8)));
            network.published.forEach(ledger::published);
            network.published.clear();
        }

        private void verify() {
            Map<String, JsonNode> first = peers.get(0).held();
            peers.forEach(peer -> trace(() -> peer.name + " " + peer.outcomes + " "
                    + peer.store().diagnosticCounts() + " pending "
                    + peer.store().pendingCount().blockFirst()));
            for (SimulatedPeer peer : peers) {
                assertThat(peer.held())
                        .as("what %s holds, compared with %s", peer.name, peers.get(0).name)
                        .isEqualTo(first);
                assertThat(peer.store().diagnosticCounts())
                        .doesNotContainKeys(DiagnosticCode.INTERNAL_ERROR, DiagnosticCode.CLOCK_AHEAD);
            }
            assertThat(ledger.problem(first)).isNull();
        }

        Map<String, Integer> outcomes() {
            Map<String, Integer> all = new TreeMap<>();
            peers.forEach(peer -> peer.outcomes.forEach((what, count) -> all.merge(what, count, Integer::sum)));
            return all;
        }

        void close() {
            peers.forEach(SimulatedPeer::crash);
            network.time.dispose();
        }
    }
}
