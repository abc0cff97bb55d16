package io.stitch.reactive.spi;

/**
 * A peer that was heard in a scope, and how far it is known to have caught up.
 *
 * @param scope the scope's key
 * @param peer the peer
 * @param heardAt when its last hello came, in milliseconds since 1970
 * @param cleanAt when its last hello came that showed no deleted record still alive, in milliseconds since 1970; 0 if none did
 */
public record KnownPeer(String scope, String peer, long heardAt, long cleanAt) {}
