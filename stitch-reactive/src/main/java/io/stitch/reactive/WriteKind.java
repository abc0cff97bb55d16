package io.stitch.reactive;

/** What a write does to its record. */
public enum WriteKind {
    /** A whole new record. */
    CREATE,
    /** Fields of a record. */
    UPDATE,
    /** The end of a record. */
    DELETE
}
