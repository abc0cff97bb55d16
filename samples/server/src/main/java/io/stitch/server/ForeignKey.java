package io.stitch.server;

/**
 * A field that names a record of another entity.
 *
 * @param field the field that holds the id
 * @param target the entity that the id belongs to
 * @param onDelete what happens to the referring record when the target is deleted
 */
public record ForeignKey(String field, String target, OnDelete onDelete) {
    /** What a delete of the target does to the records that refer to it. */
    public enum OnDelete {
        /** The referring records are deleted too. */
        CASCADE,
        /** The field becomes null. */
        SET_NULL,
        /** The delete is refused. */
        RESTRICT
    }
}
