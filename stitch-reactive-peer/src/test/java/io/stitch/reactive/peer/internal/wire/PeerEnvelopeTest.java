package io.stitch.reactive.peer.internal.wire;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;

import static org.assertj.core.api.Assertions.assertThat;

/** How an encrypted payload is written, and what is none. */
class PeerEnvelopeTest {
    @Property(tries = 300)
    void whatIsWrittenIsReadAndAsLongAsWasSaid(
            @ForAll @AlphaChars @StringLength(min = 1, max = 64) String kid,
            @ForAll @Size(12) byte[] iv,
            @ForAll @Size(min = 16, max = 400) byte[] ciphertext) {
        byte[] written = new PeerEnvelope(kid, iv, ciphertext).write();
        PeerEnvelope read = PeerEnvelope.read(written);

        assertThat(read).isNotNull();
        assertThat(read.kid()).isEqualTo(kid);
        assertThat(read.iv()).isEqualTo(iv);
        assertThat(read.ciphertext()).isEqualTo(ciphertext);
        assertThat(PeerEnvelope.length(kid, ciphertext.length - PeerEnvelope.TAG_BYTES))
                .isEqualTo(written.length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "[]",
                "null",
                "{'enc':1}",
                "{'enc':2,'kid':'k','iv':'AAAAAAAAAAAAAAAA','ct':'AAAAAAAAAAAAAAAAAAAAAA'}",
                "{'enc':'1','kid':'k','iv':'AAAAAAAAAAAAAAAA','ct':'AAAAAAAAAAAAAAAAAAAAAA'}",
                "{'enc':1,'kid':'','iv':'AAAAAAAAAAAAAAAA','ct':'AAAAAAAAAAAAAAAAAAAAAA'}",
                "{'enc':1,'kid':7,'iv':'AAAAAAAAAAAAAAAA','ct':'AAAAAAAAAAAAAAAAAAAAAA'}",
                "{'enc':1,'kid':'k','iv':'AAAAAAAAAAAA','ct':'AAAAAAAAAAAAAAAAAAAAAA'}",
                "{'enc':1,'kid':'k','iv':'AAAAAAAAAAAAAAA+','ct':'AAAAAAAAAAAAAAAAAAAAAA'}",
                "{'enc':1,'kid':'k','iv':'AAAAAAAAAAAAAAAA','ct':'AAAA'}",
                "{'enc':1,'kid':'k','iv':'AAAAAAAAAAAAAAAA','ct':'not base64!'}",
                "{'enc':1,'enc':1,'kid':'k','iv':'AAAAAAAAAAAAAAAA','ct':'AAAAAAAAAAAAAAAAAAAAAA'}",
                "{'enc':1,'kid':'k','iv':'AAAAAAAAAAAAAAAA','ct':'AAAAAAAAAAAAAAAAAAAAAA'} {}",
                "{'enc':1,'kid':'k','iv':'AAAAAAAAAAAAAAAA','ct':'AAAAAAAAAAAAAAAAAAAAAA'",
                "{'enc':1,'kid':'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk','iv':'AAAAAAAAAAAAAAAA','ct':'AAAAAAAAAAAAAAAAAAAAAA'}"
            })
    void whatNoCipherCouldTakeIsNoEnvelope(String json) {
        assertThat(PeerEnvelope.read(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8)))
                .isNull();
    }
}
