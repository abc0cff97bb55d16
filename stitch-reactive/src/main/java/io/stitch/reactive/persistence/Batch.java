package io.stitch.reactive.persistence;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Changes that are kept together or not at all. Not thread-safe; whoever hands one over does not touch it any more.
 *
 * <p>Only the last change of a record and of a pending write counts, so a batch has one entry for each.
 */
public final class Batch {
    private final Map<RecordKey, Optional<StoredRecord>> records = new LinkedHashMap<>();
    private final Map<Long, Optional<PendingWrite>> pending = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private boolean forgetsRecords;

    /** Makes an empty batch. */
    public Batch() {}

    /**
     * Keeps a record, whatever was there.
     *
     * @param record the record, as the server last confirmed it
     */
    public void put(StoredRecord record) {
        records.put(record.key(), Optional.of(record));
    }

    /**
     * Forgets a record.
     *
     * @param key the record
     */
    public void remove(RecordKey key) {
        records.put(key, Optional.empty());
    }

    /** Forgets every record that was kept before; what this batch keeps after that stays. */
    public void forgetRecords() {
        records.clear();
        forgetsRecords = true;
    }

    /**
     * {@return whether every record that was kept before this batch is forgotten, before its own are kept}
     */
    public boolean forgetsRecords() {
        return forgetsRecords;
    }

    /**
     * Keeps a pending write, or what has changed of it.
     *
     * @param write the write
     */
    public void put(PendingWrite write) {
        pending.put(write.sequence(), Optional.of(write));
    }

    /**
     * Forgets a pending write.
     *
     * @param write the write
     */
    public void remove(PendingWrite write) {
        pending.put(write.sequence(), Optional.empty());
    }

    /**
     * Keeps a fact about the database, such as the client id.
     *
     * @param name its name
     * @param value its value
     */
    public void put(String name, String value) {
        metadata.put(name, value);
    }

    /**
     * {@return whether nothing changes}
     */
    public boolean isEmpty() {
        return records.isEmpty() && pending.isEmpty() && metadata.isEmpty() && !forgetsRecords;
    }

    /**
     * {@return how many records and writes it changes}
     */
    public int size() {
        return records.size() + pending.size();
    }

    /**
     * {@return the records to keep}
     */
    public List<StoredRecord> keptRecords() {
        return records.values().stream().flatMap(Optional::stream).toList();
    }

    /**
     * {@return the records to forget}
     */
    public List<RecordKey> removedRecords() {
        return removed(records);
    }

    /**
     * {@return the pending writes to keep}
     */
    public List<PendingWrite> keptWrites() {
        return pending.values().stream().flatMap(Optional::stream).toList();
    }

    /**
     * {@return the sequences of the pending writes to forget}
     */
    public List<Long> removedWrites() {
        return removed(pending);
    }

    /**
     * {@return the facts to keep, by name}
     */
    public Map<String, String> metadata() {
        return Map.copyOf(metadata);
    }

    private static <K, V> List<K> removed(Map<K, Optional<V>> changes) {
        List<K> removed = new ArrayList<>();
        changes.forEach((key, value) -> {
            if (value.isEmpty()) {
                removed.add(key);
            }
        });
        return removed;
    }
}
