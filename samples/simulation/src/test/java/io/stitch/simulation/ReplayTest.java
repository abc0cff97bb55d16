package io.stitch.simulation;

import io.stitch.simulation.peer.PeerSimulation;
import io.stitch.simulation.server.ServerSimulation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

class ReplayTest {
    static Stream<Simulation<?>> simulations() {
        return Stream.of(new ServerSimulation(), new PeerSimulation());
    }

    @ParameterizedTest
    @MethodSource("simulations")
    void aSeedDoesTheSameEachTime(Simulation<?> simulation) {
        for (long seed = 1; seed <= 5; seed++) {
            Outcome first = simulation.run(Replay.of(seed), false);
            Outcome second = simulation.run(Replay.of(seed), false);
            assertThat(second.figures()).as("seed %d", seed).isEqualTo(first.figures());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"17", "17/loss", "17/delay,loss/1-3,8", "17//4"})
    void aReplayReadsWhatItWrote(String text) {
        assertThat(Replay.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @MethodSource("simulations")
    void partsOfAScriptCanBeLeftOut(Simulation<?> simulation) {
        Replay some = new Replay(3, Set.of("delay", "loss"), Set.of(1, 4));
        assertThat(simulation.describe(some).lines()).hasSize(3);
        assertThat(List.copyOf(simulation.run(some, false).problems())).isEmpty();
    }
}
