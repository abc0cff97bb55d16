package io.stitch.reactive;

/** Over which records of a store a live query goes, see {@link StitchStore#query(EntityType, ListQuery, QueryRange)}. */
public enum QueryRange {
    /** Those of the scopes that are open, and of those that are opened later as long as they are; one that is kept warm still is. */
    OPEN,
    /**
     * All that this store keeps on its disk, of closed scopes too, with what is pending on top. Without a persistence, where nothing else is
     * kept, it is {@link #OPEN}.
     */
    KEPT
}
