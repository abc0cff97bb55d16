package io.stitch.simulation.peer;

import io.stitch.simulation.Run;
import io.stitch.simulation.peer.wire.Wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Looks who is shown as there, when everything has healed and before anybody does anything else: everybody who is connected; nobody who has
 * just gone; and where peers sign nobody comes or goes by what somebody else says.
 */
final class Calm {
    private static final long SECOND = 1_000;
    private static final long MINUTE = 60 * SECOND;
    /** Hellos come every 5 minutes, or somewhat later. */
    private static final long LONGEST_BETWEEN_HELLOS = 6 * MINUTE;

    private static final long QUESTIONS_EVERY = 250;
    /** Three at once and one in 30 s, and one or two for other reasons; without a bound there would be one in 6 s. */
    private static final int MOST_HELLOS_IN_A_MINUTE = 9;

    private final PeerWorld world;
    private final Run run;
    private final Random random;

    Calm(PeerWorld world) {
        this.world = world;
        this.run = world.run();
        this.random = new Random(run.random().nextLong());
    }

    /** Looks, lets some go and others say that they went. */
    void lookAround() {
        requireEverybody(false);
        world.peers().forEach(peer -> peer.process().attendance().requireHeard());
        Newcomer newcomer = new Newcomer(world);
        newcomer.looksAround();
        newcomer.requireNames();
        List<Peer> gone = letSomeGo();
        run.time().pass(SECOND);
        gone.forEach(this::requireGone);
        if (world.hasRelay()) {
            falseWords(gone);
            ask();
        }
    }

    private List<Peer> letSomeGo() {
        List<Peer> there = new ArrayList<>(world.peers().stream()
                .filter(peer -> peer.disk() != null && isConnected(peer))
                .toList());
        List<Peer> gone = new ArrayList<>();
        for (int i = 0; i < 2 && there.size() > 1; i++) {
            Peer peer = there.remove(random.nextInt(there.size()));
            if (i == 0) {
                run.trace(() -> peer.name() + " is closed");
                peer.process().stop();
            } else {
                run.trace(() -> peer.name() + " dies");
                peer.process().kill();
            }
            gone.add(peer);
        }
        return gone;
    }

    /** Somebody says of those who are there that they went, and of those who went that they are there. */
    private void falseWords(List<Peer> gone) {
        if (world.protection().signs()) {
            for (Peer peer : world.peers()) {
                world.relay().saysGoodbyeOf(peer.name(), random);
            }
            gone.forEach(peer -> world.relay().saysHelloOf(peer.name()));
            world.relay().repeatsWhoIsThere();
        } else {
            world.relay().repeatsGoodbyes();
        }
        run.time().pass(SECOND);
        requireEverybody(true);
        if (world.protection().signs()) {
            gone.forEach(this::requireGone);
            run.time().pass(MINUTE); // What waited for its turn was heard by now.
            requireEverybody(true);
            gone.forEach(this::requireGone);
        }
    }

    /** Whoever asks does not make peers say more than they would anyway. */
    private void ask() {
        run.time().pass(MINUTE);
        long began = run.time().elapsed();
        for (long passed = 0; passed < MINUTE; passed += QUESTIONS_EVERY) {
            world.relay().asks(1);
            run.time().pass(QUESTIONS_EVERY);
        }
        for (Peer peer : world.peers()) {
            for (String scope : PeerWorld.SCOPES) {
                long said = world.ledger().hellos().saidSince(peer.name(), scope, began);
                if (said > MOST_HELLOS_IN_A_MINUTE) {
                    run.problem(
                            "too many answers",
                            "%s said %d hellos in %s in a minute in which somebody asked"
                                    .formatted(peer.name(), said, scope));
                }
            }
        }
        world.count("somebody asked for a minute");
    }

    private boolean isConnected(Peer peer) {
        return peer.process().isRunning()
                && peer.process().store().connectionStatus().isConnected();
    }

    private boolean isIn(Peer peer, String scope) {
        return isConnected(peer)
                && peer.process().place(scope) != null
                && !world.vault().lacks(peer.name(), scope)
                && world.network().filters(peer.name()).contains(Wire.topic(scope, "#"));
    }

    /**
     * Whoever is in a scope is there for all who are.
     *
     * @param never whether those may be missed whose clock was ever set back, as goodbyes of earlier connections look like those of later ones
     */
    void requireEverybody(boolean never) {
        for (String scope : world.scopes()) {
            List<Peer> there =
                    world.peers().stream().filter(peer -> isIn(peer, scope)).toList();
            for (Peer looks : there) {
                if (looks.process().attendance().isWatching()) {
                    List<String> shown = looks.process().attendance().shown(scope);
                    there.stream()
                            .filter(other -> !other.equals(looks) && isShown(looks, other, never))
                            .filter(other -> !shown.contains(other.name()))
                            .forEach(other -> run.problem(
                                    "there, and not shown",
                                    "%s is told that %s are in %s, and %s is, too"
                                            .formatted(looks.process().name(), shown, scope, other.name())));
                    world.count("everybody was shown");
                }
            }
        }
    }

    private boolean isShown(Peer looks, Peer other, boolean never) {
        boolean heard = looks.isOutsider()
                || (world.members().isHeard(other) && world.members().isAgreed(looks, other));
        boolean clock = world.protection().signs()
                ? other.isClockAhead(LONGEST_BETWEEN_HELLOS)
                : !never || !other.wasEverSetBack();
        // What peers of an earlier version say of themselves could be said again.
        return clock && (!world.protection().signs() || (heard && !other.plain()));
    }

    /** Who has gone is shown nowhere. */
    private void requireGone(Peer gone) {
        // Its goodbye looks like that of an earlier connection; or somebody has said goodbye of a later one.
        boolean known = !gone.wasEverSetBack() && (world.protection().signs() || !world.hasRelay());
        if (!known) {
            return;
        }
        for (Peer looks : world.peers()) {
            for (String scope : world.scopes()) {
                if (isIn(looks, scope)
                        && looks.process().attendance().shown(scope).contains(gone.name())) {
                    run.problem(
                            "gone, and shown",
                            "%s is told that %s is in %s, who has gone"
                                    .formatted(looks.process().name(), gone.name(), scope));
                }
            }
        }
        world.count("somebody who had gone was shown nowhere");
    }
}
