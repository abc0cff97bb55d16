package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.digest.DigestTree;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.peer.internal.wire.PeerHello;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
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
    private final Consumer<RecordKey> shows;
    private final Disposable.Swap turn = Disposables.swap();
    private final Set<PeerPayloads.Entry> ahead = new HashSet<>();

    ManifestComparison(
            String scope,
            PeerSession session,
            Supplier<DigestTree> tree,
            Replies replies,
            EarlyStamps early,
            Runnable ask,
            Consumer<RecordKey> shows) {
        this.shows = shows;
        this.scope = scope;
        this.session = session;
        this.context = session.context();
        this.tree = tree;
        this.replies = replies;
        this.early = early;
        this.ask = ask;
    }

    /**
     * What came of a comparison.
     *
     * @param clean by manifest, whether nothing that was deleted is alive there
     * @param lookedAt how many records and entries it took
     * @param owed how many events it found to be owed
     * @param different what the peer lacks or has in another state; {@code null} if several were compared, who differ in different ways
     */
    record Result(
            List<Boolean> clean,
            int lookedAt,
            int owed,
            @Nullable Set<RecordKey> different) {}

    /**
     * What came of a comparison of a part.
     *
     * @param here what is held here in it
     * @param different what the peer lacks or has in another state
     */
    record Part(List<RecordKey> here, Set<RecordKey> different) {}

    /**
     * What a peer says it holds.
     *
     * @param manifest what it says
     * @param byField whether it merges records field by field, and so says which states they are in
     */
    record Held(PeerHello.Manifest manifest, boolean byField) {}

    /** Compares all that each of some peers hold, in one go. */
    Result compare(List<Held> manifests) {
        return compare(manifests, context.records().serverRecords(scope));
    }

    /** Compares what a peer holds below some prefixes. */
    Part compare(Held manifest, Set<String> prefixes) {
        DigestTree held = tree.get();
        List<StoredRecord> there = new ArrayList<>();
        prefixes.forEach(prefix -> there.addAll(held.below(prefix)));
        Set<RecordKey> different = compare(List.of(manifest), there).different();
        return new Part(there.stream().map(StoredRecord::key).toList(), different == null ? Set.of() : different);
    }

    private Result compare(List<Held> manifests, Collection<StoredRecord> here) {
        Tally tally = new Tally();
        List<Boolean> clean = new ArrayList<>(manifests.size());
        manifests.forEach(manifest -> clean.add(compare(manifest, tally)));
        for (StoredRecord record : here) {
            if (tally.holders.getOrDefault(record.key(), 0) < manifests.size()) {
                replies.owe(record.key(), true);
                tally.owed++;
                tally.different.add(record.key());
            }
        }
        report(DiagnosticCode.CLOCK_AHEAD, "%d records of a hello are from the future", tally.tooFarAhead);
        report(DiagnosticCode.UNTRUSTED, "%d records of a hello are by authors who are not trusted", tally.untrusted);
        report(DiagnosticCode.MALFORMED_EVENT, "%d entries of a hello are not of this scope", tally.unknown);
        if (!ahead.isEmpty()) {
            askInTurn();
        }
        boolean known = manifests.size() == 1 || tally.different.isEmpty();
        return new Result(clean, here.size() + tally.entries, tally.owed, known ? tally.different : null);
    }

    private static final class Tally {
        /** How many hold a record, in whatever version. */
        private final Map<RecordKey, Integer> holders = new HashMap<>();

        private final Set<RecordKey> different = new HashSet<>();
        private int entries;
        private int owed;
        private int tooFarAhead;
        private int unknown;
        private int untrusted;
    }

    /** Compares what a peer says it holds, and tells whether nothing that was deleted is alive there. */
    private boolean compare(Held held, Tally tally) {
        PeerHello.Manifest manifest = held.manifest();
        long now = context.now();
        boolean clean = true;
        Set<RecordKey> named = new HashSet<>();
        tally.unknown += manifest.skipped();
        tally.entries += manifest.entries().size();
        for (PeerPayloads.Entry entry : manifest.entries()) {
            List<RecordKey> meant = keysOf(entry);
            if (meant.isEmpty() && !entry.entity().isEmpty()) {
                tally.unknown++;
                continue;
            }
            if (!meant.isEmpty() && meant.stream().noneMatch(key -> session.counts(key, entry.stamp()))) {
                clean &= disregard(meant, tally); // As if it were not there.
                continue;
            }
            for (RecordKey key : meant) {
                if (named.add(key)) {
                    tally.holders.merge(key, 1, Integer::sum);
                }
            }
            if (session.isTooFarAhead(entry.stamp(), now)) {
                tally.tooFarAhead++;
                early.saw(entry.stamp());
                tally.different.addAll(meant);
            } else if (isBehind(entry)) {
                ahead.add(entry);
                tally.different.addAll(meant);
            } else {
                for (RecordKey key : meant) {
                    clean &= compare(key, entry, held.byField(), tally);
                }
            }
        }
        return clean;
    }

    /** Somebody holds what does not count: they are told what does, and that is what was deleted, too. */
    private boolean disregard(List<RecordKey> keys, Tally tally) {
        tally.untrusted++;
        boolean clean = true;
        for (RecordKey key : keys) {
            if (session.replica().get(key) == null && session.graves().stampOf(key) != null) {
                replies.owe(key, false);
                tally.owed++;
                clean = false;
            }
        }
        return clean;
    }

    /** Compares a record that is known here, and tells whether it is not one that was deleted. */
    private boolean compare(RecordKey key, PeerPayloads.Entry theirs, boolean byField, Tally tally) {
        StoredRecord held = session.replica().get(key);
        int order = session.replica().compareWith(key, theirs.stamp());
        if (held == null || order > 0 || (byField && order == 0 && isOtherState(held, theirs))) {
            replies.owe(key, false);
            tally.owed++;
            tally.different.add(key);
        } else if (!byField && order == 0 && session.replica().isMerged(key)) {
            tally.different.add(key);
            shows.accept(key); // It has the same stamp, and cannot have what was merged here since.
        }
        return held != null;
    }

    /** Whether fields have other stamps there, though the records have the same: then both sides say theirs (protocol section 5.4). */
    private boolean isOtherState(StoredRecord held, PeerPayloads.Entry theirs) {
        return session.mergesByField() && !Objects.equals(session.replica().sum(held), theirs.sum());
    }

    /** What an entry names. Where it does not say the entity: whatever is known here by its id, or was (protocol section 4.9). */
    private List<RecordKey> keysOf(PeerPayloads.Entry entry) {
        if (!entry.entity().isEmpty()) {
            RecordKey key = new RecordKey(scope, entry.entity(), entry.id());
            return session.isOfScope(scope, key) ? List.of(key) : List.of();
        }
        return session.entities()
                .map(entity -> new RecordKey(scope, entity, entry.id()))
                .filter(key ->
                        session.isOfScope(scope, key) && session.replica().known(key) != null)
                .toList();
    }

    /** Whether somebody else has a newer state than is known here. */
    private boolean isBehind(PeerPayloads.Entry entry) {
        return keysOf(entry).stream().noneMatch(key -> session.replica().compareWith(key, entry.stamp()) >= 0);
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
            boolean missing = ahead.stream().anyMatch(this::isBehind);
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
