package io.stitch.reactive.peer.internal.trust;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.fuzz.Cost;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.peer.internal.merge.BookkeepingRules;
import io.stitch.reactive.peer.internal.wire.PeerDecoder;
import io.stitch.reactive.peer.internal.wire.PeerInbound;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** Events where peers sign. */
class WriteSignatureFuzzTest {
    private static final PeerDecoder DECODER = new PeerDecoder(
            new Topics("stitch/peer", "stitch/peer", "project"),
            new WireSchema("project", Map.of("task", "projectId"), Set.of()),
            (topic, payload, property) -> null,
            new BookkeepingRules(),
            (scope, topic, payload) -> payload,
            Authors.of(keys(), write -> true),
            1 << 20);

    private static KeyPair keys() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has Ed25519", e);
        }
    }

    /** What is taken has a signature in the one form that there is, whose key the stamp names. Nobody here can make another one. */
    @FuzzTest
    void events(byte[] input) {
        for (String end : List.of("created", "updated", "deleted")) {
            Inbound read = Cost.bounded(
                    input.length,
                    () -> DECODER.decode("stitch/peer/project/p1/task/events/" + end, input, false, name -> null));
            if (read instanceof PeerInbound.Event event) {
                assertThat(WriteSignature.author(event.stamp())).isNotEmpty();
                assertThat(event.proof() == null).isEqualTo(event.event().json() != null);
            }
        }
    }
}
