/**
 * Peer mode: a sync mode for stores that share scopes over any MQTT 5 broker, with no server.
 *
 * <p>Begin with {@link io.stitch.reactive.peer.PeerSync}. Behind it: the hybrid logical clock, which event wins, the replies to other
 * peers' hellos, tombstones. It may use every public type of {@code stitch-reactive}; nothing in that module knows this one.
 */
@NullMarked
package io.stitch.reactive.peer;

import org.jspecify.annotations.NullMarked;
