package io.stitch.reactive.peer.internal.trust;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.fuzz.Cost;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.peer.ScopeKey;
import io.stitch.reactive.peer.ScopeKeys;
import io.stitch.reactive.peer.internal.wire.PeerEnvelope;
import io.stitch.reactive.peer.internal.wire.SealedMessage;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;

/** What comes in an encrypted scope. */
class ScopeCipherFuzzTest {
    private static final ScopeKeys KEYS =
            scope -> new ScopeKeys.Encrypted(ScopeKey.of("k1", new byte[ScopeKey.SECRET_BYTES]));
    private static final ScopeCipher CIPHER = new ScopeCipher(KEYS, new Diagnostics(Schedulers.immediate()));

    /** Nobody who lacks the key makes anything that is taken; and what is read as an envelope is written as what is read as the same. */
    @FuzzTest
    void payloads(byte[] input) {
        boolean taken = Cost.bounded(input.length, () -> {
            try {
                CIPHER.open("p1", "stitch/peer/project/p1/hello", input);
                return true;
            } catch (SealedMessage dropped) {
                return false;
            }
        });
        assertThat(taken).isFalse();
        PeerEnvelope read = PeerEnvelope.read(input);
        if (read != null && read.kid().matches("[A-Za-z0-9_.-]+")) {
            PeerEnvelope again = PeerEnvelope.read(read.write());
            assertThat(again).isNotNull();
            assertThat(again.kid()).isEqualTo(read.kid());
            assertThat(again.ciphertext()).isEqualTo(read.ciphertext());
        }
    }
}
