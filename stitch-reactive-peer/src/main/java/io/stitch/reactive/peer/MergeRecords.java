package io.stitch.reactive.peer;

/** What becomes of two states of one record that were written apart from each other. */
public enum MergeRecords {
    /**
     * Each field is as it was written last: two writes of different fields both stay. Peers that do not know of it are noticed, and get what was
     * merged as a write of its own.
     */
    FIELD_BY_FIELD,
    /** The record is as it was written last, as a whole: for networks in which most peers are of other implementations. */
    WHOLE
}
