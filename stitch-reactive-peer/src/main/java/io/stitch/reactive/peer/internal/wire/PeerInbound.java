package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.Inbound;

/** A message between peers, decoded. */
public sealed interface PeerInbound extends Inbound {
    /**
     * A change event between peers.
     *
     * @param event the event; its version is the time of the stamp
     * @param stamp the stamp
     * @param sender the client that published it, as it says; empty if it does not
     */
    record Event(ChangeEvent event, Hlc stamp, String sender) implements PeerInbound {}

    /**
     * A hello between peers. Its manifest is read by {@link PeerPayloads#manifest} when somebody wants it.
     *
     * @param scopeId the scope
     * @param peer who says it
     * @param payload the payload, not to be modified
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    record Hello(String scopeId, String peer, byte[] payload) implements PeerInbound {}

    /**
     * A peer is gone: it said so, or the broker did in its place.
     *
     * @param peer the peer
     * @param connectedAt which of its connections ended, by the time at which the peer began it, in milliseconds since 1970; -1 if that is
     *     not said
     */
    record Gone(String peer, long connectedAt) implements PeerInbound {}
}
