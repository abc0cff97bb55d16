package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.Tombstone;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The deletes that are remembered, of the open scopes, and in the journal. A record that moved has one in the scope that it left. At
 * most {@code bound} per scope: the one remembered longest goes first. On the worker.
 */
final class Graves {
    private final Journal journal;
    private final Diagnostics diagnostics;
    private final int bound;
    private final Map<String, LinkedHashMap<RecordKey, Grave>> scopes = new HashMap<>();
    /** In which scopes a record has one; mostly one. */
    private final Map<RecordKey, List<String>> places = new HashMap<>();

    private Runnable left = () -> {};

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

    /** Sets who hears that something is kept of a closed scope. */
    void whenLeft(Runnable hears) {
        left = hears;
    }

    /** A record or a tombstone is kept of a scope. */
    void keeps(String scope) {
        if (!scopes.containsKey(scope)) {
            left.run();
        }
    }

    void open(String scope) {
        scopes.computeIfAbsent(scope, name -> new LinkedHashMap<>());
    }

    /** Forgets what is in memory of a scope. */
    void close(String scope) {
        LinkedHashMap<RecordKey, Grave> closed = scopes.remove(scope);
        if (closed != null) {
            closed.keySet().forEach(key -> left(scope, key));
        }
    }

    /** Takes what was kept, if nothing newer is known. */
    void restore(Tombstone kept) {
        Hlc stamp = Hlc.parse(kept.stamp());
        if (stamp != null && stamp.isAfter(stampOf(kept.scope(), kept.key()))) {
            put(kept.scope(), kept.key(), new Grave(stamp, kept.deletedAt()));
        }
    }

    @Nullable
    Hlc stampOf(String scope, RecordKey key) {
        LinkedHashMap<RecordKey, Grave> open = scopes.get(scope);
        Grave grave = open == null ? null : open.get(key);
        return grave == null ? null : grave.stamp();
    }

    /** The last delete of a record, in whatever scope. */
    @Nullable
    Hlc latest(RecordKey key) {
        Hlc latest = null;
        for (String scope : places.getOrDefault(key, List.of())) {
            Hlc stamp = stampOf(scope, key);
            latest = stamp != null && stamp.isAfter(latest) ? stamp : latest;
        }
        return latest;
    }

    /** Remembers a delete, unless a later one is remembered there. */
    void bury(String scope, RecordKey key, Hlc stamp, long now) {
        if (!stamp.isAfter(stampOf(scope, key))) {
            return;
        }
        keeps(scope);
        put(scope, key, new Grave(stamp, now));
        journal.put(new Tombstone(scope, key, stamp.text(), now));
    }

    private void put(String scope, RecordKey key, Grave grave) {
        LinkedHashMap<RecordKey, Grave> open = scopes.get(scope);
        if (open == null) { // Kept in the journal, and read when the scope is opened.
            return;
        }
        if (open.remove(key) == null) {
            places.computeIfAbsent(key, name -> new ArrayList<>(1)).add(scope);
        }
        open.put(key, grave);
        if (open.size() > bound) {
            RecordKey oldest = open.keySet().iterator().next();
            forget(scope, oldest);
            diagnostics.report(
                    DiagnosticCode.FORGOTTEN,
                    scope + '/' + oldest.entity() + '/' + oldest.id(),
                    "more than %d deletes are remembered in the scope; a peer that missed this one may bring the record back"
                            .formatted(bound));
        }
    }

    /** Forgets a delete, because the record is there again or nobody needs it. */
    void forget(String scope, RecordKey key) {
        LinkedHashMap<RecordKey, Grave> open = scopes.get(scope);
        if (open != null && open.remove(key) != null) {
            left(scope, key);
            journal.removeTombstone(scope, key);
        }
    }

    private void left(String scope, RecordKey key) {
        List<String> there = places.get(key);
        if (there != null && there.remove(scope) && there.isEmpty()) {
            places.remove(key);
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
                left(scope, grave.getKey());
                journal.removeTombstone(scope, grave.getKey());
            }
        }
    }
}
