package io.stitch.reactive.internal.records;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The records with writes that the server has not settled. What is seen of one is the server's record with what lies on top ({@link
 * Overlay}); whatever changes either is shown here, and its subscribers hear when it becomes pending and when it is so no more.
 */
public final class PendingRecords {
    private final ShownRecords shown;
    private final Overlays overlays;
    private final ServerRecords confirmed;

    PendingRecords(ShownRecords shown, Overlays overlays, ServerRecords confirmed) {
        this.shown = shown;
        this.overlays = overlays;
        this.confirmed = confirmed;
    }

    // ---- which they are ----

    /**
     * Tells whether a record is one of them. Any thread.
     *
     * @param key its identity
     * @return whether it is
     */
    public boolean has(RecordKey key) {
        return overlays.isPending(key);
    }

    /**
     * Tells whether a record of a scope is one of them. One that its writes delete belongs to the scope that it was deleted in. Any thread.
     *
     * @param key its identity
     * @param scope the scope's key
     * @return whether it is
     */
    public boolean has(RecordKey key, String scope) {
        Overlay record = overlays.get(key);
        return record != null && record.isPending() && isIn(record, scope);
    }

    /**
     * Finds those of a scope. Any thread.
     *
     * @param entity their entity
     * @param scope the scope's key
     * @return their ids, a copy
     */
    public Set<String> ids(String entity, String scope) {
        return overlays.in(scope).stream()
                .filter(record -> record.isPending() && record.key().entity().equals(entity) && isIn(record, scope))
                .map(record -> record.key().id())
                .collect(Collectors.toUnmodifiableSet());
    }

    private boolean isIn(Overlay record, String scope) {
        StoredRecord visible = shown.get(record.key());
        return (visible == null ? record.scope() : visible.scope()).equals(scope);
    }

    /**
     * Lists those of an entity, as subscribers see them or would if their scope were open. On the worker.
     *
     * @param entity their entity
     * @return each of them; empty for one that a pending write deletes
     */
    public Map<RecordKey, Optional<StoredRecord>> shown(String entity) {
        Map<RecordKey, Optional<StoredRecord>> records = new HashMap<>();
        for (Overlay record : overlays.all()) {
            if (record.isPending() && record.key().entity().equals(entity)) {
                records.put(record.key(), Optional.ofNullable(record.shown()).filter(state -> !shown.isHidden(state)));
            }
        }
        return records;
    }

    // ---- what lies on top; on the worker ----

    /**
     * Begins to keep the server's state of a record apart from what is shown, if a write in a scope is its first.
     *
     * @param key the record
     * @param scope where it is written
     * @param begin makes an overlay on top of what the server holds
     * @return the record's overlay
     */
    public Overlay begin(RecordKey key, String scope, Function<@Nullable StoredRecord, Overlay> begin) {
        Overlay known = overlays.get(key);
        Overlay record = known == null ? begin.apply(shown.get(key)) : known;
        record.writtenIn(scope);
        if (known == null) {
            overlays.add(record);
        }
        return record;
    }

    /**
     * Shows a record with its writes, and lets go of what was kept apart when there are none any more. Its subscribers hear that it
     * is pending, and that it is so no more, even if it looks the same.
     *
     * @param record the record
     * @param origin who changed it
     */
    public void refresh(Overlay record, Origin origin) {
        RecordKey key = record.key();
        confirmed.touched(key);
        boolean turned = turned(record, origin);
        if (record.isOver()) {
            overlays.remove(record);
        } else {
            overlays.placed(record);
        }
        StoredRecord next = record.shown();
        if (turned) {
            shown.show(key, next, origin);
        } else {
            shown.showIfChanged(key, next, origin);
        }
        confirmed.touched(key);
    }

    /** {@return whether a record became pending, or is so no more, which its subscribers are told} */
    private boolean turned(Overlay record, Origin origin) {
        if (!record.turned()) {
            return false;
        }
        shown.turned(record.key(), record.scope(), shown.get(record.key()), record.isPending(), origin);
        return true;
    }

    /**
     * Shows a record after one more write lies on top of it.
     *
     * @param record the record
     * @param changed whether it looks different
     */
    public void written(Overlay record, boolean changed) {
        boolean turned = turned(record, Origin.LOCAL);
        overlays.placed(record);
        if (turned || changed) {
            shown.show(record.key(), record.shown(), Origin.LOCAL);
        }
        confirmed.touched(record.key());
    }

    /** Shows what is pending in a scope that was opened. */
    void show(String scope) {
        for (Overlay record : overlays.in(scope)) {
            StoredRecord visible = record.shown();
            if (visible != null && visible.scope().equals(scope)) {
                shown.show(record.key(), visible, Origin.STORED);
            }
        }
    }

    /** Shows of what is pending in a scope what counts now. */
    void judge(String scope) {
        for (Overlay record : overlays.in(scope)) {
            confirmed.touched(record.key());
            shown.showIfChanged(record.key(), record.shown(), Origin.REMOTE);
            confirmed.touched(record.key());
        }
    }

    /** Of the server's states nothing is left. */
    void forgetServerStates() {
        for (Overlay local : List.copyOf(overlays.all())) {
            confirmed.touched(local.key());
            local.forgetServer();
            refresh(local, Origin.ROLLBACK);
        }
    }
}
