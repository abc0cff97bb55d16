package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.spi.KnownPeer;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;

/**
 * Who was heard in a scope, and whether they have caught up: as long as somebody may still hold a deleted record, its tombstone stays.
 * At most {@link #BOUND}; the one unheard longest goes first. On the worker.
 */
final class KnownPeers {
    static final int BOUND = 1_000;
    /** Hellos that are answered in a row, and how long it takes until one more is. */
    private static final int BURST = 3;

    private static final Duration REFILL = Duration.ofSeconds(5);

    private final String scope;
    private final SyncContext context;
    private final Journal journal;
    private final Diagnostics diagnostics;
    private final Map<String, KnownPeer> peers = new HashMap<>();
    /** How many hellos each peer has had answered lately. */
    private final Map<String, Integer> answered = new HashMap<>();

    private final Disposable.Swap refill = Disposables.swap();
    private int answeredInAll;
    private boolean refilling;

    KnownPeers(String scope, SyncContext context) {
        this.scope = scope;
        this.context = context;
        this.journal = context.journal();
        this.diagnostics = context.diagnostics();
    }

    void restore(KnownPeer peer) {
        peers.putIfAbsent(peer.peer(), peer);
    }

    /** Whether a hello is answered; asked before anything else of it is read. By a timer, because the time may stand still. */
    boolean mayAsk(String peer) {
        int before = answered.getOrDefault(peer, 0);
        if (before >= BURST || answeredInAll >= BOUND) {
            return false;
        }
        answered.put(peer, before + 1);
        answeredInAll++;
        armRefill();
        return true;
    }

    private void armRefill() {
        if (!refilling) {
            refilling = true;
            refill.update(context.after(REFILL, () -> {
                refilling = false;
                answered.replaceAll((peer, count) -> count - 1);
                answered.values().removeIf(count -> count <= 0);
                answeredInAll =
                        answered.values().stream().mapToInt(Integer::intValue).sum();
                if (!answered.isEmpty()) {
                    armRefill();
                }
            }));
        }
    }

    void close() {
        refill.dispose();
    }

    void heard(String peer, long now, boolean clean) {
        KnownPeer before = peers.get(peer);
        KnownPeer heard = new KnownPeer(scope, peer, now, clean ? now : before == null ? 0 : before.cleanAt());
        if (before == null && peers.size() >= BOUND) {
            forgetOldest();
        }
        peers.put(peer, heard);
        journal.put(heard);
    }

    private void forgetOldest() {
        peers.values().stream()
                .min(Comparator.comparingLong(KnownPeer::heardAt).thenComparing(KnownPeer::peer))
                .ifPresent(oldest -> {
                    peers.remove(oldest.peer());
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
    }
}
