package io.stitch.reactive.spi;

/**
 * A record's identity, ordered by entity and then by id, as their UTF-8 is. Its scope is not part of it: a record that moves to
 * another scope stays the same record.
 *
 * @param entity the entity
 * @param id the id within the entity
 */
public record RecordKey(String entity, String id) implements Comparable<RecordKey> {
    @Override
    public int compareTo(RecordKey other) {
        int entities = entity.compareTo(other.entity);
        return entities == 0 ? compareTexts(id, other.id) : entities;
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
