package io.stitch.reactive.peer.internal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.fuzz.Cost;
import io.stitch.fuzz.Letter;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.peer.internal.trust.WriteSignature;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Who signed what. The inputs are {@link Letter}s. */
class SignaturesFuzzTest {
    private static final KeyPair KEYS = keys();
    private static final Signatures SIGNATURES = Signatures.of(KEYS);

    /** The same in each run, so that inputs can be signed. */
    private static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
            generator.initialize(255, new SecureRandom() {
                private static final long serialVersionUID = 1;

                @Override
                public void nextBytes(byte[] bytes) {
                    Arrays.fill(bytes, (byte) 7);
                }
            });
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has Ed25519", e);
        }
    }

    /** Of what is taken for genuine, the signature is the one that the key makes: there is no other. */
    @FuzzTest
    void messages(byte[] input) {
        Letter letter = Letter.of(input);
        // The inputs need not repeat it.
        String problem = Cost.bounded(
                input.length,
                () -> SIGNATURES.problem(
                        letter.topic(),
                        letter.payload(),
                        name -> name.equals(Signatures.KEY_PROPERTY) && letter.says("own key")
                                ? SIGNATURES.key()
                                : letter.value(name),
                        WriteSignature.fingerprint(KEYS.getPublic())::equals));
        List<UserProperty> signed = new ArrayList<>();
        SIGNATURES.sign(letter.topic(), letter.payload(), signed);
        if (problem == null) {
            assertThat(Base64.getDecoder().decode(letter.value(Signatures.SIGNATURE_PROPERTY)))
                    .isEqualTo(Base64.getDecoder().decode(signed.get(1).value()));
        } else {
            assertThat(letter.value(Signatures.SIGNATURE_PROPERTY))
                    .isNotEqualTo(letter.says("own key") ? signed.get(1).value() : "");
        }
    }

    /** The text of a key that somebody else wrote. */
    @FuzzTest
    void keyTexts(byte[] input) {
        String text = new String(input, StandardCharsets.ISO_8859_1);
        PublicKey key;
        try {
            key = Cost.bounded(input.length, () -> Signatures.key(text));
        } catch (IllegalArgumentException refused) {
            assertThat(refused).hasMessageStartingWith("Not the text of an Ed25519 public key");
            return;
        }
        assertThat(Signatures.key(Signatures.text(key))).isEqualTo(key);
    }
}
