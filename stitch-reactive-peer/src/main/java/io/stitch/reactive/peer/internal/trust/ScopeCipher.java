package io.stitch.reactive.peer.internal.trust;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.peer.ScopeKey;
import io.stitch.reactive.peer.ScopeKeys;
import io.stitch.reactive.peer.ScopeKeys.Choice;
import io.stitch.reactive.peer.ScopeKeys.Encrypted;
import io.stitch.reactive.peer.ScopeKeys.Missing;
import io.stitch.reactive.peer.ScopeKeys.Plain;
import io.stitch.reactive.peer.internal.wire.PeerEnvelope;
import io.stitch.reactive.peer.internal.wire.SealedMessage;
import io.stitch.reactive.spi.ForeignText;
import org.jspecify.annotations.Nullable;

import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;

/**
 * Encrypts what is said in a scope, and decrypts what is heard, with the keys that the application has for it (protocol section 5.5):
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, and the topic as what is proved besides, so that a message cannot be moved to
 * another topic. Any thread.
 */
public final class ScopeCipher {
    private static final String ALGORITHM = "AES/GCM/NoPadding";
    private static final Choice PLAIN = new Plain();
    private static final Choice MISSING = new Missing();

    private final @Nullable ScopeKeys keys;
    private final Diagnostics diagnostics;
    private final SecureRandom random;

    /** The key of a scope is missing, so nothing of it may be said. */
    public static final class KeyMissing extends IllegalStateException {
        private static final long serialVersionUID = 1;

        KeyMissing(String scope) {
            super(ForeignText.message(
                    "The key of scope '%s' is missing, so nothing of it is published.".formatted(scope)));
        }
    }

    /**
     * Makes a cipher.
     *
     * @param keys the keys of each scope, or {@code null} if no scope is encrypted
     * @param diagnostics hears of keys that cannot be asked for
     */
    public ScopeCipher(@Nullable ScopeKeys keys, Diagnostics diagnostics) {
        this.keys = keys;
        this.diagnostics = diagnostics;
        this.random = random();
        if (keys != null) { // Now, and not on a reactive thread: the first use loads the provider.
            ScopeKey probe = ScopeKey.of("probe", new byte[ScopeKey.SECRET_BYTES]);
            byte[] sealed = seal(probe, "probe", new byte[1]);
            PeerEnvelope read = PeerEnvelope.read(sealed);
            if (read == null || decrypt(probe, "probe", read) == null) {
                throw new IllegalStateException("This Java cannot decrypt with AES-256-GCM what it has encrypted.");
            }
        }
    }

    /** One that reads the system's random numbers once: the usual one reads them from a file each time, which blocks. */
    private static SecureRandom random() {
        SecureRandom random;
        try {
            random = SecureRandom.getInstance("DRBG");
        } catch (GeneralSecurityException e) {
            random = new SecureRandom(); // Not this JDK's.
        }
        random.nextBytes(new byte[1]);
        return random;
    }

    /** {@return whether scopes may be encrypted at all} */
    public boolean isOn() {
        return keys != null;
    }

    /**
     * Says what holds for a scope now.
     *
     * @param scope the scope
     * @return what the application says; that the key is missing, if it cannot say
     */
    public Choice choice(String scope) {
        ScopeKeys known = keys;
        if (known == null) {
            return PLAIN;
        }
        try {
            @Nullable Choice choice = known.of(scope);
            if (choice != null) {
                return choice;
            }
            diagnostics.report(DiagnosticCode.INTERNAL_ERROR, scope, "ScopeKeys.of answered null; answer Missing");
        } catch (RuntimeException e) { // Its message might quote a key.
            diagnostics.report(
                    DiagnosticCode.INTERNAL_ERROR,
                    scope,
                    "ScopeKeys.of failed with " + e.getClass().getName());
        }
        return MISSING;
    }

