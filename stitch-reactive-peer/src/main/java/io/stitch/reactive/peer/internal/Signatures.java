package io.stitch.reactive.peer.internal;

import io.stitch.reactive.UserProperty;
import io.stitch.reactive.peer.internal.trust.WriteSignature;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Signs what a peer says of itself, its hellos, answers and goodbyes, and checks what others say, with Ed25519. A signature is over the topic and the payload, and goes with its
 * key in the message's user properties, so that the payload stays what every peer can read. Immutable; any thread.
 */
public final class Signatures {
    public static final String KEY_PROPERTY = "x-stitch-key";
    public static final String SIGNATURE_PROPERTY = "x-stitch-signature";
    public static final Signatures OFF = new Signatures(null);
    private static final String UNTRUSTED = "it is signed with a key that is not trusted";
    private static final int LONGEST_KEY = 128;
    private static final String ALGORITHM = "Ed25519";

    private final @Nullable KeyPair own;

    private Signatures(@Nullable KeyPair own) {
        this.own = own;
    }

    public static Signatures of(KeyPair own) {
        Signatures signatures = new Signatures(own);
        // Now, and not on a reactive thread: the first use loads the provider. And a key of another kind is found here.
        byte[] probe = {1};
        byte[] signature = signatures.sign("probe", probe, own);
        if (!signatures.isGenuine("probe", probe, signature, own.getPublic())) {
            throw new IllegalArgumentException("The private key does not belong to the public key of the key pair.");
        }
        return signatures;
    }

    boolean isOn() {
        return own != null;
    }

    /** The own public key as text, or {@code null} if nothing is signed. */
    @Nullable
    String key() {
        return own == null ? null : text(own.getPublic());
    }

    public static String text(PublicKey key) {
        if (!key.getAlgorithm().equals(ALGORITHM) && !key.getAlgorithm().equals("EdDSA")) {
            throw new IllegalArgumentException(
                    "Peers sign with Ed25519, but a key is of the kind %s.".formatted(key.getAlgorithm()));
        }
        return Base64.getEncoder().encodeToString(key.getEncoded());
    }

    public static PublicKey key(String text) {
        try {
            return KeyFactory.getInstance(ALGORITHM)
                    .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(text)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IllegalArgumentException("Not the text of an Ed25519 public key: " + e.getMessage(), e);
        }
    }

    public void sign(String topic, byte[] payload, List<UserProperty> into) {
        KeyPair pair = own;
        if (pair != null) {
            into.add(new UserProperty(KEY_PROPERTY, text(pair.getPublic())));
            into.add(new UserProperty(
                    SIGNATURE_PROPERTY, Base64.getEncoder().encodeToString(sign(topic, payload, pair))));
        }
    }

    private byte[] sign(String topic, byte[] payload, KeyPair pair) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(pair.getPrivate());
            update(signature, topic, payload);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("The key pair cannot sign with Ed25519: " + e.getMessage(), e);
        }
    }

    /**
     * What is wrong with a message, or {@code null}.
     *
     * @param heard tells by the fingerprint of a key whether its owner is heard
     */
    @Nullable
    String problem(String topic, byte[] payload, UnaryOperator<@Nullable String> property, Predicate<String> heard) {
        if (own == null) {
            return null;
        }
        String key = property.apply(KEY_PROPERTY);
        String signature = property.apply(SIGNATURE_PROPERTY);
        if (key == null || signature == null) {
            return "it is not signed";
        }
        PublicKey known = known(key, heard);
        if (known == null) {
            return UNTRUSTED;
        }
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(signature);
        } catch (IllegalArgumentException e) {
            return "its signature is not Base64";
        }
        return isGenuine(topic, payload, bytes, known) ? null : "its signature is forged";
    }

    private static @Nullable PublicKey known(String text, Predicate<String> heard) {
        if (text.length() > LONGEST_KEY) {
            return null;
        }
        try {
            PublicKey key = key(text);
            return heard.test(WriteSignature.fingerprint(key)) ? key : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private boolean isGenuine(String topic, byte[] payload, byte[] bytes, PublicKey key) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(key);
            update(signature, topic, payload);
            return signature.verify(bytes);
        } catch (GeneralSecurityException e) { // Not of the length or form of a signature.
            return false;
        }
    }

    private static void update(Signature signature, String topic, byte[] payload) throws GeneralSecurityException {
        signature.update(topic.getBytes(StandardCharsets.UTF_8));
        signature.update((byte) 0);
        signature.update(payload);
    }
}
