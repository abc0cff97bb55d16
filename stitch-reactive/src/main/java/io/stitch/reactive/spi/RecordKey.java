package io.stitch.reactive.spi;

/**
 * A record's identity, ordered by entity, by id as its UTF-8 is, and by home. With a server it is entity and id: a record that moves
 * to another scope stays the same record. Among peers the scope is a part of it, the home: two scopes may have an id in common, and what
 * happens to it in one is nothing to the other.
 *
 * @param home the key of the only set of records that the record can be in; empty where it may be in any
 * @param entity the entity
 * @param id the id within the entity
 */
public record RecordKey(String home, String entity, String id) implements Comparable<RecordKey> {
    /**
     * The identity of a record that may be in any scope.
     *
     * @param entity the entity
     * @param id the id within the entity
     */
    public RecordKey(String entity, String id) {
        this("", entity, id);
    }

    @Override
    public int compareTo(RecordKey other) {
        int entities = entity.compareTo(other.entity);
        int ids = entities == 0 ? compareTexts(id, other.id) : entities;
        return ids == 0 ? home.compareTo(other.home) : ids;
    }

    /**
     * Compares two texts as their UTF-8 does: {@link String} compares the halves of what lies beyond 16 bits, which sorts that before the
     * end of what does not.
     *
     * @param one a text
     * @param other another
     * @return less than 0, 0 or more than 0
     */
    public static int compareTexts(String one, String other) {
        int length = Math.min(one.length(), other.length());
        for (int i = 0; i < length; i++) {
            char left = one.charAt(i);
            char right = other.charAt(i);
            if (left != right) {
                // The second half of a character is compared with the first one.
                boolean inside = i > 0
                        && Character.isHighSurrogate(one.charAt(i - 1))
                        && (Character.isLowSurrogate(left) || Character.isLowSurrogate(right));
                int from = inside ? i - 1 : i;
                return Integer.compare(one.codePointAt(from), other.codePointAt(from));
            }
        }
        return Integer.compare(one.length(), other.length());
    }
}
