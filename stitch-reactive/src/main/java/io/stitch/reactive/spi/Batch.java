package io.stitch.reactive.spi;

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
    private final Map<Place, Optional<Tombstone>> tombstones = new LinkedHashMap<>();
    private final Map<Heard, Optional<KnownPeer>> peers = new LinkedHashMap<>();
    private final Map<String, String> facts = new LinkedHashMap<>();
    private boolean forgetsRecords;
    private long bytes;

    /**
     * A record in one scope.
     *
     * @param scope the scope's key
     * @param key the record
     */
    public record Place(String scope, RecordKey key) implements Comparable<Place> {
        /** By scope, and then by record. That they have an order keeps a map of them fast whatever somebody chose for its hash. */
        @Override
        public int compareTo(Place other) {
            int scopes = scope.compareTo(other.scope);
            return scopes == 0 ? key.compareTo(other.key) : scopes;
        }
    }

    /**
     * A peer in one scope.
     *
     * @param scope the scope's key
     * @param peer the peer
     */
    public record Heard(String scope, String peer) implements Comparable<Heard> {
        /** By scope, and then by peer. */
        @Override
        public int compareTo(Heard other) {
            int scopes = scope.compareTo(other.scope);
            return scopes == 0 ? peer.compareTo(other.peer) : scopes;
        }
    }

    /** Makes an empty batch. */
    public Batch() {}

    /**
     * Keeps a record, whatever was there.
     *
     * @param record the record, as the server last confirmed it
     */
    public void put(StoredRecord record) {
        change(record.key(), Optional.of(record));
    }

    /**
     * Forgets a record.
     *
     * @param key the record
     */
    public void remove(RecordKey key) {
        change(key, Optional.empty());
    }

    /**
     * Forgets every record that was kept before, and with it what was kept beside records: every tombstone and every known peer, of whatever
     * scope. What this batch keeps after that stays.
     */
    public void forgetRecords() {
        records.values().forEach(record -> bytes -= bytesOf(record));
        records.clear();
        tombstones.clear();
        peers.clear();
        forgetsRecords = true;
    }

    /**
     * {@return whether every record, tombstone and known peer that was kept before this batch is forgotten, before its own are kept}
     */
    public boolean forgetsRecords() {
        return forgetsRecords;
    }

    /**
     * {@return whether it does anything to records}
     */
    public boolean changesRecords() {
        return forgetsRecords || !records.isEmpty();
    }

    /**
     * Keeps a pending write, or what has changed of it.
     *
     * @param write the write
     */
    public void put(PendingWrite write) {
        change(write.sequence(), Optional.of(write));
    }

    /**
     * Forgets a pending write.
     *
     * @param write the write
     */
    public void remove(PendingWrite write) {
        change(write.sequence(), Optional.empty());
    }

    /**
     * Keeps a tombstone.
     *
     * @param tombstone the tombstone
     */
    public void put(Tombstone tombstone) {
        tombstones.put(new Place(tombstone.scope(), tombstone.key()), Optional.of(tombstone));
    }

    /**
     * Forgets a tombstone.
     *
     * @param scope the scope's key
     * @param key the record
     */
    public void removeTombstone(String scope, RecordKey key) {
        tombstones.put(new Place(scope, key), Optional.empty());
    }

    /**
     * Keeps what is known of a peer.
     *
     * @param peer the peer
     */
    public void put(KnownPeer peer) {
        peers.put(new Heard(peer.scope(), peer.peer()), Optional.of(peer));
    }

    /**
     * Forgets a peer.
     *
     * @param scope the scope's key
     * @param peer the peer
     */
    public void removePeer(String scope, String peer) {
        peers.put(new Heard(scope, peer), Optional.empty());
    }

    /**
     * Adds changes that came after these.
     *
     * @param later the changes; where both change the same, they win
     */
    public void addAll(Batch later) {
        if (later.forgetsRecords) {
            forgetRecords();
        }
        later.records.forEach(this::change);
        later.pending.forEach(this::change);
        tombstones.putAll(later.tombstones);
        peers.putAll(later.peers);
        facts.putAll(later.facts);
    }

    /**
     * Keeps a fact about the database, such as the client id.
     *
     * @param name its name
     * @param value its value
     */
    public void put(String name, String value) {
        facts.put(name, value);
    }

    /**
     * Leaves out again what was to be done with a record: whatever is kept of it stays as it is.
     *
     * @param key the record
     */
    public void leaveOut(RecordKey key) {
        Optional<StoredRecord> before = records.remove(key);
        if (before != null) {
            bytes -= bytesOf(before);
        }
    }

    /**
     * {@return whether nothing changes}
     */
    public boolean isEmpty() {
        return size() == 0 && facts.isEmpty() && !forgetsRecords;
    }

    /**
     * {@return how many records, writes, tombstones and peers it changes}
     */
    public int size() {
        return records.size() + pending.size() + tombstones.size() + peers.size();
    }

    /**
     * {@return how many bytes of JSON it holds}
     */
    public long bytes() {
        return bytes;
    }

    /**
     * Tells what it does to a record.
     *
     * @param key the record
     * @return whether it keeps or forgets it
     */
    public boolean changes(RecordKey key) {
        return forgetsRecords || records.containsKey(key);
    }

    /**
     * Finds a record that it keeps.
     *
     * @param key the record
     * @return the record, if it keeps it
     */
    public Optional<StoredRecord> kept(RecordKey key) {
        return records.getOrDefault(key, Optional.empty());
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
     * {@return the tombstones to keep}
     */
    public List<Tombstone> keptTombstones() {
        return tombstones.values().stream().flatMap(Optional::stream).toList();
    }

    /**
     * {@return whose tombstones to forget}
     */
    public List<Place> removedTombstones() {
        return removed(tombstones);
    }

    /**
     * {@return the peers to keep}
     */
    public List<KnownPeer> keptPeers() {
        return peers.values().stream().flatMap(Optional::stream).toList();
    }

    /**
     * {@return the peers to forget}
     */
    public List<Heard> removedPeers() {
        return removed(peers);
    }

    /**
     * {@return the facts to keep, by name}
     */
    public Map<String, String> facts() {
        return Map.copyOf(facts);
    }

    private void change(RecordKey key, Optional<StoredRecord> record) {
        bytes += bytesOf(record) - bytesOf(records.getOrDefault(key, Optional.empty()));
        records.put(key, record);
    }

    private void change(Long sequence, Optional<PendingWrite> write) {
        bytes += payloadOf(write) - payloadOf(pending.getOrDefault(sequence, Optional.empty()));
        pending.put(sequence, write);
    }

    private static long bytesOf(Optional<StoredRecord> record) {
        return record.map(kept -> kept.json().length).orElse(0);
    }

    private static long payloadOf(Optional<PendingWrite> write) {
        return write.map(kept -> kept.payload().length).orElse(0);
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
