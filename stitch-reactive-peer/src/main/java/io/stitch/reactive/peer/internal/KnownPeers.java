package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.peer.internal.hello.Roster;
import io.stitch.reactive.spi.KnownPeer;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Who was heard in a scope, and whether they have caught up: as long as somebody may still hold a deleted record, its tombstone stays.
 * At most {@link #BOUND}, of which newcomers give way first. On the worker.
 */
final class KnownPeers {
    static final int BOUND = 1_000;

    private final String scope;
    private final SyncContext context;
    private final Journal journal;
    private final Diagnostics diagnostics;
    private final Roster<KnownPeer> peers = new Roster<>(BOUND);
    /** When each peer said its last hello that counted, by its own clock: one that is sent again counts for nothing. */
    private final Map<String, Long> saidAt = new HashMap<>();
    /** When each said what last showed that it is there, questions too, which say nothing of deletes. The one unheard longest first. */
    private final Map<String, Long> thereAt = new LinkedHashMap<>();

    KnownPeers(String scope, SyncContext context) {
        this.scope = scope;
        this.context = context;
        this.journal = context.journal();
        this.diagnostics = context.diagnostics();
    }

    /** Takes up those who were kept. They are remembered in the order in which they were heard, whatever the order in which they are read. */
    void restore(Collection<KnownPeer> kept) {
        Map<String, KnownPeer> known = new LinkedHashMap<>();
        kept.stream()
                .sorted(Comparator.comparingLong(KnownPeer::heardAt))
                .forEach(peer -> known.put(peer.peer(), peer));
        peers.restore(known).forEach(this::forget);
    }

    boolean knows(String peer) {
        return peers.knows(peer);
    }

    /**
     * Tells whether a hello is news, and not an old one that somebody sends again.
     *
     * @param peer who said it
     * @param said when, by that peer's clock
     * @param drift how far that clock may be off
     * @return whether it is; of what is said in the same moment, only the first
     */
    boolean isNews(String peer, long said, Duration drift) {
        if (Math.abs(said - context.now()) > drift.toMillis() || said <= saidAt.getOrDefault(peer, -1L)) {
            return false;
        }
        saidAt.put(peer, said);
        return true;
    }

    /**
     * Tells whether what a peer says of itself shows that it is there, once: whoever has heard it can say it again, in a day as well as in a
     * year, and to those, too, who were not there when it was said.
     *
     * @param peer who said it
     * @param said when, by that peer's clock
     * @param drift how far that clock may be off
     * @return whether it does: of what is said in the same moment, only the first
     */
    boolean isThereNow(String peer, long said, Duration drift) {
        long before = Math.max(saidAt.getOrDefault(peer, -1L), thereAt.getOrDefault(peer, -1L));
        if (Math.abs(said - context.now()) > drift.toMillis() || said <= before) {
            return false;
        }
        thereAt.remove(peer);
        thereAt.put(peer, said);
        if (thereAt.size() > BOUND) {
            thereAt.remove(thereAt.keySet().iterator().next());
        }
        return true;
    }

    /**
     * A peer said hello.
     *
     * @param cleanAt as of when it is known to hold nothing that was deleted before, in milliseconds since 1970; 0 if it is not
     */
    void heard(String peer, long now, long cleanAt) {
        KnownPeer before = peers.get(peer);
        KnownPeer heard = new KnownPeer(scope, peer, now, Math.max(cleanAt, before == null ? 0 : before.cleanAt()));
        String forgotten = peers.heard(peer, now, heard);
        if (forgotten != null) {
            forget(forgotten);
        }
        journal.put(heard);
    }

    /** Whether one of those that were heard since a time is of a kind. */
    boolean any(long heardSince, Predicate<String> kind) {
        return peers.any((name, peer) -> peer.heardAt() >= heardSince && kind.test(name));
    }

    private void forget(String peer) {
        saidAt.remove(peer);
        thereAt.remove(peer);
        journal.removePeer(scope, peer);
        diagnostics.report(
                DiagnosticCode.FORGOTTEN,
                scope + '/' + peer,
                "more than %d peers were heard in the scope; if this one comes back it may bring deleted records back"
                        .formatted(BOUND));
    }

    /** Whether a peer that counts may not have heard of a delete. */
    boolean mayHold(Graves.Grave grave, long heardSince) {
        return peers.any((name, peer) -> peer.heardAt() >= heardSince && peer.cleanAt() <= grave.deletedAt());
    }

    void clear() {
        peers.names().forEach(peer -> journal.removePeer(scope, peer));
        peers.clear();
        saidAt.clear();
        thereAt.clear();
    }
}
