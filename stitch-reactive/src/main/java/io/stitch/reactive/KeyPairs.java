package io.stitch.reactive;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Map;

/** Tells whether a private and a public key are a pair, by what one signs and the other verifies. */
final class KeyPairs {
    private static final byte[] TEXT = "a pair".getBytes(StandardCharsets.US_ASCII);

    /** How keys sign, by their algorithm; as many as {@link Pem} reads. */
    private static final Map<String, String> SIGNATURES = Map.of(
            "RSA", "SHA256withRSA",
            "EC", "SHA256withECDSA",
            "EdDSA", "EdDSA",
            "Ed25519", "Ed25519",
            "Ed448", "Ed448");

    private KeyPairs() {}

    /** {@return whether the keys are a pair} Keys of an unknown algorithm count as one, for nobody here can tell. */
    static boolean belongTogether(PrivateKey secret, PublicKey open) {
        String signatures = SIGNATURES.get(secret.getAlgorithm());
        if (signatures == null) {
            return true;
        }
        try {
            Signature signing = Signature.getInstance(signatures);
            signing.initSign(secret);
            signing.update(TEXT);
            byte[] signed = signing.sign();
            Signature verifying = Signature.getInstance(signatures);
            verifying.initVerify(open);
            verifying.update(TEXT);
            return verifying.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // A key of another algorithm, or on another curve.
        }
    }
}
