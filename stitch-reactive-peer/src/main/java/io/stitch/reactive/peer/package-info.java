/**
 * Peer mode: a sync mode for stores that share scopes over any MQTT 5 broker, with no server.
 *
 * <p>Begin with {@link io.stitch.reactive.peer.PeerSync}, which is all that an application names. The rest is in {@code internal}.
 */
@NullMarked
package io.stitch.reactive.peer;

import org.jspecify.annotations.NullMarked;
