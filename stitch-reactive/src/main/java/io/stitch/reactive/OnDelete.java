package io.stitch.reactive;

/** What a delete of the named record does. */
public enum OnDelete {
    /** The records that refer to it are deleted too. */
    CASCADE,
    /** The fields that refer to it are cleared. */
    SET_NULL,
    /** The delete is refused. */
    RESTRICT
}
