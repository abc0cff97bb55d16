package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.spi.KnownPeer;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Who was heard in a scope, and whether they have caught up: as long as somebody may still hold a deleted record, its tombstone stays.
 * At most {@link #BOUND}; the one unheard longest goes first. On the worker.
 */
final class KnownPeers {
    static final int BOUND = 1_000;

    private final String scope;
    private final SyncContext context;
    private final Journal journal;
    private final Diagnostics diagnostics;
    private final Map<String, KnownPeer> peers = new HashMap<>();
    /** When each peer said its last hello that counted, by its own clock: one that is sent again counts for nothing. */
    private final Map<String, Long> saidAt = new HashMap<>();

    KnownPeers(String scope, SyncContext context) {
        this.scope = scope;
        this.context = context;
        this.journal = context.journal();
        this.diagnostics = context.diagnostics();
    }

    void restore(KnownPeer peer) {
        peers.putIfAbsent(peer.peer(), peer);
    }

    boolean knows(String peer) {
        return peers.containsKey(peer);
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
     * A peer said hello.
     *
     * @param cleanAt as of when it is known to hold nothing that was deleted before, in milliseconds since 1970; 0 if it is not
     */
    void heard(String peer, long now, long cleanAt) {
        KnownPeer before = peers.get(peer);
        KnownPeer heard = new KnownPeer(scope, peer, now, Math.max(cleanAt, before == null ? 0 : before.cleanAt()));
        if (before == null && peers.size() >= BOUND) {
            forgetOldest();
        }
        peers.put(peer, heard);
        journal.put(heard);
    }

    /** Whether one of those that were heard since a time is of a kind. */
    boolean any(long heardSince, Predicate<String> kind) {
        return peers.values().stream().anyMatch(peer -> peer.heardAt() >= heardSince && kind.test(peer.peer()));
    }

    private void forgetOldest() {
        peers.values().stream()
                .min(Comparator.comparingLong(KnownPeer::heardAt).thenComparing(KnownPeer::peer))
                .ifPresent(oldest -> {
                    peers.remove(oldest.peer());
                    saidAt.remove(oldest.peer());
                    journal.removePeer(scope, oldest.peer());
                    diagnostics.report(
                            DiagnosticCode.FORGOTTEN,
                            scope + '/' + oldest.peer(),
                            "more than %d peers were heard in the scope; if this one comes back it may bring deleted records back"
                                    .formatted(BOUND));
                });
    }

    /** Whether a peer that counts may not have heard of a delete. */
    boolean mayHold(Graves.Grave grave, long heardSince) {
        return peers.values().stream()
                .anyMatch(peer -> peer.heardAt() >= heardSince && peer.cleanAt() <= grave.deletedAt());
    }

    void clear() {
        peers.keySet().forEach(peer -> journal.removePeer(scope, peer));
        peers.clear();
        saidAt.clear();
    }
}
