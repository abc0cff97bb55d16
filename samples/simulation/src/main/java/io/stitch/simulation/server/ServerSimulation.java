package io.stitch.simulation.server;

import io.stitch.simulation.Script;
import io.stitch.simulation.Simulation;
import io.stitch.simulation.Step;
import io.stitch.simulation.Steps;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;

/** Stores with a server. */
public final class ServerSimulation extends Simulation<World> {
    private final Size size;

    /** Makes the simulation of a small world. */
    public ServerSimulation() {
        this(Size.SMALL);
    }

    /**
     * Makes the simulation.
     *
     * @param size how large its world is
     */
    public ServerSimulation(Size size) {
        this.size = size;
    }

    @Override
    public String mode() {
        return "server";
    }

    @Override
    public Script<World> script(long seed, Set<String> calm) {
        Random random = new Random(seed * 31 + 7);
        // Drawn whole before anything is made better, so that the steps stay what they were.
        Conditions drawn = Conditions.of(new Random(seed), Set.of(), size);
        Conditions conditions = Conditions.of(new Random(seed), calm, size);
        List<Step<World>> steps = steps(random, drawn);
        return new Script<>(
                conditions.describe(),
                Conditions.CALMABLE,
                conditions.fair(),
                steps,
                run -> new World(run, conditions),
                world -> new Verdict(world).pass());
    }

    private List<Step<World>> steps(Random random, Conditions drawn) {
        int stores = drawn.stores();
        Acts acts = new Acts(random, stores, Entities.scopes(drawn.scopes()));
        Mishaps mishaps = new Mishaps(random, acts);
        Map<Supplier<Step<World>>, Integer> weights = weights(acts, mishaps);
        int count = 6 + random.nextInt(random.nextInt(3) == 0 ? 90 : 35);
        List<Step<World>> steps = new ArrayList<>();
        if (size.isSmall()) {
            for (int i = 0; i < stores; i++) {
                steps.add(acts.open());
            }
            steps.addAll(Steps.some(random, weights, count - steps.size()));
            if (random.nextInt(3) == 0) {
                steps.addAll(stores + random.nextInt(steps.size() - stores + 1), acts.lives());
            }
        } else {
            steps.add(acts.openEverything());
            steps.addAll(Steps.some(random, weights, count));
            steps.add(count / 2, mishaps.everybodyIsCut());
        }
        return steps;
    }

    private static Map<Supplier<Step<World>>, Integer> weights(Acts acts, Mishaps mishaps) {
        Map<Supplier<Step<World>>, Integer> weights = new LinkedHashMap<>();
        weights.put(acts::write, 60);
        weights.put(acts::decide, 14);
        weights.put(acts::count, 10);
        weights.put(acts::open, 12);
        weights.put(acts::look, 4);
        weights.put(acts::probe, 2);
        weights.put(acts::batch, 5);
        weights.put(acts::burst, 3);
        weights.put(acts::writeAndGo, 3);
        weights.put(acts::watchAndWrite, 2);
        weights.put(acts::close, 4);
        weights.put(acts::load, 3);
        weights.put(acts::watch, 8);
        weights.put(acts::logOut, 4);
        weights.put(acts::logIn, 5);
        weights.put(acts::connect, 4);
        weights.put(acts::ask, 4);
        weights.put(acts::start, 1);
        weights.put(acts::endProcess, 3);
        weights.put(acts::restart, 5);
        weights.put(acts::dieAndRestart, 3);
        weights.put(acts::disk, 5);
        weights.put(mishaps::network, 10);
        weights.put(mishaps::refusedConnection, 1);
        weights.put(mishaps::refusedScope, 2);
        weights.put(mishaps::refusals, 6);
        weights.put(mishaps::lies, 2);
        weights.put(mishaps::lostReplies, 5);
        weights.put(mishaps::events, 2);
        weights.put(mishaps::slowReplies, 2);
        weights.put(mishaps::server, 2);
        weights.put(mishaps::life, 2);
        weights.put(mishaps::clock, 3);
        weights.put(mishaps::others, 10);
        weights.put(acts::reconsider, 6);
        return weights;
    }
}
