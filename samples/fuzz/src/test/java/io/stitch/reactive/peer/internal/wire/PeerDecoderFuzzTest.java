package io.stitch.reactive.peer.internal.wire;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.fuzz.Cost;
import io.stitch.fuzz.Letter;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.JsonBounds;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;

import static org.assertj.core.api.Assertions.assertThat;

/** What a broker delivers to a peer. The inputs are {@link Letter}s. */
class PeerDecoderFuzzTest {
    @FuzzTest
    void messages(byte[] input) {
        Letter letter = Letter.of(input);
        byte[] before = letter.payload().clone();

        PeerInboundChecks.check(letter);

        assertThat(letter.payload()).as("only read").isEqualTo(before);
    }

    @FuzzTest
    void hellos(byte[] payload) {
        PeerInboundChecks.checkHello(payload);
    }

    /** A record that was checked when it came, as it lies on disk. */
    @FuzzTest
    void records(byte[] record) {
        ObjectNode tree;
        try {
            if (JsonBounds.problem(record) != null || !(Json.read(record) instanceof ObjectNode object)) {
                return;
            }
            tree = object;
        } catch (JacksonException refused) {
            return; // A name twice.
        }
        Hlc expected = Hlc.parse(tree.path(Hlc.FIELD));
        assertThat(Cost.bounded(record.length, () -> Hlc.ofRecord(record))).isEqualTo(expected);
        PeerInboundChecks.checkWithoutStamp(record, tree);
    }

    /** The word that tombstones and facts keep. */
    @FuzzTest
    void words(byte[] word) {
        Hlc stamp = Hlc.parse(new String(word, StandardCharsets.UTF_8));
        if (stamp != null) {
            PeerInboundChecks.checkStamp(stamp);
            assertThat(stamp.isAfter(null)).isTrue();
            assertThat(stamp).isEqualByComparingTo(Hlc.parse(stamp.text()));
        }
    }
}
