package io.stitch.reactive.internal.records;

import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The roots with pending writes, as subscribers see them, whether their scopes are open or not: a list of the server's roots shows
 * them on top, so that what was made here is in it before the server knows.
 *
 * <p>Changed on the store's worker, read from any thread without locks.
 */
public final class PendingRoots {
    private final String root;
    /** Empty for one that a pending write deletes. */
    private final Map<String, Optional<StoredRecord>> shown = new ConcurrentHashMap<>();

    private final Sinks.Many<Boolean> revisions = Sinks.many().multicast().directBestEffort();
    private boolean dirty;

    PendingRoots(String root) {
        this.root = root;
    }

    /**
     * Lays the roots with pending writes over a list.
     *
     * @param listed the roots that the server has, in the order of their ids; asked once
     * @param wanted which of those with pending writes belong into the list
     * @return the roots as they are to be shown, in the order of their ids
     */
    public Collection<StoredRecord> over(Supplier<Collection<StoredRecord>> listed, Predicate<StoredRecord> wanted) {
        // First: what is settled meanwhile is listed before it is pending no more, and would be missing in both.
        Map<String, Optional<StoredRecord>> pending = Map.copyOf(shown);
        if (pending.isEmpty()) {
            return listed.get();
        }
        Map<String, StoredRecord> merged = new TreeMap<>(RecordKey::compareTexts);
        listed.get().forEach(record -> merged.put(record.id(), record));
        pending.forEach((id, record) ->
                record.filter(wanted).ifPresentOrElse(visible -> merged.put(id, visible), () -> merged.remove(id)));
        return merged.values();
    }

    /**
     * Signals that they changed, at the end of each batch of changes. Hot; signals come on the store's worker.
     *
     * @return the signals; completes when the store is closed
     */
    public Flux<Boolean> revisions() {
        return revisions.asFlux().onBackpressureLatest();
    }

    /** A record is shown otherwise now, or it is pending no more. */
    void changed(RecordKey key, @Nullable StoredRecord visible, boolean pending) {
        if (!key.entity().equals(root)) {
            return;
        }
        if (pending) {
            shown.put(key.id(), Optional.ofNullable(visible));
            dirty = true;
        } else {
            dirty |= shown.remove(key.id()) != null;
        }
    }

    void signalRevision() {
        if (dirty) {
            dirty = false;
            revisions.tryEmitNext(Boolean.TRUE);
        }
    }

    void complete() {
        revisions.tryEmitComplete();
    }
}
