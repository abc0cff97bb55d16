package io.stitch.simulation.peer;

import io.stitch.simulation.Script;
import io.stitch.simulation.Simulation;
import io.stitch.simulation.Step;
import io.stitch.simulation.Steps;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;

/** Stores among peers. */
public final class PeerSimulation extends Simulation<PeerWorld> {
    private final @Nullable Protection protection;

    /** Makes the simulation; its seeds decide against whom peers protect themselves. */
    public PeerSimulation() {
        this(null);
    }

    /**
     * Makes a simulation of worlds of one kind.
     *
     * @param protection against whom peers protect themselves; {@code null} for whatever the seed says
     */
    public PeerSimulation(@Nullable Protection protection) {
        this.protection = protection;
    }

    @Override
    public String mode() {
        return "peer";
    }

    @Override
    public Script<PeerWorld> script(long seed, Set<String> calm) {
        Random random = new Random(seed * 31 + 11);
        PeerConditions drawn = PeerConditions.of(new Random(seed), Set.of(), protection);
        PeerConditions conditions = PeerConditions.of(new Random(seed), calm, protection);
        return new Script<>(
                conditions.describe(),
                PeerConditions.CALMABLE,
                conditions.fair(),
                steps(random, drawn),
                run -> new PeerWorld(run, conditions),
                world -> new PeerVerdict(world).pass());
    }

    private static List<Step<PeerWorld>> steps(Random random, PeerConditions drawn) {
        PeerActs acts = new PeerActs(random, drawn.peers());
        TrustActs trust = new TrustActs(random, drawn.peers());
        Map<Supplier<Step<PeerWorld>>, Integer> weights = new LinkedHashMap<>();
        weights.put(acts::write, 76);
        weights.put(acts::batch, 5);
        weights.put(acts::fill, 1);
        weights.put(acts::turn, 6);
        weights.put(acts::look, 3);
        weights.put(acts::clock, 5);
        weights.put(acts::network, 12);
        weights.put(acts::disk, 3);
        weights.put(acts::end, 3);
        weights.put(acts::restart, 4);
        weights.put(acts::copy, 1);
        weights.put(acts::update, 1);
        weights.put(acts::stranger, 3);
        weights.put(trust::tally, 4);
        weights.put(trust::change, 14);
        if (drawn.relay()) {
            weights.put(trust::relay, 14);
        }
        if (drawn.protection().grants()) {
            weights.put(trust::grant, 5);
            weights.put(trust::withdraw, 5);
        }
        if (drawn.protection().encrypts()) {
            weights.put(trust::key, 9);
        }
        int count = 10 + random.nextInt(random.nextInt(3) == 0 ? 90 : 40);
        return Steps.some(random, weights, count);
    }
}
