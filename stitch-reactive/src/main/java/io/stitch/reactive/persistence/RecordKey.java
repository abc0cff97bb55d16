package io.stitch.reactive.persistence;

import java.util.Comparator;

/**
 * A record's identity, ordered by entity and then by id. Its scope is not part of it: a record that moves to another scope stays
 * the same record.
 *
 * @param entity the entity
 * @param id the id within the entity
 */
public record RecordKey(String entity, String id) implements Comparable<RecordKey> {
    private static final Comparator<RecordKey> ORDER =
            Comparator.comparing(RecordKey::entity).thenComparing(RecordKey::id);

    @Override
    public int compareTo(RecordKey other) {
        return ORDER.compare(this, other);
    }
}
