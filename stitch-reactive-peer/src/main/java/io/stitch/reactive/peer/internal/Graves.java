package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.Tombstone;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * The deletes that are remembered, of the open scopes, and in the journal: each in its record's home, which is the scope that it was said
 * in. At most {@code bound} per scope: of those at first that were only heard of, for anybody can make up deletes of what never was, and then
 * of all, the one remembered longest goes first. On the worker.
 */
final class Graves {
    private final BiPredicate<RecordKey, Hlc> counts;
    private final Journal journal;
    private final Diagnostics diagnostics;
    private final int bound;
    private final Map<String, Yard> scopes = new HashMap<>();

    /**
     * A delete.
     *
     * @param stamp its stamp
     * @param deletedAt when it was heard of here, in milliseconds since 1970
     * @param proof its author's signature as JSON, or {@code null} if peers do not sign
     */
    record Grave(Hlc stamp, long deletedAt, @Nullable String proof) {
        /** No stamp has a line break in it. */
        private static final char BEFORE_PROOF = '\n';

        String text() {
            return proof == null ? stamp.text() : stamp.text() + BEFORE_PROOF + proof;
        }

        static @Nullable Grave of(Tombstone kept) {
            int proof = kept.stamp().indexOf(BEFORE_PROOF);
            Hlc stamp = Hlc.parse(proof < 0 ? kept.stamp() : kept.stamp().substring(0, proof));
            return stamp == null
                    ? null
                    : new Grave(
                            stamp,
                            kept.deletedAt(),
                            proof < 0 ? null : kept.stamp().substring(proof + 1));
        }
    }

    /** The deletes of one scope. */
    private static final class Yard {
        private final Map<RecordKey, Grave> graves = new LinkedHashMap<>();
        /** Those among them whose record was not here when they were heard of. */
        private final Set<RecordKey> hearsay = new LinkedHashSet<>();

        void put(RecordKey key, Grave grave, boolean onlyHeardOf) {
            remove(key); // It is the last one now.
            graves.put(key, grave);
            if (onlyHeardOf) {
                hearsay.add(key);
            }
        }

        boolean remove(RecordKey key) {
            hearsay.remove(key);
            return graves.remove(key) != null;
        }

        /** Which one gives way first. */
        RecordKey oldest() {
            return (hearsay.isEmpty() ? graves.keySet() : hearsay).iterator().next();
        }
    }

    Graves(Journal journal, Diagnostics diagnostics, BiPredicate<RecordKey, Hlc> counts, int bound) {
        this.counts = counts;
        this.journal = journal;
        this.diagnostics = diagnostics;
        this.bound = bound;
    }

    void open(String scope) {
        scopes.computeIfAbsent(scope, name -> new Yard());
    }

    /** Forgets what is in memory of a scope. */
    void close(String scope) {
        scopes.remove(scope);
    }

    /**
     * Takes what was kept of a scope, where nothing newer is known. It is older than all that was heard since, so it goes first at the bound:
     * in the order in which it was deleted, whatever the order in which it is read.
     */
    void restore(String scope, Collection<Tombstone> kept) {
        Yard open = scopes.get(scope);
        if (open == null) { // Closed while it was read.
            return;
        }
        Yard all = new Yard();
        kept.stream().sorted(Comparator.comparingLong(Tombstone::deletedAt)).forEach(each -> {
            Grave grave = Grave.of(each);
            if (grave != null
                    && counts.test(each.key(), grave.stamp())
                    && grave.stamp().isAfter(stampOf(each.key()))) {
                all.put(each.key(), grave, false);
            }
        });
        open.graves.forEach((key, grave) -> all.put(key, grave, open.hearsay.contains(key)));
        scopes.put(scope, all);
        keepToBound(scope, all);
    }

    /** When a record was deleted, or {@code null} if no delete of it is remembered. */
    @Nullable
    Hlc stampOf(RecordKey key) {
        Grave grave = of(key.home()).get(key);
        return grave == null ? null : grave.stamp();
    }

    /** The signature of a delete that is remembered, as JSON, or {@code null} if it has none. */
    @Nullable
    String proofOf(RecordKey key) {
        Grave grave = of(key.home()).get(key);
        return grave == null ? null : grave.proof();
    }

    /** Takes the deletes of a scope that do not count any more for none; they stay where they are kept, should they count again. */
    boolean hide(String scope) {
        Yard open = scopes.get(scope);
        List<RecordKey> hidden = of(scope).entrySet().stream()
                .filter(each -> !counts.test(each.getKey(), each.getValue().stamp()))
                .map(Map.Entry::getKey)
                .toList();
        if (open != null) {
            hidden.forEach(open::remove);
        }
        return !hidden.isEmpty();
    }

    /**
     * Remembers a delete, unless a later one is remembered.
     *
     * @param proof its author's signature as JSON, if peers sign
     * @param held whether the record was here
     */
    void bury(RecordKey key, Hlc stamp, @Nullable String proof, long now, boolean held) {
        Hlc before = stampOf(key);
        if (stamp.isAfter(before)) {
            Grave grave = new Grave(stamp, now, proof);
            put(key, grave, !held && (before == null || isHearsay(key)));
            journal.put(new Tombstone(key.home(), key, grave.text(), now));
        }
    }

    private boolean isHearsay(RecordKey key) {
        Yard open = scopes.get(key.home());
        return open != null && open.hearsay.contains(key);
    }

    private void put(RecordKey key, Grave grave, boolean onlyHeardOf) {
        String scope = key.home();
        Yard open = scopes.get(scope);
        if (open == null) { // Kept in the journal, and read when the scope is opened.
            return;
        }
        open.put(key, grave, onlyHeardOf);
        keepToBound(scope, open);
    }

    private void keepToBound(String scope, Yard open) {
        while (open.graves.size() > bound) {
            RecordKey oldest = open.oldest();
            forget(oldest);
            diagnostics.report(
                    DiagnosticCode.FORGOTTEN,
                    scope + '/' + oldest.entity() + '/' + oldest.id(),
                    "more than %d deletes are remembered in the scope; a peer that missed this one may bring the record back"
                            .formatted(bound));
        }
    }

    /** Forgets a delete, because the record is there again or nobody needs it. */
    void forget(RecordKey key) {
        Yard open = scopes.get(key.home());
        if (open != null && open.remove(key)) {
            journal.removeTombstone(key.home(), key);
        }
    }

    Map<RecordKey, Grave> of(String scope) {
        Yard open = scopes.get(scope);
        return open == null ? Map.of() : open.graves;
    }

    /** Forgets all deletes of a scope that nobody needs. */
    void prune(String scope, Predicate<Grave> unneeded) {
        List<RecordKey> unneededOnes = of(scope).entrySet().stream()
                .filter(grave -> unneeded.test(grave.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        unneededOnes.forEach(this::forget);
    }
}
