package io.stitch.simulation.peer;

import io.stitch.reactive.peer.AnnouncedRoot;
import io.stitch.simulation.Run;
import io.stitch.simulation.peer.wire.SaidHellos;
import io.stitch.simulation.peer.wire.Wire;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** A store with nothing open, which lists the scopes that there are, and goes. What those who are there have open is in the list within a second. */
final class Newcomer {
    private static final long SECOND = 1_000;
    private static final long MOMENT = 50;
    private static final long LONGEST_START = 20 * SECOND;
    /** Hellos: three at once, and one in 6 s. */
    private static final long HELLOS_RUN_OUT = 20 * SECOND;

    private static final int HELLOS_AT_ONCE = 3;
    /** Answers to those who ask: three at once, and one in 30 s. */
    private static final long ANSWERS_RUN_OUT = 95 * SECOND;

    private static final int ANSWERS_AT_ONCE = 3;
    private static final String WHO = Wire.PREFIX + "_who/+";

    private final PeerWorld world;
    private final Run run;
    private final Peer peer;

    /** Who had a scope open when it asked, on which connection. */
    private record There(Peer peer, PeerProcess process, Object connection, String scope) {}

    Newcomer(PeerWorld world) {
        this.world = world;
        this.run = world.run();
        this.peer = world.newcomer();
    }

    /** Comes, asks, looks, and goes. */
    void looksAround() {
        PeerProcess process = peer.process();
        process.start();
        process.list();
        Long asked = null;
        for (long waited = 0; asked == null && waited < LONGEST_START; waited += MOMENT) {
            run.time().pass(MOMENT);
            asked = world.ledger().hellos().askedAt(peer.name());
        }
        if (asked != null) {
            List<There> there = there(asked);
            long delay = world.weather().longestDelayMillis;
            run.time().pass(Math.max(SECOND, 400 + 5 * delay));
            for (There each : there) {
                judge(each, asked);
            }
        }
        process.stop();
        run.time().pass(SECOND);
    }

    private List<There> there(long asked) {
        List<There> there = new ArrayList<>();
        SaidHellos hellos = world.ledger().hellos();
        if (hellos.questionsSince(asked - ANSWERS_RUN_OUT) > ANSWERS_AT_ONCE) {
            world.count("a newcomer was one of many");
            return there;
        }
        for (Peer other : world.peers()) {
            Object connection = connection(other);
            if (connection != null && !other.plain() && isHeard(other)) {
                for (String scope : PeerWorld.SCOPES) {
                    boolean open = other.process().place(scope) != null
                            && world.network().filters(other.name()).contains(Wire.topic(scope, "#"));
                    if (open && hellos.saidSince(other.name(), scope, asked - HELLOS_RUN_OUT) < HELLOS_AT_ONCE) {
                        there.add(new There(other, other.process(), connection, scope));
                    }
                }
            }
        }
        return there;
    }

    private @Nullable Object connection(Peer other) {
        Set<String> filters = world.network().filters(other.name());
        boolean hears = other.process().isRunning()
                && other.process().store().connectionStatus().isConnected()
                && filters.contains(WHO)
                && world.network().isTogether(other.name(), peer.name());
        return hears ? world.network().connection(other.name()) : null;
    }

    /** Whoever knows of no grants hears the owner. */
    private boolean isHeard(Peer other) {
        return !other.isOutsider()
                && (!world.protection().grants() || other.equals(world.peers().get(0)));
    }

    private void judge(There each, long asked) {
        Peer other = each.peer();
        boolean stayed = each.process().equals(other.process())
                && each.connection().equals(connection(other))
                && world.network().connection(peer.name()) != null
                && other.process().place(each.scope()) != null;
        // Who is heard there need not be heard here, where nobody knows whom to trust.
        boolean mayBeSilent = world.protection().grants()
                && world.ledger().hellos().isSaidByOthersSince(other.name(), each.scope(), asked - MOMENT);
        if (!stayed || mayBeSilent) {
            return;
        }
        world.count("a newcomer was answered");
        List<AnnouncedRoot> roots = peer.process().attendance().roots();
        if (roots.stream().noneMatch(root -> root.id().equals(each.scope()))) {
            run.problem(
                    "a newcomer does not see what is open",
                    "%s asked at %d ms which scopes there are, and lists %s, and not %s, which %s has open"
                            .formatted(
                                    peer.name(),
                                    asked,
                                    roots,
                                    each.scope(),
                                    each.process().name()));
        }
    }

    /** All hold the same, and nothing else happens: so it hears what a scope is called, if that is said and it can be read. */
    void requireNames() {
        for (AnnouncedRoot root : peer.process().attendance().roots()) {
            for (Peer other : world.peers()) {
                JsonNode held = other.process().held(root.id()).get(root.id() + "/project/" + root.id());
                String name = held == null ? null : held.path(Wire.BY).asString(null);
                if (name != null
                        && !other.plain()
                        && isHeard(other)
                        && world.areNamesSaid()
                        && !world.vault().lacks(peer.name(), root.id())
                        && !world.vault().lacks(other.name(), root.id())
                        && !Objects.equals(name, root.name())) {
                    run.problem(
                            "a newcomer does not hear what a scope is called",
                            "%s lists %s, and %s has %s".formatted(peer.name(), root, other.name(), held));
                }
            }
        }
    }
}
