package io.stitch.reactive.peer.internal.trust;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;

/**
 * The author's signature of a write, which stays with it (protocol section 5.6): {@code {"key":"…","sig":"…"}}, the 32 bytes of an Ed25519
 * key (RFC 8032) and the 64 of a signature, in base64url without padding.
 *
 * <p>What is signed is the UTF-8 of the canonical JSON of {@code {"data":…,"entity":…,"id":…,"operation":…,"scope":…}}. {@code operation} is
 * {@code Write} for a create and an update, which a peer that passes a record on turns into one another, and {@code Delete}; {@code data} is
 * the record with its {@code _hlc} and without its {@code _sig}, of a delete {@code {"_hlc":…}}. Canonical JSON is as {@link
 * PeerPayloads#canonical} says. Pure functions; any thread.
 *
 * @param key the key, 43 characters
 * @param sig the signature, 86 characters
 */
public record WriteSignature(String key, String sig) {
    private static final String ALGORITHM = "Ed25519";
    /** What stands before the 32 bytes of an Ed25519 key in X.509 form (RFC 8410). */
    private static final byte[] X509 = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

    private static final int KEY_BYTES = 32;
    private static final int SIGNATURE_BYTES = 64;
    private static final int FINGERPRINT_CHARS = 16;
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

    /**
     * The short name of a key.
     *
     * @param key an Ed25519 key
     * @return the first 16 characters, in base64url, of the SHA-256 of its 32 bytes
     * @throws IllegalArgumentException if it is of another kind
     */
    public static String fingerprint(PublicKey key) {
        return fingerprint(bytes(key));
    }

    private static String fingerprint(byte[] key) {
        try {
            return ENCODER.encodeToString(MessageDigest.getInstance("SHA-256").digest(key))
                    .substring(0, FINGERPRINT_CHARS);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }

    private static byte[] bytes(PublicKey key) {
        byte[] encoded = key.getEncoded();
        if (encoded == null
                || encoded.length != X509.length + KEY_BYTES
                || !Arrays.equals(encoded, 0, X509.length, X509, 0, X509.length)) {
            throw new IllegalArgumentException(
                    "Peers sign with Ed25519, but a key is of the kind %s.".formatted(key.getAlgorithm()));
        }
        return Arrays.copyOfRange(encoded, X509.length, encoded.length);
    }

    /**
     * The fingerprint that a stamp names.
     *
     * @param stamp the stamp
     * @return the last 16 characters of its node id, if a {@code ~} stands before them; else an empty text
     */
    public static String author(Hlc stamp) {
        String node = stamp.nodeId();
        int at = node.length() - FINGERPRINT_CHARS - 1;
        return at >= 0 && node.charAt(at) == '~' ? node.substring(at + 1) : "";
    }

    /**
     * Signs a write.
     *
     * @param keys the author's keys
     * @param subject what is written
     * @param data the record with its stamp, of a delete the stamp alone
     * @return the signature
     */
    static WriteSignature of(KeyPair keys, Subject subject, byte[] data) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(keys.getPrivate());
            signature.update(signed(subject, data));
            return new WriteSignature(
                    ENCODER.encodeToString(bytes(keys.getPublic())), ENCODER.encodeToString(signature.sign()));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("The key pair cannot sign with Ed25519: " + e.getMessage(), e);
        }
    }

    /**
     * What a write is about.
     *
     * @param scope its scope
     * @param entity its record's entity
     * @param id its record's id
     * @param delete whether it deletes
     */
    public record Subject(String scope, String entity, String id, boolean delete) {}

    /** The text that is signed, in UTF-8. */
    static byte[] signed(Subject subject, byte[] data) {
        ObjectNode record = Json.readObject(data);
        record.remove(PeerPayloads.SIGNATURE);
        ObjectNode all = Json.object();
        all.set("data", record);
        all.put("entity", subject.entity()).put("id", subject.id());
        all.put("operation", subject.delete() ? "Delete" : "Write").put("scope", subject.scope());
        return PeerPayloads.canonical(all).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads what the wire carries.
     *
     * @param json the value of {@code _sig}, or a missing node
     * @return the signature; {@code null} if it is none, or a key or a signature has another length or is written in another way than the one
     *     that there is for it
     */
    public static @Nullable WriteSignature read(JsonNode json) {
        JsonNode key = json.path("key");
        JsonNode sig = json.path("sig");
        if (!key.isString() || !sig.isString() || json.size() != 2) {
            return null;
        }
        boolean fits =
                decode(key.stringValue(), KEY_BYTES) != null && decode(sig.stringValue(), SIGNATURE_BYTES) != null;
        return fits ? new WriteSignature(key.stringValue(), sig.stringValue()) : null;
    }

    private static byte @Nullable [] decode(String text, int length) {
        if (text.length() != (length * 4 + 2) / 3) { // Before anything is decoded.
            return null;
        }
        try {
            byte[] bytes = DECODER.decode(text);
            // The last character has bits that no byte takes: with others in them it would be another text for the
            // same.
            return bytes.length == length && ENCODER.encodeToString(bytes).equals(text) ? bytes : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** {@return this as the wire, records and tombstones carry it} */
    public String json() {
        return "{\"key\":\"" + key + "\",\"sig\":\"" + sig + "\"}";
    }

    /**
     * Checks that the owner of the key has written something with a stamp of their own.
     *
     * @param subject what was written
     * @param stamp the stamp
     * @param data the record with its stamp, of a delete the stamp alone
     * @return what is wrong, or {@code null}
     */
    public @Nullable String problem(Subject subject, Hlc stamp, byte[] data) {
        byte[] keyBytes = decode(key, KEY_BYTES);
        byte[] sigBytes = decode(sig, SIGNATURE_BYTES);
        if (keyBytes == null || sigBytes == null) {
            return "its signature has another form than one has";
        }
        if (!fingerprint(keyBytes).equals(author(stamp))) {
            return "its stamp is another author's than its signature";
        }
        try {
            byte[] encoded = Arrays.copyOf(X509, X509.length + KEY_BYTES);
            System.arraycopy(keyBytes, 0, encoded, X509.length, KEY_BYTES);
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(encoded)));
            signature.update(signed(subject, data));
            return signature.verify(sigBytes) ? null : "its author has not signed this, or somebody changed it since";
        } catch (GeneralSecurityException e) { // Not a point of the curve, or a number that no signature has.
            return "its signature is forged";
        }
    }
}
