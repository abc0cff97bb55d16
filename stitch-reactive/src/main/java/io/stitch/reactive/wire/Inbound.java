package io.stitch.reactive.wire;

/** A message from the broker, decoded. */
public sealed interface Inbound {
    /**
     * A change event.
     *
     * @param event the event
     */
    record Event(ChangeEvent event) implements Inbound {}

    /**
     * A reply to a request.
     *
     * @param requestId the request, from the topic
     * @param reply what the server answered
     */
    record Response(String requestId, Reply reply) implements Inbound {}

    /**
     * A refused hello.
     *
     * @param scopeId the scope
     * @param code the protocol's error code
     * @param message the server's words
     */
    record ScopeRefused(String scopeId, int code, String message) implements Inbound {}

    /**
     * A change event between peers.
     *
     * @param event the event; its version is the time of the stamp
     * @param stamp the stamp
     * @param sender the client that published it, as it says; empty if it does not
     */
    record PeerEvent(ChangeEvent event, Hlc stamp, String sender) implements Inbound {}

    /**
     * A hello between peers. Its manifest is read by {@link PeerPayloads#manifest} when somebody wants it.
     *
     * @param scopeId the scope
     * @param peer who says it
     * @param payload the payload, not to be modified
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    record PeerHello(String scopeId, String peer, byte[] payload) implements Inbound {}

    /**
     * A peer is gone: it said so, or the broker did in its place.
     *
     * @param peer the peer
     * @param connectedAt which of its connections ended, by the time at which the peer began it, in milliseconds since 1970; -1 if that is
     *     not said
     */
    record PeerGone(String peer, long connectedAt) implements Inbound {}

    /**
     * A message that breaks a rule and goes no further.
     *
     * @param code which rule
     * @param topic where it came
     * @param detail what exactly
     */
    record Dropped(DiagnosticCode code, String topic, String detail) implements Inbound {}
}
