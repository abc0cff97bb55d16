package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.mode.DigestTree;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerHello;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Compares what another peer says it holds of a scope with what is held here: what it lacks is owed to it, and what is newer there is asked for if
 * it does not come by itself. On the worker.
 */
final class ManifestComparison {
    /** How long something newer in a hello may take to arrive by itself before it is asked for. */
    private static final long SHORTEST_TURN_MILLIS = 300;

    private static final long TURN_JITTER_MILLIS = 700;

    private final String scope;
    private final PeerSession session;
    private final SyncContext context;
    private final Supplier<DigestTree> tree;
    private final Replies replies;
    private final EarlyStamps early;
    private final Runnable ask;
    private final Disposable.Swap turn = Disposables.swap();
    private final Map<RecordKey, Hlc> ahead = new HashMap<>();

    ManifestComparison(
            String scope,
            PeerSession session,
            Supplier<DigestTree> tree,
            Replies replies,
            EarlyStamps early,
            Runnable ask) {
        this.scope = scope;
        this.session = session;
        this.context = session.context();
        this.tree = tree;
        this.replies = replies;
        this.early = early;
        this.ask = ask;
    }

    /**
     * Compares all that a peer holds.
     *
     * @return whether nothing that was deleted is alive there
     */
    boolean compare(PeerHello.Manifest manifest) {
        return compare(manifest, context.records().serverRecords(scope));
    }

    /** Compares what a peer holds below some prefixes. */
    void compare(PeerHello.Manifest manifest, Set<String> prefixes) {
        DigestTree held = tree.get();
        List<StoredRecord> there = new ArrayList<>();
        prefixes.forEach(prefix -> there.addAll(held.below(prefix)));
        compare(manifest, there);
    }

    private boolean compare(PeerHello.Manifest manifest, Collection<StoredRecord> here) {
        long now = context.now();
        Set<RecordKey> held = new HashSet<>();
        boolean clean = true;
        int tooFarAhead = 0;
        int unknown = manifest.skipped();
        for (PeerPayloads.Entry entry : manifest.entries()) {
            RecordKey key = new RecordKey(scope, entry.entity(), entry.id());
            if (!session.isOfScope(scope, key)) {
                unknown++;
                continue;
            }
            held.add(key);
            if (session.isTooFarAhead(entry.stamp(), now)) {
                tooFarAhead++;
                early.saw(entry.stamp());
                continue;
            }
            int order = session.replica().compareWith(key, entry.stamp());
            if (order < 0) {
                ahead.put(key, entry.stamp());
            } else if (session.replica().get(key) == null) {
                clean = false;
                replies.owe(key, false);
            } else if (order > 0) {
                replies.owe(key, false);
            }
        }
        for (StoredRecord record : here) {
            if (!held.contains(record.key())) {
                replies.owe(record.key(), true);
            }
        }
        report(DiagnosticCode.CLOCK_AHEAD, "%d records of a hello are from the future", tooFarAhead);
        report(DiagnosticCode.MALFORMED_EVENT, "%d entries of a hello are not of this scope", unknown);
        if (!ahead.isEmpty()) {
            askInTurn();
        }
        return clean;
    }

    private void report(DiagnosticCode code, String text, int count) {
        if (count > 0) {
            context.diagnostics().report(code, scope, text.formatted(count));
        }
    }

    /** Somebody holds something newer. It mostly comes by itself, or somebody else asks for it; if not, it is asked for. */
    private void askInTurn() {
        long wait = SHORTEST_TURN_MILLIS
                + (long) (TURN_JITTER_MILLIS * context.jitter().getAsDouble());
        turn.update(context.after(Duration.ofMillis(wait), () -> {
            boolean missing = ahead.entrySet().stream()
                    .anyMatch(entry -> session.replica().compareWith(entry.getKey(), entry.getValue()) < 0);
            ahead.clear();
            if (missing) {
                ask.run();
            }
        }));
    }

    void disconnected() {
        ahead.clear();
        turn.update(Disposables.disposed());
    }
}
