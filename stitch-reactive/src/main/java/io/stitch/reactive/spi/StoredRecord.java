package io.stitch.reactive.spi;

/**
 * One record as the store holds it. Immutable, and compact: the record stays the JSON that it came as, because a tree or
 * an object of it takes several times the memory.
 *
 * @param key its identity
 * @param scope the key of the set of records that it belongs to: a scope id, or the key that stands for an entity without scopes
 * @param version its {@code _version}, or -1 if it has none
 * @param json the whole record as UTF-8 JSON; not to be modified
 */
@SuppressWarnings("ArrayRecordComponent") // Shared, never compared: copying it would double the memory of a scope.
public record StoredRecord(RecordKey key, String scope, long version, byte[] json) {
    /**
     * {@return the entity}
     */
    public String entity() {
        return key.entity();
    }

    /**
     * {@return the id}
     */
    public String id() {
        return key.id();
    }
}