    /**
     * Says how long a payload is when it is sent.
     *
     * @param scope the scope that it is said in
     * @param plainBytes how long it is as anybody can read it
     * @return the length in bytes
     */
    public long sentLength(String scope, int plainBytes) {
        return choice(scope) instanceof Encrypted encrypted
                ? PeerEnvelope.length(encrypted.writes().kid(), plainBytes)
                : plainBytes;
    }

    /**
     * Makes of a payload what is sent.
     *
     * @param scope the scope that it is said in
     * @param topic the topic that it is said on
     * @param payload the payload
     * @return the same, if the scope is not encrypted
     * @throws KeyMissing if the scope's key is missing
     */
    public byte[] seal(String scope, String topic, byte[] payload) {
        Choice choice = choice(scope);
        if (choice instanceof Encrypted encrypted) {
            return seal(encrypted.writes(), topic, payload);
        }
        if (choice instanceof Missing) {
            throw new KeyMissing(scope);
        }
        return payload;
    }

    private byte[] seal(ScopeKey key, String topic, byte[] payload) {
        byte[] iv = new byte[PeerEnvelope.IV_BYTES];
        random.nextBytes(iv);
        try {
            return new PeerEnvelope(
                            key.kid(),
                            iv,
                            cipher(Cipher.ENCRYPT_MODE, key, iv, topic).doFinal(payload))
                    .write();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This Java has no AES-256-GCM: " + e.getMessage(), e);
        }
    }

    /**
     * Makes of what was heard a payload.
     *
     * @param scope the scope that it was said in
     * @param topic the topic that it came on
     * @param payload what came
     * @return the payload; the same, if the scope is not encrypted
     * @throws SealedMessage if it is encrypted with a key that is not known, or is not encrypted and should be, or was changed
     */
    public byte[] open(String scope, String topic, byte[] payload) {
        Choice choice = choice(scope);
        if (choice instanceof Plain) {
            return payload;
        }
        PeerEnvelope envelope = PeerEnvelope.read(payload);
        String kid = envelope == null ? "" : envelope.kid();
        if (choice instanceof Missing) {
            throw new SealedMessage(
                    DiagnosticCode.KEY_MISSING, kid, "the key of its scope is missing, so it cannot be taken");
        }
        if (envelope == null) {
            throw new SealedMessage(
                    DiagnosticCode.NOT_ENCRYPTED, "", "it is not encrypted, and the scope's messages are here");
        }
        ScopeKey key = key((Encrypted) choice, kid);
        if (key == null) {
            throw new SealedMessage(
                    DiagnosticCode.NOT_DECRYPTED,
                    kid,
                    "it is encrypted with the key '%s', which is not among those that read the scope here"
                            .formatted(kid));
        }
        byte[] opened = decrypt(key, topic, envelope);
        if (opened == null) {
            throw new SealedMessage(
                    DiagnosticCode.NOT_DECRYPTED,
                    kid,
                    "it was changed, or moved to this topic, or encrypted with another key of the name '%s'"
                            .formatted(kid));
        }
        return opened;
    }

    private static @Nullable ScopeKey key(Encrypted keys, String kid) {
        if (keys.writes().kid().equals(kid)) {
            return keys.writes();
        }
        for (ScopeKey key : keys.reads()) {
            if (key.kid().equals(kid)) {
                return key;
            }
        }
        return null;
    }

    private static byte @Nullable [] decrypt(ScopeKey key, String topic, PeerEnvelope envelope) {
        try {
            return cipher(Cipher.DECRYPT_MODE, key, envelope.iv(), topic).doFinal(envelope.ciphertext());
        } catch (AEADBadTagException e) {
            return null;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This Java has no AES-256-GCM: " + e.getMessage(), e);
        }
    }

    private static Cipher cipher(int mode, ScopeKey key, byte[] iv, String topic) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(ALGORITHM);
        cipher.init(mode, key.secret(), new GCMParameterSpec(PeerEnvelope.TAG_BYTES * 8, iv));
        cipher.updateAAD(topic.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
