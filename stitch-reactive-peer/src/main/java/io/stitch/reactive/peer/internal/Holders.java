package io.stitch.reactive.peer.internal;

import io.stitch.reactive.peer.internal.hello.Roster;

import java.time.Duration;

/**
 * Who else holds records of a scope and was heard lately: those who could answer a hello too. A peer whose hello was empty is not among
 * them until it says something. A hint: if somebody is missing here, two answer one hello, and hear each other. At most
 * {@link KnownPeers#BOUND}, of which newcomers give way first. On the worker.
 */
final class Holders {
    private final long patienceMillis;
    private final Roster<Long> lastHeard = new Roster<>(KnownPeers.BOUND);

    private String latest = "";
    private long latestAt = -1;

    /**
     * Begins with nobody.
     *
     * @param patience after what silence a peer is not counted any more; zero for never
     */
    Holders(Duration patience) {
        this.patienceMillis = patience.isZero() ? Long.MAX_VALUE : patience.toMillis();
    }

    void heard(String peer, long now) {
        if (now == latestAt && peer.equals(latest)) {
            return;
        }
        latest = peer;
        latestAt = now;
        lastHeard.heard(peer, now, now);
    }

    void gone(String peer) {
        lastHeard.remove(peer);
        latestAt = -1;
    }

    void clear() {
        lastHeard.clear();
        latestAt = -1;
    }

    /** Whether somebody besides the one who asks could answer. */
    boolean anyBut(String asker, long now) {
        return lastHeard.any((peer, heardAt) -> !peer.equals(asker) && now - heardAt < patienceMillis);
    }
}
