package io.stitch.simulation.peer;

import io.stitch.simulation.Pause;
import io.stitch.simulation.Step;
import io.stitch.simulation.peer.wire.Wire;

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
        return PeerActs.scope(random);
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

    /** One peer counts several times: it takes away as often as it adds. */
    Step<PeerWorld> changes() {
        long seed = random.nextLong();
        int count = 2 + random.nextInt(5);
        long pause = random.nextInt(3_000);
        return on("counts %d times".formatted(count), peer -> {
            Random choice = new Random(seed);
            for (int i = 0; i < count; i++) {
                peer.world().tallies().change(peer, choice);
                peer.world().run().time().pass(pause);
            }
        });
    }

    Step<PeerWorld> relay() {
        return switch (random.nextInt(12)) {
            case 0 ->
                new Step<>(
                        "a relay says elsewhere what was deleted",
                        Pause.any(random),
                        world -> world.relay().repeatsDeletesElsewhere());
            case 1 -> relayAsks(1 + random.nextInt(40));
            default -> relaySays();
        };
    }

    private Step<PeerWorld> relayAsks(int times) {
        return new Step<>(
                "a relay asks %d times which scopes there are".formatted(times),
                Pause.any(random),
                world -> world.relay().asks(times));
    }

    private Step<PeerWorld> relaySays() {
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

    /** A member deletes what somebody holds who has no network just then, and trust is withdrawn as of a moment before that. */
    Step<PeerWorld> deleteOfOneWithdrawn() {
        int member = 1 + random.nextInt(peers);
        int holder = random.nextInt(peers);
        String scope = scope();
        long seed = random.nextLong();
        String text = "peer %d deletes what peer %d has without a network, and never was a member by then"
                .formatted(member + 1, holder + 1);
        return new Step<>(text, Pause.any(random), world -> {
            Peer from = world.peers().get(member % world.peers().size());
            Peer holds = world.peers().get(holder % world.peers().size());
            Peer owner = world.peers().get(0);
            Place place = from.process().place(scope);
            List<String> both = place == null
                    ? List.of()
                    : from.process().held(scope).keySet().stream()
                            .filter(holds.process().held(scope)::containsKey)
                            .filter(record -> record.contains("/t"))
                            .toList();
            if (place == null || both.isEmpty() || from.equals(holds) || from.equals(owner)) {
                return;
            }
            Random choice = new Random(seed);
            String record = both.get(choice.nextInt(both.size()));
            world.network().cut(holds.name());
            PeerWrite write = world.ledger()
                    .issue(
                            from.process(),
                            PeerWrite.Kind.DELETE,
                            record,
                            Wire.BY,
                            null,
                            from.process().held(scope).get(record));
            String id = record.substring(record.lastIndexOf('/') + 1);
            from.process().write(write, place.delete(place.type(false), id), false);
            world.run().time().pass(choice.nextInt(8_000));
            long before = write.stamp == null ? 0 : write.stamp.ts() - 1;
            if (before > 0) {
                world.members().withdrawAsOf(owner, from, false, before);
                world.members().withdrawAsOf(owner, from, true, before);
                world.ledger().count("a delete withdrawn");
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
                        peer -> peer.world().vault().rotate(peer.name(), scope, atOnce));
            case 2, 3, 4 ->
                on(
                        "gets the newest key of %s%s".formatted(scope, atOnce ? ", and writes with it" : ""),
                        peer -> peer.world().vault().handOver(peer.name(), scope, atOnce));
            case 5 ->
                on(
                        "writes with its newest key of " + scope,
                        peer -> peer.world().vault().turnOver(peer.name(), scope));
            case 6 ->
                on(
                        "drops its old keys of " + scope,
                        peer -> peer.world().vault().dropOld(peer.name(), scope));
            default ->
                on("has no key of %s any more".formatted(scope), peer -> {
                    peer.world().vault().lose(peer.name(), scope);
                    peer.world().ledger().forgotten(peer.process());
                });
        };
    }
}
