package io.stitch.reactive.internal.records;

import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The records with something on top, and in which sets of records each has a part: that of its server state, that in which it is seen,
 * and that in which it was written last. So opening a scope costs what is pending in it, and not what is pending everywhere. Changed on
 * the worker, found from any thread.
 */
final class Overlays {
    private final Map<RecordKey, Overlay> all = new ConcurrentHashMap<>();
    /** By their records, and not as a set: that would go through them in an order which is another one in each run. */
    private final Map<String, Map<RecordKey, Overlay>> bySet = new ConcurrentHashMap<>();

    private final Map<RecordKey, Set<String>> sets = new HashMap<>();

    @Nullable
    Overlay get(RecordKey key) {
        return all.get(key);
    }

    /** Whether a record has writes that the server has not settled. */
    boolean isPending(RecordKey key) {
        Overlay overlay = all.get(key);
        return overlay != null && overlay.isPending();
    }

    Collection<Overlay> all() {
        return all.values();
    }

    /** Those that have a part in a set of records. */
    Collection<Overlay> in(String set) {
        return bySet.getOrDefault(set, Map.of()).values();
    }

    void add(Overlay overlay) {
        all.put(overlay.key(), overlay);
        placed(overlay);
    }

    void remove(Overlay overlay) {
        all.remove(overlay.key());
        Set<String> before = sets.remove(overlay.key());
        if (before != null) {
            before.forEach(set -> leave(set, overlay));
        }
    }

    /** Something of it may be elsewhere now. */
    void placed(Overlay overlay) {
        Set<String> before = sets.get(overlay.key());
        StoredRecord server = overlay.server();
        StoredRecord shown = overlay.shown();
        if (before != null && before.size() == 1) { // As it mostly stays.
            String only = before.iterator().next();
            if (only.equals(overlay.scope())
                    && (server == null || only.equals(server.scope()))
                    && (shown == null || only.equals(shown.scope()))) {
                return;
            }
        }
        Set<String> now = new LinkedHashSet<>();
        now.add(overlay.scope());
        if (server != null) {
            now.add(server.scope());
        }
        if (shown != null) {
            now.add(shown.scope());
        }
        Set<String> left = before == null ? Set.of() : before;
        left.stream().filter(set -> !now.contains(set)).forEach(set -> leave(set, overlay));
        now.forEach(set ->
                bySet.computeIfAbsent(set, name -> new ConcurrentHashMap<>()).put(overlay.key(), overlay));
        sets.put(overlay.key(), Set.copyOf(now));
    }

    private void leave(String set, Overlay overlay) {
        Map<RecordKey, Overlay> there = bySet.get(set);
        if (there != null && there.remove(overlay.key(), overlay) && there.isEmpty()) {
            bySet.remove(set);
        }
    }
}
