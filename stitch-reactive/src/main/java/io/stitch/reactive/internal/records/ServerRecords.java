package io.stitch.reactive.internal.records;

import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The records of open scopes as the server last confirmed them, whatever is pending on top, and who watches them: what a comparison with the
 * server looks at. On the worker.
 */
public final class ServerRecords {
    private final ShownRecords shown;
    private final Overlays pending;
    private final Map<String, Consumer<RecordKey>> watches = new HashMap<>();

    ServerRecords(ShownRecords shown, Overlays pending) {
        this.shown = shown;
        this.pending = pending;
    }

    @Nullable
    StoredRecord get(RecordKey key) {
        Overlay record = pending.get(key);
        return record == null ? shown.get(key) : counted(record.server());
    }

    private @Nullable StoredRecord counted(@Nullable StoredRecord record) {
        return record == null || shown.counts(record) ? record : null;
    }

    List<StoredRecord> of(String scope) {
        ScopeRecords open = shown.scope(scope);
        List<StoredRecord> records = new ArrayList<>();
        if (open != null) {
            open.all().stream()
                    .filter(record -> pending.get(record.key()) == null)
                    .forEach(records::add);
        }
        for (Overlay record : pending.in(scope)) {
            StoredRecord known = known(record);
            if (known != null && known.scope().equals(scope)) {
                records.add(known);
            }
        }
        return records;
    }

    /**
     * Finds a record among those that {@link RecordStore#serverRecords} gives.
     *
     * @param key its identity
     * @param scope the scope's key
     * @return the record, or {@code null} if it is not among them
     */
    public @Nullable StoredRecord in(RecordKey key, String scope) {
        Overlay record = pending.get(key);
        StoredRecord known = record == null ? shown.get(key) : known(record);
        return known != null && known.scope().equals(scope) ? known : null;
    }

    private @Nullable StoredRecord known(Overlay record) {
        return counted(record.isAcknowledged() ? record.server() : record.shown());
    }

    /**
     * Watches which of the records that {@link RecordStore#serverRecords} gives may be others now. Each is named once for a change or more
     * often, before it, in the middle of it and at its end; a scope has one watch.
     *
     * @param scope the scope's key
     * @param watch hears of records
     */
    public void watch(String scope, Consumer<RecordKey> watch) {
        watches.put(scope, watch);
    }

    /**
     * Ends the watch of a scope.
     *
     * @param scope the scope's key
     */
    public void unwatch(String scope) {
        watches.remove(scope);
    }

    /** Something of a record changes, or has changed. */
    void touched(RecordKey key) {
        if (watches.isEmpty()) {
            return;
        }
        touched(shown.get(key));
        Overlay record = pending.get(key);
        if (record != null) {
            touched(record.server());
            touched(key, record.scope());
        }
    }

    private void touched(@Nullable StoredRecord record) {
        if (record != null) {
            touched(record.key(), record.scope());
        }
    }

    private void touched(RecordKey key, String scope) {
        Consumer<RecordKey> watch = watches.get(scope);
        if (watch != null) {
            watch.accept(key);
        }
    }
}
