package io.stitch.reactive;

/** What became of a write that was to be dropped. */
public enum DropResult {
    /** It is undone and off the disk, and was never sent: nobody will ever do it. */
    DROPPED,
    /**
     * It stays, because it may have been done already, or is being sent right now. Among peers: because others may have heard of it, or a
     * later write contains it. What becomes of it is found out as always.
     */
    IN_DOUBT,
    /** There is no such write any more, or it is another user's, or it has become part of an earlier write of its record. */
    NOT_PENDING
}
