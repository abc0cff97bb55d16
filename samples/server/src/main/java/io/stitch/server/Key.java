package io.stitch.server;

/** A record's identity, ordered by entity and then by id. */
record Key(String entity, String id) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
        int byEntity = entity.compareTo(other.entity);
        return byEntity != 0 ? byEntity : Utf8.ORDER.compare(id, other.id);
    }
}
