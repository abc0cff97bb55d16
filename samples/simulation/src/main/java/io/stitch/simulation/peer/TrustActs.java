package io.stitch.simulation.peer;

import io.stitch.simulation.Pause;
import io.stitch.simulation.Step;

import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** Makes steps: what becomes of trust and of keys, what is counted, and what somebody does who has neither. */
final class TrustActs {
    private final Random random;
    private final int peers;

    TrustActs(Random random, int peers) {
        this.random = random;
        this.peers = peers;
    }

    private Step<PeerWorld> on(String text, Consumer<Peer> action) {
        int index = random.nextInt(peers + 1);
        return new Step<>("peer %d: %s".formatted(index + 1, text), Pause.any(random), world -> {
            List<Peer> all = world.peers();
            action.accept(all.get(index % all.size()));
        });
    }

    private String scope() {
        return PeerWorld.SCOPES.get(random.nextInt(PeerWorld.SCOPES.size()));
    }

    Step<PeerWorld> tally() {
        String scope = scope();
        return on(
                "creates something to count in " + scope,
                peer -> peer.world().tallies().create(peer, scope));
    }

    Step<PeerWorld> change() {
        long seed = random.nextLong();
        return on("counts", peer -> peer.world().tallies().change(peer, new Random(seed)));
    }

    Step<PeerWorld> relay() {
        int count = 1 + random.nextInt(8);
        long seed = random.nextLong();
        return new Step<>("a relay says %d things".formatted(count), Pause.any(random), world -> {
            Random choice = new Random(seed);
            for (int i = 0; i < count; i++) {
                world.relay().act(choice);
            }
        });
    }

    /** Mostly it is the owner who grants, who may; others try, too. */
    private Peer granter(PeerWorld world, int index) {
        return world.peers()
                .get(index < peers ? 0 : (index - peers) % world.peers().size());
    }

    Step<PeerWorld> grant() {
        int by = random.nextInt(2 * peers);
        int to = 1 + random.nextInt(peers);
        boolean admin = random.nextInt(3) == 0;
        boolean late = random.nextInt(6) == 0;
        String text =
                "peer %d is made %s%s".formatted(to + 1, admin ? "an admin" : "a member", late ? " from now on" : "");
        return new Step<>(text, Pause.any(random), world -> {
            Peer target = world.peers().get(to % world.peers().size());
            world.members().grant(granter(world, by), target, admin, late);
        });
    }

    Step<PeerWorld> withdraw() {
        int by = random.nextInt(2 * peers);
        int from = 1 + random.nextInt(peers);
        boolean admin = random.nextInt(3) == 0;
        boolean deletes = random.nextInt(6) == 0;
        long seed = random.nextLong();
        String text = "peer %d is %s no more%s"
                .formatted(from + 1, admin ? "an admin" : "a member", deletes ? ", and never was" : "");
        return new Step<>(text, Pause.any(random), world -> {
            Peer target = world.peers().get(from % world.peers().size());
            if (deletes) {
                world.members().delete(granter(world, by), target, admin);
            } else {
                world.members().withdraw(granter(world, by), target, admin, new Random(seed));
            }
        });
    }

    Step<PeerWorld> key() {
        String scope = scope();
        boolean atOnce = random.nextBoolean();
        return switch (random.nextInt(9)) {
            case 0, 1 ->
                on(
                        "makes a new key for %s%s".formatted(scope, atOnce ? ", and writes with it" : ""),
                        peer -> peer.world().vault().rotate(peer, scope, atOnce));
            case 2, 3, 4 ->
                on(
                        "gets the newest key of %s%s".formatted(scope, atOnce ? ", and writes with it" : ""),
                        peer -> peer.world().vault().handOver(peer, scope, atOnce));
            case 5 ->
                on(
                        "writes with its newest key of " + scope,
                        peer -> peer.world().vault().turnOver(peer, scope));
            case 6 ->
                on(
                        "drops its old keys of " + scope,
                        peer -> peer.world().vault().dropOld(peer, scope));
            default ->
                on(
                        "has no key of %s any more".formatted(scope),
                        peer -> peer.world().vault().lose(peer, scope));
        };
    }
}
