package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.Tombstone;
import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The deletes that are remembered, of the open scopes, and in the journal: each in its record's home, which is the scope that it was said
 * in. At most {@code bound} per scope: of those at first that were only heard of, for anybody can make up deletes of what never was, and then
 * of all, the one remembered longest goes first. On the worker.
 */
final class Graves {
    private static final LinkedHashSet<RecordKey> NONE = new LinkedHashSet<>();

    private final Journal journal;
    private final Diagnostics diagnostics;
    private final int bound;
    private final Map<String, LinkedHashMap<RecordKey, Grave>> scopes = new HashMap<>();
    /** Those among them whose record was not here when they were heard of. */
    private final Map<String, LinkedHashSet<RecordKey>> hearsay = new HashMap<>();

    /**
     * A delete.
     *
     * @param stamp its stamp
     * @param deletedAt when it was heard of here, in milliseconds since 1970
     */
    record Grave(Hlc stamp, long deletedAt) {}

    Graves(Journal journal, Diagnostics diagnostics, int bound) {
        this.journal = journal;
        this.diagnostics = diagnostics;
        this.bound = bound;
    }

    void open(String scope) {
        scopes.computeIfAbsent(scope, name -> new LinkedHashMap<>());
    }

    /** Forgets what is in memory of a scope. */
    void close(String scope) {
        scopes.remove(scope);
        hearsay.remove(scope);
    }

    /** Takes what was kept, if nothing newer is known. */
    void restore(Tombstone kept) {
        Hlc stamp = Hlc.parse(kept.stamp());
        if (stamp != null && stamp.isAfter(stampOf(kept.key()))) {
            put(kept.key(), new Grave(stamp, kept.deletedAt()), false);
        }
    }

    /** When a record was deleted, or {@code null} if no delete of it is remembered. */
    @Nullable
    Hlc stampOf(RecordKey key) {
        LinkedHashMap<RecordKey, Grave> open = scopes.get(key.home());
        Grave grave = open == null ? null : open.get(key);
        return grave == null ? null : grave.stamp();
    }

    /**
     * Remembers a delete, unless a later one is remembered.
     *
     * @param held whether the record was here
     */
    void bury(RecordKey key, Hlc stamp, long now, boolean held) {
        Hlc before = stampOf(key);
        if (stamp.isAfter(before)) {
            put(key, new Grave(stamp, now), !held && (before == null || isHearsay(key)));
            journal.put(new Tombstone(key.home(), key, stamp.text(), now));
        }
    }

    private boolean isHearsay(RecordKey key) {
        return hearsay.getOrDefault(key.home(), NONE).contains(key);
    }

    private void put(RecordKey key, Grave grave, boolean onlyHeardOf) {
        String scope = key.home();
        LinkedHashMap<RecordKey, Grave> open = scopes.get(scope);
        if (open == null) { // Kept in the journal, and read when the scope is opened.
            return;
        }
        open.remove(key); // It is the last one now.
        open.put(key, grave);
        LinkedHashSet<RecordKey> heardOf = hearsay.computeIfAbsent(scope, name -> new LinkedHashSet<>());
        heardOf.remove(key);
        if (onlyHeardOf) {
            heardOf.add(key);
        }
        if (open.size() > bound) {
            RecordKey oldest =
                    (heardOf.isEmpty() ? open.keySet() : heardOf).iterator().next();
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
        LinkedHashMap<RecordKey, Grave> open = scopes.get(key.home());
        hearsay.getOrDefault(key.home(), NONE).remove(key);
        if (open != null && open.remove(key) != null) {
            journal.removeTombstone(key.home(), key);
        }
    }

    Map<RecordKey, Grave> of(String scope) {
        return scopes.getOrDefault(scope, new LinkedHashMap<>());
    }

    /** Forgets all deletes of a scope that nobody needs. */
    void prune(String scope, Predicate<Grave> unneeded) {
        Iterator<Map.Entry<RecordKey, Grave>> graves = of(scope).entrySet().iterator();
        while (graves.hasNext()) {
            Map.Entry<RecordKey, Grave> grave = graves.next();
            if (unneeded.test(grave.getValue())) {
                graves.remove();
                hearsay.getOrDefault(scope, NONE).remove(grave.getKey());
                journal.removeTombstone(scope, grave.getKey());
            }
        }
    }
}
