package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.internal.wire.Inbound;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

/** A message between peers, decoded. */
public sealed interface PeerInbound extends Inbound {
    /**
     * A change event between peers.
     *
     * @param event the event; its version is the time of the stamp
     * @param stamp the stamp
     * @param sender the client that published it, as it says; empty if it does not
     * @param proof its author's signature as JSON, if it is a delete and peers sign
     */
    record Event(
            ChangeEvent event,
            Hlc stamp,
            String sender,
            @Nullable String proof) implements PeerInbound {}

    /**
     * A hello between peers. The rest of it is read by {@link PeerHelloReader#read} when somebody wants it.
     *
     * @param scopeId the scope
     * @param peer who says it
     * @param round what it is a part of, if it is one of several; {@code null} if it stands alone
     * @param rootName what it says that the scope's root is called, fit to be shown; empty if it does not say it
     * @param payload the payload, not to be modified
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    record Hello(String scopeId, String peer, @Nullable String round, String rootName, byte[] payload)
            implements PeerInbound {}

    /**
     * What a peer answers to a hello.
     *
     * @param scopeId the scope
     * @param from who says it
     * @param to whose hello it was
     * @param round the round of the hello
     * @param answers whether the peer lists that it does so
     * @param byField whether the peer lists that it merges records field by field
     * @param events how many events it answered with; {@link #NODES} if it says what it holds instead
     * @param nodes what it holds: the children by prefix
     */
    record Answer(
            String scopeId,
            String from,
            String to,
            String round,
            boolean answers,
            boolean byField,
            int events,
            Map<String, List<DigestNode>> nodes)
            implements PeerInbound {
        /** In the place of a number of events. */
        public static final int NODES = -1;

        /** {@return whether this is the last word on the hello} */
        public boolean isEnd() {
            return events != NODES;
        }
    }

    /**
     * A message that cannot be taken because of how it is encrypted, or is not.
     *
     * @param scopeId the scope
     * @param hello whether it is on the topic of hellos, so that the scope is one that there is
     * @param code what is wrong
     * @param kid which key it says it takes; empty if it says none
     * @param topic its topic
     * @param detail what exactly
     */
    record Sealed(String scopeId, boolean hello, DiagnosticCode code, String kid, String topic, String detail)
            implements PeerInbound {}

    /**
     * A peer asks which scopes there are.
     *
     * @param peer the peer, as the topic names it
     */
    record Who(String peer) implements PeerInbound {}

    /**
     * A peer is gone: it said so, or the broker did in its place.
     *
     * @param peer the peer
     * @param connectedAt which of its connections ended, by the time at which the peer began it, in milliseconds since 1970; -1 if that is
     *     not said
     */
    record Gone(String peer, long connectedAt) implements PeerInbound {}
}
