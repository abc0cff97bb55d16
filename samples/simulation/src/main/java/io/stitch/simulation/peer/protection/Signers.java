package io.stitch.simulation.peer.protection;

import io.stitch.reactive.peer.Trust;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/** The key pairs of those who sign, always the same ones for a name, so that a run can be repeated. */
public final class Signers {
    private static final String ALGORITHM = "Ed25519";
    private static final int KEY_BYTES = 32;
    /** Keys cost time to make, and nothing depends on what they are. */
    private static final Map<String, KeyPair> KEYS = new ConcurrentHashMap<>();

    private Signers() {}

    /**
     * Finds somebody's keys.
     *
     * @param name who
     * @return the keys
     */
    public static KeyPair keys(String name) {
        return KEYS.computeIfAbsent(name, Signers::newKeys);
    }

    private static KeyPair newKeys(String name) {
        Random random = new Random(name.hashCode());
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(ALGORITHM);
            RememberedSignatures.install();
            generator.initialize(NamedParameterSpec.ED25519, new SecureRandom() {
                private static final long serialVersionUID = 1;

                @Override
                public void nextBytes(byte[] bytes) {
                    random.nextBytes(bytes);
                }
            });
            KeyPair pair = generator.generateKeyPair();
            RememberedSignatures.know(pair);
            return pair;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has Ed25519.", e);
        }
    }

    /**
     * Names somebody's key.
     *
     * @param name who
     * @return the key's fingerprint
     */
    public static String fingerprint(String name) {
        return Trust.fingerprint(keys(name).getPublic());
    }

    /**
     * Signs with somebody's key.
     *
     * @param name who
     * @param text what
     * @return the signature, as a record carries it
     */
    public static ObjectNode sign(String name, String text) {
        KeyPair pair = keys(name);
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(pair.getPrivate());
            signature.update(text.getBytes(StandardCharsets.UTF_8));
            byte[] encoded = pair.getPublic().getEncoded();
            Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
            return JsonNodeFactory.instance
                    .objectNode()
                    .put(
                            "key",
                            base64.encodeToString(
                                    Arrays.copyOfRange(encoded, encoded.length - KEY_BYTES, encoded.length)))
                    .put("sig", base64.encodeToString(signature.sign()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has Ed25519.", e);
        }
    }

    /**
     * Checks a signature.
     *
     * @param signature as a record carries it
     * @param text what it must be of
     * @return whether it is
     */
    public static boolean isOf(JsonNode signature, String text) {
        byte[] known = keys("").getPublic().getEncoded();
        byte[] key = Base64.getUrlDecoder().decode(signature.path("key").asString(""));
        if (key.length != KEY_BYTES) {
            return false;
        }
        System.arraycopy(key, 0, known, known.length - KEY_BYTES, KEY_BYTES); // The rest is the same for all keys.
        try {
            Signature check = Signature.getInstance(ALGORITHM);
            check.initVerify(KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(known)));
            check.update(text.getBytes(StandardCharsets.UTF_8));
            return check.verify(
                    Base64.getUrlDecoder().decode(signature.path("sig").asString("")));
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
